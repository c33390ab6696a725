"""The shortcut agrees with the rules: the same bytes give the same records, whichever way they go."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clew import clock
from clew.collect.intake import Sorted, sort_message, sort_messages
from clew.collect.rules import Call, Draft
from clew.collect.shortcut import find_exceptions
from clew.collect.times import Clock, read_time
from clew.collect.wire.counting import brackets, without_spaces
from clew.collect.wire.ordinary import read_ordinary
from clew.collect.wire.reading import read_batch, read_single
from clew.config import Collect, Source
from clew.eventlog import seal_bodies
from collect.messages import TYPES, messages, spoilt

CALL = Call(Source(name="web", write_key="k"), Collect(max_message_bytes=2000, max_depth=5, max_batch_messages=3), clock.now())
NESTED: dict[str, Any] = {"a": {"b": {"c": {}}}}
ORDINARY = {"type": "track", "userId": "u", "event": "e", "messageId": "1"}
EDGES: list[dict[str, Any]] = [
    {**ORDINARY, "properties": NESTED},
    {**ORDINARY, "properties": {"n": NESTED}},
    {**ORDINARY, "context": {"n": [[NESTED]]}},
    {**ORDINARY, "properties": {"long": "x" * 2000}},
    {**ORDINARY, "context": []},
    {**ORDINARY, "traits": None},
    {**ORDINARY, "sentAt": ""},
    {**ORDINARY, "timestamp": "2015-2-02T00:30:08.276Z"},
    {**ORDINARY, "timestamp": "2026-11-23T10:00:00+02:00", "originalTimestamp": "2026-11-23T10:00:00Z"},
    {**ORDINARY, "timestamp": "2026-11-23T10:00:00.5Z", "messageId": "2"},
    {**ORDINARY, "userId": ""},
    {**ORDINARY, "userId": None, "anonymousId": "a b"},
]
"""Messages at a limit of CALL, or of a form that the shortcut must hand on."""
COMPACT, SPACED = (",", ":"), (", ", ": ")


def by_the_rules(elements: list[bytes], sent_at: Any) -> Sorted:
    lines = Sorted()
    now = Clock.of(CALL.received_at, read_time(sent_at), CALL.limits.clock_tolerance_seconds * clock.SECOND)
    for index, raw in enumerate(elements):
        sort_message(Draft(CALL, index, raw), now, lines)
    return lines


def lines_of(lines: Sorted) -> tuple[list[bytes], list[bytes]]:
    return sealed_lines(lines.accepted), sealed_lines(lines.refused)


def sealed_lines(bodies: dict[bytes, bytes]) -> list[bytes]:
    return list(map(without_made_id, seal_bodies(bodies.values()).splitlines()))


def without_made_id(line: bytes) -> bytes:
    """The line; where the message has no id of its own, without the one that was made, and the checksum that depends on it."""
    decoded = json.loads(line)
    message = decoded["message"]
    has_id = isinstance(message, dict) and message.get("messageId") not in (None, "")
    return line if has_id else line[27:].replace(decoded["message_id"].encode(), b"")


SENT = st.none() | st.sampled_from(["2026-11-23T10:00:00Z", clock.iso(CALL.received_at), "no time"])
BATCHES = st.lists(messages | spoilt() | st.sampled_from(EDGES), max_size=4)
TEXTS = st.tuples(st.sampled_from([COMPACT, SPACED, (" ,", ":"), (",", ": ")]), st.booleans())


@settings(deadline=None)
@given(BATCHES, SENT, TEXTS, st.sampled_from([None, "\n", "  "]))
def test_both_ways_give_the_same_lines(batch: list[dict[str, Any]], sent_at: str | None, text: tuple[Any, bool], between: str | None) -> None:
    """Byte for byte, in order, and the same refusals; also with line breaks or spaces around the messages."""
    separators, ascii_only = text
    elements = [json.dumps(message, separators=separators, ensure_ascii=ascii_only) for message in batch]
    around = "" if sent_at is None else f',"sentAt":{json.dumps(sent_at)}'
    body = read_batch(f'{{"batch":[{(between or "").join(["", ",".join(elements), ""])}]{around}}}'.encode())
    lines = sort_messages(CALL, body)
    ruled = by_the_rules(body.elements, sent_at)
    assert lines_of(lines) == lines_of(ruled)
    assert lines.accepted.keys() == ruled.accepted.keys() or any(not message.get("messageId") for message in batch)
    assert lines.reasons == ruled.reasons


@settings(deadline=None)
@given(messages | spoilt() | st.sampled_from(EDGES), st.sampled_from(TYPES), TEXTS)
def test_both_ways_give_the_same_line_for_a_single_call(message: dict[str, Any], kind: str, text: tuple[Any, bool]) -> None:
    separators, ascii_only = text
    call = CALL._replace(type=kind)
    raw = json.dumps(message, separators=separators, ensure_ascii=ascii_only).encode()
    ruled = Sorted()
    sort_message(Draft(call, 0, raw), Clock.of(CALL.received_at, None, CALL.limits.clock_tolerance_seconds * clock.SECOND), ruled)
    assert lines_of(sort_messages(call, read_single(raw))) == lines_of(ruled)


@given(st.text('[{ax"', max_size=300).map(str.encode))
def test_brackets_are_counted_wherever_they_stand(raw: bytes) -> None:
    assert brackets(raw) == raw.count(b"{") + raw.count(b"[")


@pytest.mark.parametrize("opening", ["{", "["])
def test_a_message_is_an_exception_from_one_bracket_too_many_on(opening: str) -> None:
    batch = [{**ORDINARY, "properties": {"text": opening * count}} for count in (0, 3, 4)]
    body = read_batch(json.dumps({"batch": batch}, separators=COMPACT).encode())
    assert len(body.ordinary) == 3
    assert find_exceptions(CALL, body) == [2], "5 are allowed, and two are the message's own"


@given(st.text(" a\u00e9{", max_size=20), st.sampled_from([1, 300, 3000]))
def test_spaces_are_counted_alike_in_short_and_long_texts(text: str, times: int) -> None:
    assert without_spaces(text.encode() * times) == len(text.replace(" ", "").encode()) * times


@settings(deadline=None)
@given(st.lists(messages, min_size=1, max_size=5))
def test_plain_batches_take_the_shortcut_and_keep_their_bytes(batch: list[dict[str, Any]]) -> None:
    body = json.dumps({"batch": batch}, separators=COMPACT, ensure_ascii=False).encode()
    known = read_ordinary(body)
    if any(byte in body for byte in (b"\\", b'"name":null')) or any("timestamp" in m and m["timestamp"] is None for m in batch):
        return
    assert known is not None
    assert known.elements == [json.dumps(message, separators=COMPACT, ensure_ascii=False).encode() for message in batch]


@settings(deadline=None)
@given(
    st.binary(max_size=200) | st.lists(messages, max_size=3).map(lambda batch: json.dumps({"batch": batch}, separators=COMPACT).encode()), st.data()
)
def test_what_it_reads_is_what_stands_there(body: bytes, data: st.DataObject) -> None:
    """Bytes put in, taken out or doubled: whatever the shortcut still reads, any JSON reader reads so too."""
    place = data.draw(st.integers(0, len(body)))
    spoilt_body = body[:place] + data.draw(st.binary(max_size=6) | st.sampled_from([b'"', b",", b"{}", b'"userId":"x",', b" "])) + body[place:]
    known = read_ordinary(spoilt_body)
    if known is not None:
        assert [json.loads(element) for element in known.elements] == json.loads(spoilt_body)["batch"]


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("".join(map(chr, range(128))))
def test_no_text_can_be_written_shorter_than_msgspec_does(text: str) -> None:
    """The lengths argument needs it: what is written again is never longer than what was sent."""
    short = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
    shortest = "".join(short.get(c, f"\\u{ord(c):04x}" if ord(c) < 32 else c) for c in text)
    assert json.loads(f'"{shortest}"') == text
    assert len(msgspec.json.encode(text)) == len(shortest.encode()) + 2


@pytest.mark.parametrize(
    "message",
    [
        b'{"type":"track","userId":"u","event":"e","messageId":"1","userId":"v"}',
        b'{"type":"track","userId":"u","event":"e","messageId":"1","more":1}',
        b'{"type":"track","type":"page","userId":"u","event":"e","messageId":"1"}',
        b'{"type":"track","userId":"u","event":"\\u0065","messageId":"1"}',
        b'{"type":"track","userId":"u","event":"e","messageId":"1","timestamp":null}',
        b'{"type":"track","userId":7,"event":"e","messageId":"1"}',
        b'{"type":"track","userId":"u","event":"e"}',
    ],
)
def test_it_leaves_the_rest_to_the_rules(message: bytes) -> None:
    assert read_ordinary(b'{"batch":[' + message + b"]}") is None
