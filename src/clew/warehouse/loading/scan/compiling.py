"""How the passes are compiled: without Python's lock, at the first call, into the compiler's cache beside the source or in the user's folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False}
"""Without the runtime that counts references: passes make no arrays, their callers hold all of them, and counting took two thirds of the time."""


def part(function: F) -> F:
    """A function that a pass is made of. Indexes are not checked: callers are."""
    return cast(F, numba.njit(**_OPTIONS)(function))


def inlined(function: F) -> F:
    """A part that is written into whoever calls it: to hand over all arrays of a tuple takes longer than a short part does."""
    return cast(F, numba.njit(forceinline=True, **_OPTIONS)(function))


def compiled(function: F) -> F:
    """A pass with its parts. The cache looks at this function's own file: who edits a part without the pass removes `__pycache__`."""
    return cast(F, numba.njit(cache=True, **_OPTIONS)(function))
