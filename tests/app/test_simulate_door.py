"""The door of the shoppers: what it posts, what it tries again, and what it gives up."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from clew import clock
from clew.app.simulate.calls import Call
from clew.app.simulate.door import Door
from clew.errors import RequestError


class Collector(HTTPServer):
    """Answers with the scripted statuses, then 200; keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses: list[int] = []
        self.got: list[tuple[str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((self.path, body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def door(collector: Collector, stop: threading.Event) -> Iterator[Door]:
    with Door(f"127.0.0.1:{collector.server_port}", 'k"ey', stop) as door:
        yield door


def call(number: int, library: Any = "server", kind: str = "track") -> Call:
    return Call(at=number, library=library, type=kind, body=json.dumps({"type": kind, "messageId": str(number)}).encode())


def test_batches_of_a_hundred(door: Door, collector: Collector) -> None:
    assert door.send_all(call(n) for n in range(250)) == 250
    assert [len(body["batch"]) for _, body in collector.got] == [100, 100, 50]
    assert [m["messageId"] for _, body in collector.got for m in body["batch"]] == [str(n) for n in range(250)]
    assert {body["writeKey"] for _, body in collector.got} == {'k"ey'}
    assert all(abs(clock.parse_time(body["sentAt"]) - clock.now()) < clock.MINUTE for _, body in collector.got)


def test_live_calls_go_as_each_library_sends(door: Door, collector: Collector) -> None:
    door.send_live([call(1, "browser", "page"), call(2, "app"), call(3, "browser"), call(4, "server"), call(5, "app")])
    assert [path for path, _ in collector.got] == ["/v1/p", "/v1/t", "/v1/b", "/v1/batch"]
    assert collector.got[0][1]["messageId"] == "1"
    assert {"writeKey", "sentAt"} <= set(collector.got[0][1])
    assert [m["messageId"] for m in collector.got[2][1]["batch"]] == ["2", "5"]


def test_what_a_pause_left_undone_is_sent_in_several_requests(door: Door, collector: Collector) -> None:
    """A demo that goes on after some minutes has more to send than one request may hold."""
    door.send_live([call(number, "app") for number in range(250)])
    assert [(path, len(body["batch"])) for path, body in collector.got] == [("/v1/b", 100), ("/v1/b", 100), ("/v1/b", 50)]


def test_503_and_429_are_tried_again(door: Door, collector: Collector) -> None:
    collector.statuses = [503, 429]
    assert door.send_all([call(1)]) == 1
    assert len(collector.got) == 3


def test_a_refusal_is_an_error(door: Door, collector: Collector) -> None:
    collector.statuses = [401]
    with pytest.raises(RequestError, match="401"):
        door.send_all([call(1)])


def test_gives_up_when_told_to_stop(stop: threading.Event) -> None:
    with Door("127.0.0.1:9", "key", stop) as door:
        threading.Timer(0.3, stop.set).start()
        assert door.send_all([call(1)]) == 0
