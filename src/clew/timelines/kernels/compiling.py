"""How kernels are compiled: without Python's lock, for the types of their first arguments, into a cache. What is in the cache loads no compiler."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from clew.timelines.kernels import version
from clew.timelines.kernels.passing import Passed, passed

if TYPE_CHECKING:
    from clew.timelines.kernels import objects

F = TypeVar("F", bound=Callable[..., Any])
_BORROWING: dict[str, Any] = {"error_model": "numpy", "forceinline": True, "_nrt": False}
_LOCK = threading.RLock()


def kernel(function: F) -> F:
    """`function`, compiled for the types of its arguments when these first come. Integers wrap and indexes are not checked: arguments are."""
    return cast(F, Kernel(function, {}))


def borrower(function: F) -> F:
    """A kernel that makes no arrays (else it fails to compile), whose code goes into the kernel that calls it.

    Otherwise a call copies all columns' descriptions, and counts who holds the arrays: one memory cell an array, written at each use by both
    threads, takes most of the time of a pass that does little else. Division by zero is not looked for either. Called from Python it needs
    nothing of numba, and is kept as object code.
    """
    return cast(F, Borrower(function, _BORROWING))


class Kernel:
    """A function that numba compiles. Kernels call each other as they call functions; Python calls them too."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = cast(FunctionType, function)
        self.options = options
        self._compiled: Any = None

    def __call__(self, *arguments: Any) -> Any:
        return self.compiled()(*arguments)

    def compiled(self) -> Any:
        """As numba has it; this loads the compiler."""
        with _LOCK:
            if self._compiled is None:
                self._compiled = self.by_numba(cache=True)
        return self._compiled

    def by_numba(self, **options: Any) -> Any:
        """The function as it is to be compiled: those that it calls are numba's too."""
        import numba

        old = self.function
        called = {name: each.compiled() for name in old.__code__.co_names if isinstance(each := old.__globals__.get(name), Kernel)}
        new = FunctionType(old.__code__, {**old.__globals__, **called}, old.__name__, old.__defaults__)
        return numba.njit(nogil=True, **self.options, **options)(functools.update_wrapper(new, old))


class Borrower(Kernel):
    """A kernel whose object code is called without numba, where its arguments can be passed so."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        super().__init__(function, options)
        self._linked: dict[str, objects.Linked | None] = {}

    def __call__(self, *arguments: Any) -> Any:
        given = passed(arguments)
        linked = self._of(given, arguments) if given else None
        return linked.call(given.words) if given and linked else super().__call__(*arguments)

    def _of(self, given: Passed, arguments: tuple[Any, ...]) -> objects.Linked | None:
        """The code for these types; None where it cannot do without numba."""
        from clew.timelines.kernels import objects  # 40 MB, which a process that is asked nothing need not hold

        with _LOCK:
            if given.types not in self._linked:
                key = objects.Key(f"{self.function.__module__}.{self.function.__name__}", given.types, version())
                self._linked[given.types] = objects.linked(key, lambda: objects.compiled(self.by_numba, arguments, given))
        return self._linked[given.types]
