"""The compiled passes. Calling one of this folder for the first time loads its code: questions do it when asked, nothing does at start.

`compiling` makes functions kernels. Those that make no arrays need numba only once: `objects` keeps and links their code, `passing` passes arguments.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path


@functools.cache
def version() -> str:
    """Of all kernels: a hash of their sources."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))).hexdigest()[:16]
