"""Routes, write keys, headers and answers of the HTTP door."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest

from clew.collect.routes import ROUTES
from clew.config import Paths
from clew.messages import TYPES
from collect.door import KEY, SITE_KEY, CollectDoor, call, sent, track

CALLS = {
    "track": {"event": "e"},
    "identify": {"traits": {"a": 1}},
    "page": {"name": "Home"},
    "screen": {"name": "Home"},
    "group": {"groupId": "g"},
    "alias": {"previousId": "p"},
}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("form", ["/v1/{}", "/v1/{}/"])
@pytest.mark.parametrize("short", [False, True])
def test_each_call_has_its_path(door: CollectDoor, kind: str, form: str, short: bool) -> None:
    answer = door.post(form.format(kind[0] if short else kind), {"userId": "u", **CALLS[kind]})
    assert (answer.status, answer.json) == (200, {"success": True})
    assert [record.type for record in door.log] == [kind]


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import", "/v1/batch/"])
def test_each_batch_path_takes_all_six(door: CollectDoor, path: str) -> None:
    answer = door.post(path, {"batch": [{"type": kind, "userId": "u", **more} for kind, more in CALLS.items()]})
    assert answer.status == 200
    assert [(record.type, record.batch_index) for record in door.log] == [(kind, number) for number, kind in enumerate(CALLS)]


def test_the_path_goes_before_the_type_in_the_message(door: CollectDoor) -> None:
    door.post("/v1/track", track(type="page"))
    (record,) = door.log
    assert (record.type, record.detail) == ("track", "type page in the message, sent as track: kept as track")


def test_metrics_are_answered_and_forgotten(door: CollectDoor) -> None:
    assert door.post("/v1/m", {"series": [{"type": "Counter", "metric": "analytics_js.invoke", "value": 1}]}, None).status == 200
    assert not door.log
    assert not door.refused


def test_health_counts(door: CollectDoor) -> None:
    door.batch(track(messageId="1"), track(messageId="1"), {"type": "track"})
    health = door.request("GET", "/health")
    assert health.status == 200
    assert health.json == {"status": "ok", "accepted": 1, "duplicates": 1, "refused": {"no_user_anon_id": 1}, "waiting_bytes": 0}


def test_the_front_says_what_it_is(door: CollectDoor) -> None:
    assert door.request("GET", "/").json["clew"] == "collector"


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/batch", 405), ("PUT", "/v1/track", 405), ("POST", "/health", 405), ("POST", "/v2/track", 404)]
)
def test_other_paths_and_methods(door: CollectDoor, method: str, path: str, status: int) -> None:
    answer = door.request(method, path, b"{}")
    assert answer.status == status
    assert set(answer.json) == {"code", "message"}


@pytest.mark.parametrize("path", sorted(ROUTES))
def test_a_preflight_gets_what_it_asks_for(door: CollectDoor, path: str) -> None:
    answer = door.request("OPTIONS", path, origin="https://shop.example", access_control_request_headers="authorization,x-retry-count")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers[b"access-control-allow-origin"] == b"https://shop.example"
    assert answer.headers[b"access-control-allow-headers"] == b"authorization,x-retry-count"
    assert answer.headers[b"access-control-allow-methods"] == b"GET, POST, OPTIONS"
    assert answer.headers[b"access-control-allow-credentials"] == b"true"
    assert answer.headers[b"access-control-max-age"] == b"86400"
    assert answer.headers[b"vary"] == b"Origin"


def test_a_preflight_that_asks_for_nothing_gets_what_clients_use(door: CollectDoor) -> None:
    allowed = door.request("OPTIONS", "/v1/t", origin="null").headers[b"access-control-allow-headers"]
    assert {b"authorization", b"content-type", b"anonymousid", b"sentat", b"x-retry-count"} <= set(allowed.split(b", "))


@pytest.mark.parametrize(("key", "status"), [(KEY, 200), ("other", 401)])
def test_pages_of_other_sites_can_read_every_answer(door: CollectDoor, key: str, status: int) -> None:
    answer = door.post("/v1/track", track(), key, origin="https://shop.example")
    assert answer.status == status
    assert answer.headers[b"access-control-allow-origin"] == b"https://shop.example"
    assert answer.headers[b"access-control-expose-headers"] == b"Retry-After, X-RateLimit-Reset"


def test_without_an_origin_there_is_nothing_to_allow(door: CollectDoor) -> None:
    assert b"access-control-allow-origin" not in door.post("/v1/track", track()).headers


def encoded(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("headers", "path", "in_body", "source"),
    [
        ({"authorization": encoded(f"{KEY}:")}, "/v1/batch", None, "server"),
        ({"authorization": encoded(KEY)}, "/v1/batch", None, "server"),
        ({"authorization": encoded(f"{KEY}:").rstrip("=")}, "/v1/batch", None, "server"),
        ({"authorization": encoded(f"{KEY}:").replace("Basic", "basic")}, "/v1/batch", None, "server"),
        ({"authorization": encoded(f"{KEY}:secret")}, "/v1/batch", None, "server"),
        ({}, "/v1/batch", KEY, "server"),
        ({}, f"/v1/batch?writeKey={KEY}", None, "server"),
        ({"authorization": encoded(f"{KEY}:")}, "/v1/batch", SITE_KEY, "server"),
        ({"authorization": "Bearer token"}, "/v1/batch", SITE_KEY, "site"),
        ({"authorization": encoded(":")}, "/v1/batch", SITE_KEY, "site"),
        ({"authorization": "Basic ???"}, "/v1/batch", SITE_KEY, "site"),
        ({"authorization": encoded("other:")}, "/v1/batch", KEY, None),
        ({}, "/v1/batch", None, None),
        ({}, "/v1/batch?writeKey=other", None, None),
        ({}, "/v1/batch?" + "&".join(["a=1"] * 200), None, None),
    ],
)
def test_the_write_key_may_stand_in_three_places(
    door: CollectDoor, headers: dict[str, str], path: str, in_body: str | None, source: str | None
) -> None:
    body = {"batch": [track()]} if in_body is None else {"batch": [track()], "writeKey": in_body}
    answer = door.post(path, body, None, **headers)
    assert answer.status == (200 if source else 401)
    assert [record.source for record in door.log] == ([source] if source else [])


def test_a_single_call_may_carry_its_key(door: CollectDoor) -> None:
    assert door.post("/v1/t", track(writeKey=KEY), None).status == 200
    assert len(door.log) == 1


def test_a_key_added_while_running_works_at_once(tmp_path: Path) -> None:
    config = Paths(tmp_path).config
    config.write_text('[[sources]]\nname = "one"\nwrite_key = "K1"\n')
    with CollectDoor(tmp_path) as door:
        assert door.post("/v1/track", track(), "K2").status == 401
        config.write_text('[[sources]]\nname = "one"\nwrite_key = "K1"\n\n[[sources]]\nname = "two"\nwrite_key = "K2"\n')
        assert door.post("/v1/track", track(), "K2").status == 200
        assert [record.source for record in door.log] == ["two"]


def test_settings_that_cannot_be_used_leave_the_old_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = Paths(tmp_path).config
    config.write_text('[[sources]]\nname = "one"\nwrite_key = "K1"\n')
    with CollectDoor(tmp_path) as door:
        config.write_text("nonsense")
        assert door.post("/v1/track", track(), "K2").status == 401
        assert door.post("/v1/track", track(), KEY).status == 200
    assert "kept the settings it had" in capsys.readouterr().err


@pytest.mark.parametrize("header", ["gzip", "x-gzip", "identity", ""])
@pytest.mark.parametrize("pieces", [1, 5])
def test_gzip_is_known_by_its_bytes(door: CollectDoor, header: str, pieces: int) -> None:
    packed = gzip.compress(json.dumps({"batch": [track()]}).encode())
    answer = door.request("POST", "/v1/batch", packed, KEY, pieces=pieces, content_encoding=header, content_type="text/plain")  # type: ignore[arg-type]
    assert answer.status == 200
    assert len(door.log) == 1


def test_a_gzip_header_left_on_a_plain_body_does_no_harm(door: CollectDoor) -> None:
    assert door.post("/v1/track", track(), content_encoding="gzip").status == 200


def test_other_encodings_are_an_error(door: CollectDoor) -> None:
    answer = door.post("/v1/track", b"\x0b\x02\x80", content_encoding="br")
    assert (answer.status, answer.json["code"]) == (415, "unsupported_encoding")


def test_what_the_batch_says_for_all_goes_into_each(door: CollectDoor) -> None:
    context = {"library": {"name": "go"}, "ip": "1.1.1.1", "locale": "de"}
    messages = [track(context={"ip": "2.2.2.2", "locale": None}, integrations={"All": False}), track(n=0.10), track(context=[])]
    door.post("/v1/batch", {"batch": messages, "context": context, "integrations": {"All": True, "X": False}, "sentAt": "2026-01-01T00:00:00Z"})
    first, second, third = door.log
    assert sent(first)["context"] == {"library": {"name": "go"}, "ip": "2.2.2.2", "locale": "de"}
    assert sent(first)["integrations"] == {"All": False, "X": False}
    assert sent(second) == {**track(n=0.1), "context": context, "integrations": {"All": True, "X": False}}
    assert sent(third)["context"] == context
    assert first.sent_at == second.sent_at == 1767225600000000


def test_what_the_batch_says_costs_no_broken_neighbour(door: CollectDoor) -> None:
    door.post("/v1/batch", b'{"batch":[[], {"type":"track","userId":"u","event":"e"}, NaN],"context":{"ip":"1.1.1.1"}}')
    assert [sent(record)["context"] for record in door.log] == [{"ip": "1.1.1.1"}]
    assert door.reasons == ["not_object", "invalid_json"]


def test_the_address_is_filled_in_for_browsers_and_apps_alone(door: CollectDoor) -> None:
    door.post("/v1/track", track(), SITE_KEY, user_agent="Firefox")
    door.post("/v1/track", track(context={"ip": "9.9.9.9", "userAgent": "App", "n": 1.50}), SITE_KEY, user_agent="Firefox")
    door.post("/v1/track", track(), KEY, user_agent="python")
    first, second, third = door.log
    assert sent(first)["context"] == {"ip": "203.0.113.7", "userAgent": "Firefox"}
    assert sent(second)["context"] == {"ip": "9.9.9.9", "userAgent": "App", "n": 1.5}
    assert b"1.5" in bytes(second.message)
    assert "context" not in sent(third)


def test_the_raw_message_stays_byte_for_byte(door: CollectDoor) -> None:
    raw = b'{"type" : "track","userId":12345678901234567890,"event":"e\\u00e9\\/","properties":{"n":1.10,"big":1e2,"z":-0}}'
    door.post("/v1/batch", b'{"batch":[' + raw + b"]}")
    (record,) = door.log
    assert bytes(record.message) == raw


def test_too_much_waiting_is_turned_away(door: CollectDoor) -> None:
    door.app.collector.waiting.add(64 * 1024 * 1024 - 100)
    answer = door.post("/v1/track", track(x="y" * 200))
    assert (answer.status, answer.json["code"], answer.headers[b"retry-after"]) == (503, "overloaded", b"1")
    door.app.collector.waiting.remove(64 * 1024 * 1024 - 100)
    assert door.post("/v1/track", track(x="y" * 200)).status == 200
    assert door.app.collector.waiting.bytes == 0


def test_the_lifespan_says_why_it_cannot_start(door: CollectDoor) -> None:
    import asyncio

    from clew.collect.app import make_app

    said: list[dict[str, object]] = []

    async def start() -> None:
        events = iter([{"type": "lifespan.startup"}])

        async def receive() -> dict[str, object]:
            return dict(next(events))

        async def send(event: dict[str, object]) -> None:
            said.append(event)

        await make_app(door.root, door.settings)({"type": "lifespan"}, receive, send)

    asyncio.run(start())
    assert said[0]["type"] == "lifespan.startup.failed"
    assert "one writer" in str(said[0]["message"])


@pytest.mark.parametrize("order", ["replay", "roll"])
def test_nobody_without_the_token_gives_orders(door: CollectDoor, order: str) -> None:
    answer = door._runner.run(call(door.app, "POST", f"/control/{order}", [(b"authorization", b"Bearer guess")], [b"{}"]))
    assert answer.status == 403
