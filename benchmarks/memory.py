"""For `sequences`: the memory that a question takes, asked once by a process that does nothing else."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

LIMIT = 2.0
"""GB, at 50 million events."""
_LOOK = 0.002


def held(where: Path, question: str) -> float:
    """The most GB that were the process's own while it loaded what it needs and answered: anonymous memory, without the mapped columns.

    What the database and the libraries hold is among it. Looked at from outside, every two milliseconds.
    """
    asking = subprocess.Popen([sys.executable, "-m", "benchmarks.sequences", "once", str(where), question], stdout=subprocess.DEVNULL)
    most = 0
    while asking.poll() is None:
        most = max(most, _anonymous(asking.pid))
        time.sleep(_LOOK)
    if asking.returncode:
        raise RuntimeError(f"{question}: expected an answer, found exit code {asking.returncode}")
    return most / 1e6


def _anonymous(process: int) -> int:
    """kB; 0 where the process has just ended."""
    status = Path(f"/proc/{process}/status").read_text()
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:")), 0)
