"""How kernels are compiled: without Python's lock, at their first call, into a cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

_LEAN: dict[str, Any] = {"forceinline": True, "_nrt": False}


def kernel(function: F) -> F:
    """`function`, compiled for the types of its arguments when these first come. Integers wrap and indexes are not checked: arguments are."""
    return cast(F, numba.njit(nogil=True, cache=True)(function))


def lean_kernel(function: F) -> F:
    """A kernel that makes no arrays (else it fails to compile), whose code goes into the kernel that calls it.

    Otherwise a call for each unit copies all columns' descriptions, and counts who holds the arrays, which threads do at the same place in memory:
    most of the time goes there.
    """
    return cast(F, numba.njit(nogil=True, cache=True, **_LEAN)(function))
