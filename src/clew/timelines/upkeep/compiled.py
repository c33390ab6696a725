"""Kernels compiled before somebody waits for them: once a version, in a process of its own at low priority, into the cache of `blocks.keep_compiled`.

python -m clew.timelines.upkeep.compiled       compile all into NUMBA_CACHE_DIR, unless another process does so now
"""

from __future__ import annotations

import gc
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from clew import timelines
from clew.errors import ProjectError
from clew.locks import hold

NICENESS = 10
_LOOK = 0.2


def is_compiled() -> bool:
    """Whether all kernels of this version are in the cache."""
    return "NUMBA_CACHE_DIR" in os.environ and _mark().exists()


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


def _mark() -> Path:
    """Named by all sources and when they were written: the compiler looks at both."""
    folder = Path(timelines.__file__).parent / "kernels"
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        found.update(path.read_bytes() + str((path, path.stat().st_mtime_ns)).encode())
    return Path(os.environ["NUMBA_CACHE_DIR"]) / f"compiled-{found.hexdigest()[:16]}"


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
            _mark().touch()
    except ProjectError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
