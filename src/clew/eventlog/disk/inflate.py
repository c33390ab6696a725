"""Reading a gzip file in order, to the last byte before any damage."""

from __future__ import annotations

import io
import zlib

_PIECE = 64 * 1024
_MAX_OUTPUT = 1024 * 1024
_GZIP = 31  # zlib's window bits for a gzip header and trailer


class Inflated:
    """`read` gives the uncompressed bytes; at damage it gives all that came before, then b"", and `damage` says what is wrong.

    The standard gzip module throws away what it had decoded when it meets damage.
    """

    def __init__(self, file: io.FileIO) -> None:
        self.damage: str | None = None
        self._file = file
        self._inflate = zlib.decompressobj(_GZIP)
        self._pending = b""
        self._over = False

    def read(self, size: int) -> bytes:
        """About `size` bytes, b"" at the end or at damage. May raise OSError."""
        while not self._over:
            if output := self._step(min(size, _MAX_OUTPUT)):
                return output
        return b""

    def _step(self, size: int) -> bytes:
        piece = self._pending or self._file.read(_PIECE)
        if self._inflate.eof and not self._next_member(piece):
            return b""
        before = self._inflate.copy()
        try:
            output = self._inflate.decompress(piece, size)
        except zlib.error as error:
            return self._salvage(before, piece, str(error))
        self._pending = self._inflate.unconsumed_tail or self._inflate.unused_data
        if not piece and not output and not self._inflate.eof:
            self._end("the file ends too early")
        return output

    def _next_member(self, piece: bytes) -> bool:
        """A gzip file may hold several members one after the other, as `cat a.gz b.gz` makes them."""
        if not piece:
            self._over = True
            return False
        self._inflate = zlib.decompressobj(_GZIP)
        return True

    def _salvage(self, inflate: zlib._Decompress, piece: bytes, reason: str) -> bytes:
        """What the piece holds before its damage: again, a byte at a time."""
        self._end(reason)
        output = bytearray()
        for byte in range(len(piece)):
            try:
                output += inflate.decompress(piece[byte : byte + 1])
            except zlib.error:
                break
        return bytes(output)

    def _end(self, damage: str) -> None:
        self.damage = damage
        self._over = True

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()
