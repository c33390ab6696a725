"""How kernels are compiled: without Python's lock, at their first call, into a cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])
_BORROWING: dict[str, Any] = {"error_model": "numpy", "forceinline": True, "_nrt": False}


def kernel(function: F) -> F:
    """`function`, compiled for the types of its arguments when these first come. Integers wrap and indexes are not checked: arguments are."""
    return cast(F, numba.njit(nogil=True, cache=True)(function))


def inlined(function: F) -> F:
    """As `kernel`, but compiled as part of what calls it: a call counts references to its arrays, which the innermost loops feel."""
    return cast(F, numba.njit(nogil=True, cache=True, inline="always")(function))


def borrower(function: F) -> F:
    """A kernel that makes no arrays (else it fails to compile), whose code goes into the kernel that calls it.

    Otherwise a call copies all columns' descriptions, and counts who holds the arrays: one memory cell an array, written at each use by both
    threads, takes most of the time of a pass that does little else. Division by zero is not looked for either.
    """
    return cast(F, numba.njit(nogil=True, cache=True, **_BORROWING)(function))
