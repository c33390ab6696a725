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
from clew.collect.times import Clock, read_time
from clew.collect.wire.ordinary import read_ordinary
from clew.collect.wire.reading import read_batch
from clew.config import Collect, Source
from collect.messages import messages, spoilt

CALL = Call(Source(name="web", write_key="k"), Collect(max_message_bytes=2000, max_depth=5), clock.now())
COMPACT, SPACED = (",", ":"), (", ", ": ")


def by_the_rules(elements: list[bytes], sent_at: Any) -> Sorted:
    lines = Sorted()
    now = Clock.of(CALL.received_at, read_time(sent_at), CALL.limits.clock_tolerance_seconds * clock.SECOND)
    for index, raw in enumerate(elements):
        sort_message(Draft(CALL, index, raw), now, lines)
    return lines


def without_made_ids(lines: Sorted) -> list[tuple[Any, ...]]:
    decoded = [json.loads(line) for line in [*lines.accepted.values(), *lines.refused.values()]]
    return [
        (d["type"], d.get("batch_index", 0), d["timestamp"], d.get("original_timestamp"), d.get("sent_at"), d.get("reason"), d["message"])
        for d in decoded
    ]


@settings(deadline=None)
@given(st.lists(messages | spoilt(), max_size=4), st.none() | st.just("2026-11-23T10:00:00Z"), st.sampled_from([COMPACT, SPACED]), st.booleans())
def test_both_ways_give_the_same_records(batch: list[dict[str, Any]], sent_at: str | None, separators: tuple[str, str], ascii_only: bool) -> None:
    content = {"batch": batch} if sent_at is None else {"batch": batch, "sentAt": sent_at}
    body = read_batch(json.dumps(content, separators=separators, ensure_ascii=ascii_only).encode())
    lines = sort_messages(CALL, body)
    ruled = by_the_rules(body.elements, sent_at)
    assert without_made_ids(lines) == without_made_ids(ruled)
    assert lines.reasons == ruled.reasons


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
        b'{"type":"track","userId":"u","event":"e", "messageId":"1"}',
        b'{"type":"track","userId":"u","event":"\\u0065","messageId":"1"}',
        b'{"type":"track","userId":"u","event":"e","messageId":"1","timestamp":null}',
        b'{"type":"track","userId":7,"event":"e","messageId":"1"}',
        b'{"type":"track","userId":"u","event":"e"}',
    ],
)
def test_it_leaves_the_rest_to_the_rules(message: bytes) -> None:
    assert read_ordinary(b'{"batch":[' + message + b"]}") is None
