"""Kernels as object code on disk: compiled by numba once, then linked and called without it, for to import it and to load from its cache takes 0.2 s.

Each file begins with a checksum over its key and the rest, so one that is torn, of another version or processor, or no such file is not linked.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import itertools
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import msgspec

from clew.timelines.kernels.passing import Passed, Word

_RESULTS: dict[str, Any] = {"none": ctypes.c_void_p, "bool": ctypes.c_bool, "int64": ctypes.c_int64, "uint64": ctypes.c_uint64}
_CHECKSUM = hashlib.sha256().digest_size
_NUMBERS = itertools.count()


class Key(NamedTuple):
    """Which code it is: of a kernel, for these types of arguments, from these sources."""

    kernel: str
    types: str
    sources: str

    def text(self) -> str:
        """With all else that the code hangs on."""
        return "\n".join((*self, *_here()))


class Object(msgspec.Struct, frozen=True, array_like=True):
    symbol: str
    returns: tuple[str, ...]
    """A kind of `_RESULTS`; several: a tuple of them."""
    code: bytes
    """Empty: numba calls it."""


class Linked(NamedTuple):
    """Code in memory, there as long as `library` is held."""

    run: Callable[..., int]
    result: Any
    """A structure of what is returned; numba writes it where the first word says."""
    library: object

    def call(self, words: Sequence[Word]) -> Any:
        """What the kernel returns. Raises RuntimeError where it raises, as none should."""
        result, error = self.result(), ctypes.c_void_p()
        if status := self.run(ctypes.byref(result), ctypes.byref(error), *words):
            raise RuntimeError(f"a kernel ended with the status {status}: expected 0, as borrowers raise nothing")
        values = tuple(getattr(result, field[0]) for field in result._fields_)
        return values[0] if len(values) == 1 else values


def linked(key: Key, make: Callable[[], Object]) -> Linked | None:
    """The code from the cache, else as `make` makes it, which is kept. None where it cannot be called without numba."""
    folder = os.environ.get("NUMBA_CACHE_DIR")
    path = Path(folder, f"{key.kernel}-{hashlib.sha256(key.text().encode()).hexdigest()[:32]}.o") if folder else None
    found = _read(path, key) if path else None
    if found is None:
        found = make()
        if path:
            _write(path, key, found)
    # A kind of code that LLVM cannot link here is called by numba.
    with suppress(RuntimeError):
        return _link(found) if found.code else None
    return None


def compiled(by_numba: Callable[..., Any], arguments: Sequence[Any], given: Passed) -> Object:
    """The code for arguments like these. None is in it where it calls other code, or takes or returns anything in another way than is known here."""
    import numba

    signature = tuple(map(numba.typeof, arguments))
    function = by_numba(no_cpython_wrapper=True, no_cfunc_wrapper=True)
    function.compile(signature)
    (result,) = (found.return_type for found in function.nopython_signatures)
    returns = tuple(map(str, getattr(result, "types", (result,))))
    module = llvm.parse_assembly(function.inspect_llvm(signature))
    (entry,) = (each for each in module.functions if not each.is_declaration and each.linkage == llvm.Linkage.external)
    calls = any(each.is_declaration and not each.name.startswith("llvm.") for each in module.functions)
    if calls or [str(each.type) for each in entry.arguments] != ["ptr", "ptr", *given.llvm()] or not set(returns) <= set(_RESULTS):
        return Object("", (), b"")
    return Object(entry.name, returns, _machine().emit_object(module))


def _read(path: Path, key: Key) -> Object | None:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return None
    body = found[_CHECKSUM:]
    return msgspec.msgpack.decode(body, type=Object) if _checksum(key, body) == found[:_CHECKSUM] else None


def _write(path: Path, key: Key, made: Object) -> None:
    body, whole = msgspec.msgpack.encode(made), path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole.write_bytes(_checksum(key, body) + body)
        whole.replace(path)
    except OSError:
        # It cannot be kept, on a full disk: the answer still comes.
        whole.unlink(missing_ok=True)


def _checksum(key: Key, body: bytes) -> bytes:
    return hashlib.sha256(key.text().encode() + b"\n" + body).digest()


@functools.cache
def _here() -> tuple[str, ...]:
    """The compiler and the processor."""
    return version("numba"), version("llvmlite"), llvm.get_process_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


@functools.cache
def _machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    host = {"cpu": llvm.get_host_cpu_name(), "features": llvm.get_host_cpu_features().flatten()}
    return llvm.Target.from_default_triple().create_target_machine(**host, opt=3, jit=True)


@functools.cache
def _linker() -> Any:
    return llvm.create_lljit_compiler(_machine())


def _link(found: Object) -> Linked:
    builder = llvm.JITLibraryBuilder().add_object_img(found.code).add_current_process().export_symbol(found.symbol)
    library = builder.link(_linker(), f"kernel {next(_NUMBERS)}")
    result = type("Result", (ctypes.Structure,), {"_fields_": [(f"_{n}", _RESULTS[each]) for n, each in enumerate(found.returns)]})
    return Linked(ctypes.CFUNCTYPE(ctypes.c_int32)(library[found.symbol]), result, library)
