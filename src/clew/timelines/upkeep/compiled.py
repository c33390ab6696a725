"""Kernels compiled before somebody waits for them: once a version, in a process of its own at low priority, into the cache of `blocks.keep_compiled`.

python -m clew.timelines.upkeep.compiled       compile all into NUMBA_CACHE_DIR, unless another process does so now
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from clew.errors import ProjectError
from clew.locks import hold
from clew.timelines.blocks import is_compiled, mark

NICENESS = 10
_LOOK = 0.2


def compile_all(stopped: Callable[[], bool]) -> bool:
    """Have all kernels compiled; half a minute of a processor's time, once a version. False where `stopped` says so first, or it fails."""
    if is_compiled():
        return True
    process = subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None and not stopped():
            time.sleep(_LOOK)
        return is_compiled()
    finally:
        process.kill()
        process.wait()


def load() -> None:
    """Have all kernels ready in this process: two seconds where they are compiled."""
    from clew.timelines.upkeep.every import run_each

    for _ in run_each():
        pass
    gc.collect()
    gc.freeze()  # what loading made stays: an answer of many rows need not have it looked at again


def _main() -> int:
    from clew.timelines.upkeep.every import run_each

    os.nice(NICENESS)
    parent = os.getppid()
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    try:
        with hold(folder / "lock", "compiling"):
            for _ in run_each():
                if os.getppid() != parent:
                    return 1
            mark().touch()
    except ProjectError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
