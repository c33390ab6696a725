"""Inflating: all of a good file, and of a damaged one all that precedes the damage."""

from __future__ import annotations

import gzip
import random
import tempfile
import zlib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from clew.eventlog.disk.inflate import Inflated

CONTENT = random.Random(5).randbytes(1000).hex().encode() * 60 + random.Random(6).randbytes(3000)
PACKED = gzip.compress(CONTENT, mtime=0)


def inflate(packed: bytes, size: int = 5000) -> tuple[bytes, str | None]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "packed.gz"
        path.write_bytes(packed)
        inflated = Inflated(path.open("rb", buffering=0))
        output = b"".join(iter(lambda: inflated.read(size), b""))
        inflated.close()
        return output, inflated.damage


@given(st.integers(1, 200_000))
@settings(deadline=None)
def test_a_good_file_is_read_whole_whatever_the_steps(size: int):
    assert inflate(PACKED, size) == (CONTENT, None)


def test_several_members_are_read_as_one():
    assert inflate(gzip.compress(b"a" * 9) + gzip.compress(b"") + gzip.compress(b"b")) == (b"a" * 9 + b"b", None)


def decodable(packed: bytes) -> bytes:
    """All that can be decoded, by zlib fed a byte at a time."""
    stream = zlib.decompressobj(31)
    output = b""
    try:
        for byte in packed:
            output += stream.decompress(bytes([byte]))
    except zlib.error:
        pass
    return output


@given(st.integers(0, len(PACKED) - 1))
@settings(deadline=None)
def test_a_file_cut_short_gives_what_it_holds_and_says_so(cut: int):
    output, damage = inflate(PACKED[:cut])
    assert output == decodable(PACKED[:cut])
    assert damage == "the file ends too early"


@given(st.integers(0, len(PACKED) - 1), st.integers(1, 255))
@settings(deadline=None)
def test_a_flipped_byte_is_no_crash_and_costs_nothing_before_it(place: int, flip: int):
    packed = bytearray(PACKED)
    packed[place] ^= flip
    output, damage = inflate(bytes(packed))
    assert (output, damage) == (CONTENT, None) or damage
    assert output.startswith(decodable(bytes(packed[:place])))


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_garbage_is_no_crash(packed: bytes):
    inflate(packed)
    output, damage = inflate(PACKED + packed)
    assert output.startswith(CONTENT)
    assert damage or output == CONTENT
