"""A kernel's arguments as its code takes them, as numba passes them: an array as its owners, size, place and shape, a tuple as its members."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

Word = ctypes.c_void_p | ctypes.c_int64 | ctypes.c_uint64 | ctypes.c_uint8
_MOST = 1 << 63
_LLVM = {ctypes.c_void_p: "ptr", ctypes.c_int64: "i64", ctypes.c_uint64: "i64", ctypes.c_uint8: "i8"}


class Passed(NamedTuple):
    types: str
    """What numba tells apart."""
    words: list[Word]

    def llvm(self) -> list[str]:
        """The types of the words, as LLVM has them."""
        return [_LLVM[type(word)] for word in self.words]


def passed(arguments: Sequence[Any]) -> Passed | None:
    """None where an argument is of a kind that is not passed so."""
    try:
        pairs = [pair for each in arguments for pair in _passed(each)]
    except TypeError:
        return None
    return Passed(" ".join(kind for kind, _ in pairs), [word for _, words in pairs for word in words])


def _passed(value: Any) -> Iterator[tuple[str, list[Word]]]:
    if isinstance(value, np.ndarray):
        yield _array_type(value), _array(value)
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        yield f"{type(value).__name__}({','.join(value._fields)})", []
        for each in value:
            yield from _passed(each)
    elif isinstance(value, bool | np.bool_):
        yield "bool", [ctypes.c_uint8(bool(value))]
    elif isinstance(value, np.uint64):
        yield "uint64", [ctypes.c_uint64(int(value))]
    elif isinstance(value, np.int64) or (type(value) is int and -_MOST <= value < _MOST):
        yield "int64", [ctypes.c_int64(int(value))]
    else:
        raise TypeError


def _array_type(array: Any) -> str:
    flags = array.flags
    layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
    return f"{array.dtype.str}{array.ndim}{layout}{'' if flags.writeable else 'r'}{'' if flags.aligned else 'u'}"


def _array(array: Any) -> list[Word]:
    """No owners, since borrowers do not count them."""
    size, itemsize, *shape = map(ctypes.c_int64, (array.size, array.itemsize, *array.shape, *array.strides))
    return [ctypes.c_void_p(), ctypes.c_void_p(), size, itemsize, ctypes.c_void_p(array.ctypes.data), *shape]
