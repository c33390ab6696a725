"""When a message happened: behaviour.md's rule, example by example."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.clock import HOUR, MINUTE, SECOND, iso
from clew.collect.times import FIRST, LAST, Clock, read_time, times
from clew.messages import Message

NOW = 1_795_000_000 * SECOND
TOLERANCE = 60 * SECOND


def at(**members: object) -> Message:
    return msgspec.structs.replace(Message(), **members)


@pytest.mark.parametrize(
    ("original", "sent", "tolerance", "expected"),
    [
        (NOW - HOUR, NOW - SECOND, TOLERANCE, NOW - HOUR),
        (NOW - HOUR, NOW - 60 * SECOND, TOLERANCE, NOW - HOUR),
        (NOW - HOUR, NOW - 61 * SECOND, TOLERANCE, NOW - HOUR + 61 * SECOND),
        (NOW - HOUR, NOW + 61 * SECOND, TOLERANCE, NOW - HOUR - 61 * SECOND),
        (NOW - HOUR, None, TOLERANCE, NOW - HOUR),
        (None, NOW - HOUR, TOLERANCE, NOW),
        (None, None, TOLERANCE, NOW),
        (NOW - HOUR, NOW - SECOND, 0, NOW - HOUR + SECOND),
        (NOW - HOUR, NOW, 0, NOW - HOUR),
        (NOW + HOUR, None, TOLERANCE, NOW + HOUR),
    ],
)
@pytest.mark.parametrize("own", [True, False])
def test_the_clock_rule(original: int | None, sent: int | None, tolerance: int, expected: int, own: bool) -> None:
    written = None if original is None else iso(original)
    said = None if sent is None else iso(sent)
    message = at(timestamp=written, sent_at=said if own else None)
    timestamp, original_found, sent_found, note = times(message, Clock.of(NOW, None if own else sent, tolerance))
    assert (timestamp, original_found, sent_found, note) == (expected, original, sent, None)


def test_the_messages_own_sent_at_goes_first() -> None:
    message = at(timestamp=iso(NOW - HOUR), sent_at=iso(NOW - 10 * MINUTE))
    assert times(message, Clock.of(NOW, NOW, TOLERANCE))[0] == NOW - HOUR + 10 * MINUTE


def test_timestamp_goes_before_original_timestamp() -> None:
    assert times(at(timestamp=iso(NOW), original_timestamp=iso(NOW - HOUR)), Clock.of(NOW, None, TOLERANCE))[0] == NOW
    assert times(at(original_timestamp=iso(NOW - HOUR)), Clock.of(NOW, None, TOLERANCE))[0] == NOW - HOUR


@pytest.mark.parametrize(
    ("library", "late", "corrected"), [("analytics-node", HOUR, False), ("analytics-kotlin", HOUR, False), ("analytics-go", HOUR, True)]
)
@pytest.mark.parametrize("ahead", [False, True])
def test_clients_that_do_not_restamp_are_late_not_wrong(library: str, late: int, corrected: bool, ahead: bool) -> None:
    sent = NOW + late if ahead else NOW - late
    message = at(timestamp=iso(sent - SECOND), context=msgspec.Raw(b'{"library":{"name":"%s"}}' % library.encode()))
    expected = NOW - SECOND if corrected or ahead else sent - SECOND
    assert times(message, Clock.of(NOW, sent, TOLERANCE))[0] == expected
    assert times(message, Clock.of(NOW, sent, 0))[0] == NOW - SECOND


@pytest.mark.parametrize("context", [b"null", b"[]", b'{"library":5}', b'{"library":{"name":["analytics-node"]}}', b'{"library":{"name":{}}}'])
def test_a_strange_library_is_none(context: bytes) -> None:
    message = at(timestamp=iso(NOW - HOUR), context=msgspec.Raw(context))
    assert times(message, Clock.of(NOW, NOW - HOUR, TOLERANCE))[0] == NOW


def test_a_correction_out_of_the_calendar_is_not_made() -> None:
    message = at(timestamp="9999-12-31T00:00:00Z", sent_at="0001-01-01T00:00:00Z")
    timestamp, _, _, note = times(message, Clock.of(NOW, None, TOLERANCE))
    assert timestamp == NOW
    assert "years 1 to 9999" in str(note)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T13:20:56.312Z", "2026-11-23T13:20:56.312000Z"),
        ("2026-11-23T13:20:56.312+00:00", "2026-11-23T13:20:56.312000Z"),
        ("2026-11-23T13:20:56.312456+02:00", "2026-11-23T11:20:56.312456Z"),
        ("2026-11-23T13:20:56.123456789Z", "2026-11-23T13:20:56.123456Z"),
        ("2015-2-02T00:30:08.276Z", "2015-02-02T00:30:08.276000Z"),
        ("2026-11-23", "2026-11-23T00:00:00.000000Z"),
    ],
)
def test_times_as_clients_write_them(text: str, expected: str) -> None:
    found = read_time(text)
    assert found is not None
    assert iso(found) == expected


@given(
    st.text(max_size=40) | st.from_regex(r"\d{4}-\d{1,2}-\d{1,2}T\d{1,2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?") | st.integers() | st.none()
)
def test_any_value_is_a_time_or_none(value: object) -> None:
    found = read_time(value)
    assert found is None or FIRST - 2 * 24 * HOUR <= found < LAST + 2 * 24 * HOUR
