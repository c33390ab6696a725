"""How kernels are compiled: without Python's lock, at their first call, into a cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """`function`, compiled for the types of its arguments when these first come. Integers wrap and indexes are not checked: arguments are."""
    return cast(F, numba.njit(nogil=True, cache=True)(function))


def inlined(function: F) -> F:
    """As `kernel`, but compiled as part of what calls it: a call counts references to its arrays, which the innermost loops feel."""
    return cast(F, numba.njit(nogil=True, cache=True, inline="always")(function))
