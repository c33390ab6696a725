"""A line: what is sealed is read back, and any damage shows."""

from __future__ import annotations

import json

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import CorruptRecord
from clew.eventlog.line import all_bodies, all_intact, check, seal, seal_bodies
from clew.messages import Stamp, decode_record
from eventlog.lines import line, stamp

texts = st.text(max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)
times = st.integers(-(2**53), 2**53)
stamps = st.builds(
    Stamp,
    source=texts,
    received_at=times,
    batch_index=st.integers(0, 2500),
    type=texts,
    message_id=texts,
    timestamp=times,
    original_timestamp=st.none() | times,
    sent_at=st.none() | times,
    clock_shift=times,
    reason=st.none() | texts,
    detail=st.none() | texts,
)


def test_a_line_as_docs_show_it():
    sealed = seal(
        Stamp(source="web", received_at=1763929200000000, type="track", message_id="m-1", timestamp=1763929199000000),
        b'{"type":"track","event":"Order Completed","messageId":"m-1"}',
    )
    assert sealed == (
        b'{"xxh3":"f874b5033c6d12dd","source":"web","received_at":1763929200000000,"type":"track","message_id":"m-1","timestamp":1763929199000000,'
        b'"message":{"type":"track","event":"Order Completed","messageId":"m-1"}}\n'
    )


def test_the_checksum_is_xxh3_of_what_follows_its_comma():
    head, body = line(1).split(b'",', 1)
    assert head.removeprefix(b'{"xxh3":"').decode() == xxhash.xxh3_64(body.rstrip(b"\n")).hexdigest()


@given(stamps, json_values, st.sampled_from([None, 1, "\t", "\r"]), st.booleans())
def test_what_is_sealed_is_read_back(stamp: Stamp, value: object, indent: int | str | None, ascii_only: bool):
    message = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode(errors="surrogatepass").replace(b"\n", b"\r\n")
    sealed = seal(stamp, message)
    assert sealed.count(b"\n") == 1
    assert b"\r" not in sealed
    record = decode_record(sealed)
    assert json.loads(bytes(record.message)) == value
    assert {name: getattr(record, name) for name in Stamp.__struct_fields__} == {name: getattr(stamp, name) for name in Stamp.__struct_fields__}


@given(
    st.lists(
        st.tuples(
            stamps, st.sampled_from([b"{}", b'{"a":"\\n"}', b'{\r\n"a": 1,\n"b": [2]}', b"[1]"]) | json_values.map(lambda v: json.dumps(v).encode())
        )
    )
)
def test_many_are_sealed_as_one_is(pairs: list[tuple[Stamp, bytes]]):
    bodies = all_bodies([stamp for stamp, _ in pairs], [message for _, message in pairs])
    assert seal_bodies(bodies) == b"".join(seal(*pair) for pair in pairs)


def test_a_message_without_newlines_is_kept_byte_for_byte():
    message = b'{ "a" : 1.50, "a": 2, "b":"\\u00e9" }'
    assert bytes(decode_record(seal(stamp(1), message)).message) == message


@given(st.data())
def test_any_changed_byte_is_found(data: st.DataObject):
    whole = bytearray(line(7)[:-1])
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CorruptRecord):
        check(bytes(whole))
    assert not all_intact([line(1)[:-1], bytes(whole), line(2)[:-1]])


@given(st.lists(st.integers(0, 40) | st.just(None), max_size=6), st.data())
def test_all_intact_says_what_check_says(cuts: list[int | None], data: st.DataObject):
    """Lines are whole (None) or cut short: to nothing, inside the checksum, or inside the rest."""
    given_lines = [line(number)[:-1][:cut] for number, cut in enumerate(cuts)]

    def passes(given_line: bytes) -> bool:
        try:
            check(given_line)
        except CorruptRecord:
            return False
        return True

    assert all_intact(given_lines) == all(map(passes, given_lines))


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        (b"not a line", "begins with a checksum, found b'not a line'"),
        (line(1)[:-1].replace(b'"n":1', b'"n":2'), "expected checksum"),
        (b'{"xxh3":"', "begins with a checksum"),
    ],
)
def test_a_corrupt_line_is_described(damaged: bytes, said: str):
    with pytest.raises(CorruptRecord, match=said):
        check(damaged)
