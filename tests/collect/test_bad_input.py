"""The bad input that a public door gets: each item is a clear JSON error or a kept refusal, and its neighbours are stored."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from clew import clock
from collect.door import KEY, CollectDoor, chunks, sent, track

GOOD = {"type": "track", "userId": "neighbour", "event": "Good"}
DEEP = b"[" * 10_000 + b"]" * 10_000


def element(properties: bytes) -> bytes:
    return b'{"type":"track","userId":"u1","event":"Bad","properties":' + properties + b"}"


def refused_one(door: CollectDoor, bad: bytes, reason: str) -> None:
    """In a batch, `bad` is refused with its reason and both neighbours are stored, in their places."""
    body = b'{"batch":[' + json.dumps(GOOD).encode() + b"," + bad + b",\n " + json.dumps(GOOD).encode() + b'],"sentAt":"2026-01-01T00:00:00Z"}'
    answer = door.post("/v1/batch", body)
    assert (answer.status, answer.json) == (200, {"success": True})
    assert [(record.batch_index, sent(record)) for record in door.log] == [(0, GOOD), (2, GOOD)]
    assert [(record.reason, record.batch_index) for record in door.refused] == [(reason, 1)]
    assert door.refused[0].detail


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"type":"track",,}', "invalid_json"),
        (b'{"type":"track" "userId":"u1"}', "invalid_json"),
        (b"nonsense", "invalid_json"),
        (element(b'{"x":NaN}'), "invalid_json"),
        (element(b'{"x":-Infinity}'), "invalid_json"),
        (element(b'{"x":"tab\tinside"}'), "invalid_json"),
        (element(b'{"x":01}'), "invalid_json"),
        (element(b'{"x":"\xff\xfe"}'), "invalid_text"),
        (element(b'{"x":"\xed\xa0\x80"}'), "invalid_text"),
        (element(b'{"x":"\\ud800"}'), "invalid_text"),
        (element(b'{"\\udc00":1}'), "invalid_text"),
        (element(DEEP), "too_deep"),
        (element(b'{"a":' * 64 + b"1" + b"}" * 64), "too_deep"),
        (b'{"type":"track","userId":"u1","userId":"u2","event":"Bad"}', "duplicate_keys"),
        (b'{"type":"track","userId":"u1","user\\u0049d":"u2","event":"Bad"}', "duplicate_keys"),
        (b'{"type":"track","userId":"u1","event":"Bad","messageId":"1","properties":{},"properties":{"a":1}}', "duplicate_keys"),
        (b'{"type":"track","userId":"u1","event":"Bad","\\u0061":' + b"1" * 5000 + b',"a":' + b"1" * 5000 + b"}", "duplicate_keys"),
        (element(b'{"x":"' + b"y" * 32_768 + b'"}'), "message_too_large"),
        (element(b"[1,2]"), "invalid_object"),
        (element(b'"text"'), "invalid_object"),
        (b"[]", "not_object"),
        (b"7", "not_object"),
        (b'"track"', "not_object"),
        (b"null", "not_object"),
        (b'{"userId":"u1","event":"x"}', "invalid_type"),
        (b'{"type":"delete","userId":"u1"}', "invalid_type"),
        (b'{"type":["track"],"userId":"u1"}', "invalid_type"),
        (b'{"type":"track","userId":{"id":1},"event":"x"}', "invalid_id"),
        (b'{"type":"track","userId":true,"event":"x"}', "invalid_id"),
        (b'{"type":"track","userId":"u","anonymousId":[1],"event":"x"}', "invalid_id"),
        (b'{"type":"track","userId":"u","messageId":{},"event":"x"}', "invalid_id"),
        (b'{"type":"track","userId":1e999,"event":"x"}', "invalid_number"),
        (b'{"type":"track","event":"x"}', "no_user_anon_id"),
        (b'{"type":"track","event":"x","userId":"","anonymousId":null}', "no_user_anon_id"),
        (b'{"type":"alias","anonymousId":"a","previousId":"b"}', "missing_user_id"),
        (b'{"type":"alias","userId":"u"}', "missing_previous_id"),
        (b'{"type":"group","userId":"u","groupId":""}', "missing_group_id"),
        (b'{"type":"track","userId":"u"}', "missing_event"),
        (b'{"type":"track","userId":"u","event":""}', "missing_event"),
        (b'{"type":"track","userId":"u","event":5}', "missing_event"),
        (b'{"type":"track","userId":"u","event":"x","messageId":"' + b"i" * 101 + b'"}', "id_too_long"),
    ],
)
def test_a_bad_message_costs_only_itself(door: CollectDoor, bad: bytes, reason: str) -> None:
    refused_one(door, bad, reason)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"batch":{}}',
        b'{"batch":null}',
        b'{"batch":[NaN]}',
        b'{"batch":[{"type":"track"},]',
        b'{"batch":[{"type":"track"}]}}',
        b'{"batch":[{]}}',
        b'{"batch":[], "x": NaN}',
        b'{"batch":[{"type":"page","userId":"u"}],"batch":[]}',
        b'{"batch":[{"type":"page","userId":"u"}],"batch":[NaN,{"type":"page","userId":"u"}]}',
        b'{"batch":[{"type":"page","userId":"u"}],"writeKey":"a","writeKey":"b"}',
        b"\xff\xfe\x00",
        b'{"batch":[' * 1000,
        DEEP,
        gzip.compress(b"nonsense", mtime=0),
        gzip.compress(b'{"batch":[]}', mtime=0)[:-9],
        b"\x1f\x8b" + b"\x00" * 20,
    ],
)
def test_a_body_that_is_no_batch_is_a_clear_error(door: CollectDoor, body: bytes) -> None:
    answer = door.post("/v1/batch", body)
    assert answer.status == 400
    assert set(answer.json) == {"code", "message"}
    assert "expected" in answer.json["message"]
    assert not door.log
    assert not door.refused


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"7", b'{"userId":"u","event":NaN}', b'{"userId":"\xff"}', b'{"userId":"u"} x'])
def test_a_single_call_that_is_no_json_object_is_a_clear_error(door: CollectDoor, body: bytes) -> None:
    answer = door.post("/v1/track", body)
    assert answer.status == 400
    assert set(answer.json) == {"code", "message"}


@pytest.mark.parametrize(("bad", "reason"), [(element(DEEP), "too_deep"), (element(b'{"x":"\\ud800"}'), "invalid_text")])
def test_a_single_call_that_is_json_but_for_no_reader_is_kept(door: CollectDoor, bad: bytes, reason: str) -> None:
    assert door.post("/v1/track", bad).status == 200
    assert door.reasons == [reason]
    assert sent(door.refused[0]) == bad.decode()


@pytest.mark.parametrize("pieces", [1, 7])
def test_a_gzip_bomb_is_turned_away_unopened(door: CollectDoor, pieces: int) -> None:
    bomb = zlib.compressobj(9, wbits=31)
    packed = bomb.compress(b" " * 100_000_000) + bomb.flush()
    assert len(packed) < 512_000
    answer = door.request("POST", "/v1/batch", packed, KEY, pieces=pieces)  # type: ignore[arg-type]
    assert (answer.status, answer.json["code"]) == (400, "request_too_large")


def test_many_small_members_do_not_get_round_the_limit(door: CollectDoor) -> None:
    member = gzip.compress(b" " * 100_000)
    answer = door.post("/v1/batch", member * 6)
    assert (answer.status, answer.json["code"]) == (400, "request_too_large")


@pytest.mark.parametrize("pieces", [1, 9])
@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track"])
def test_an_oversize_request_is_an_error(door: CollectDoor, path: str, pieces: int) -> None:
    answer = door.request("POST", path, track(x="y" * 512_000), KEY, pieces=pieces)  # type: ignore[arg-type]
    assert (answer.status, answer.json["code"]) == (400, "request_too_large")
    assert door.app.collector.waiting.bytes == 0


def test_a_message_of_exactly_the_limit_is_stored(door: CollectDoor) -> None:
    body = json.dumps(track(x="")).encode()
    full = body.replace(b'"x": ""', b'"x": "' + b"y" * (32_768 - len(body)) + b'"')
    assert door.post("/v1/track", full).status == 200
    assert door.post("/v1/track", full.replace(b"y", b"yy", 1)).status == 400
    assert len(door.log) == 1


def test_ten_thousand_keys(tmp_path: Path) -> None:
    with CollectDoor(tmp_path, max_message_bytes=400_000, max_properties=9_999) as door:
        many = {f"k{n}": n for n in range(10_000)}
        assert door.batch(track(properties=many), track(properties=dict(list(many.items())[:9_999])), GOOD).status == 200
        assert [record.batch_index for record in door.log] == [1, 2]
        assert door.reasons == ["too_many_properties"]


def test_messages_beyond_the_limit_of_a_batch_are_refused_one_by_one(tmp_path: Path) -> None:
    with CollectDoor(tmp_path, max_batch_messages=3) as door:
        assert door.batch(*(track(messageId=str(n)) for n in range(5))).status == 200
        assert [record.message_id for record in door.log] == ["0", "1", "2"]
        assert [(record.message_id, record.reason) for record in door.refused] == [("3", "too_many_messages"), ("4", "too_many_messages")]


@pytest.mark.parametrize("name", ['"; drop table tracks; --', "<script>alert(1)</script>", "=cmd()|'/c calc'!A1", "\x00", "a\u202eb", "é" * 300])
def test_hostile_names_are_only_names(door: CollectDoor, name: str) -> None:
    message = {"type": "track", "userId": name, "event": name, "properties": {name: name}}
    assert door.batch(message).status == 200
    assert [sent(record) for record in door.log] == [message]


@pytest.mark.parametrize("key", [None, "", "other", "WK_TES", "WK_TEST ", "\xff"])
def test_an_unknown_write_key_is_401(door: CollectDoor, key: str | None) -> None:
    answer = door.post("/v1/batch", {"batch": [GOOD], "writeKey": key if key else None}, None)
    assert (answer.status, answer.json["code"]) == (401, "invalid_write_key")
    assert not door.log


def test_an_unknown_write_key_may_be_dropped_instead(tmp_path: Path) -> None:
    with CollectDoor(tmp_path, unknown_key="drop") as door:
        assert door.post("/v1/batch", {"batch": [GOOD]}, "other").status == 200
        assert not door.log


def test_a_clock_a_year_off_is_corrected(door: CollectDoor) -> None:
    year = 365 * clock.DAY
    now = clock.now()
    door.post("/v1/batch", {"batch": [track(timestamp=clock.iso(now - year - clock.SECOND))], "sentAt": clock.iso(now - year)})
    (record,) = door.log
    assert record.timestamp == record.received_at - clock.SECOND
    assert record.original_timestamp == now - year - clock.SECOND
    assert record.clock_shift == record.timestamp - record.original_timestamp


@pytest.mark.parametrize("time", ["2099-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z"])
def test_a_far_time_is_kept_as_said(door: CollectDoor, time: str) -> None:
    door.batch(track(timestamp=time))
    (record,) = door.log
    assert record.timestamp == record.original_timestamp == clock.parse_time(time)


@pytest.mark.parametrize("time", ["yesterday", "", 5, 1e300, ["2026"], {"$date": 1}, "2026-13-45T00:00:00Z", "2026-1-1T00:00:00+99:99", "9" * 1000])
def test_a_time_that_cannot_be_read_is_missing_with_a_note(door: CollectDoor, time: Any) -> None:
    door.post("/v1/batch", {"batch": [track(timestamp=time), track(sentAt=time)], "sentAt": time})
    first, second = door.log
    assert (first.timestamp, first.original_timestamp) == (first.received_at, None)
    assert first.detail is not None
    assert second.detail is not None
    assert str(time)[:20].strip("[]{}'") in first.detail


def test_the_same_id_with_other_content_is_left_to_the_warehouse(door: CollectDoor) -> None:
    door.batch(track(messageId="1", properties={"total": 5}), track(messageId="1", properties={"total": -5}))
    assert [sent(record)["properties"]["total"] for record in door.log] == [5, -5]


def test_a_client_that_goes_away_leaves_nothing(door: CollectDoor) -> None:
    from collect.door import basic, call

    raw = json.dumps({"batch": [GOOD]}).encode()
    answer = door._runner.run(call(door.app, "POST", "/v1/batch", [(b"authorization", basic(KEY).encode())], [*chunks(raw, 3)[:2], None, b""]))
    assert answer.status == 0
    assert not door.log
    assert door.app.collector.waiting.bytes == 0
