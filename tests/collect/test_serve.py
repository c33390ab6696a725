"""The collector as a process: start, stop, one per project, and a 200 that survives `kill -9`."""

from __future__ import annotations

import concurrent.futures
import gzip
import http.client
import json
import socket
from pathlib import Path

import pytest

from clew.collect.collector import Collector, running
from clew.collect.serve import see_to_chunks
from clew.config import Collect, Log, Paths, Settings
from collect.door import SOURCES, CollectDoor, records, track
from collect.server import CONFIG, serving, start


def test_it_starts_answers_and_stops_cleanly(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        address = running(tmp_path)
        assert address is not None
        assert (Paths(tmp_path).run / "collect.json").stat().st_mode & 0o777 == 0o600
        reply = server.post("/v1/track", track(messageId="1"))
        assert (reply.status, reply.json) == (200, {"success": True})
        assert "date" in reply.headers
        assert "server" not in reply.headers
        assert server.stop() == 0
    assert running(tmp_path) is None
    assert not (Paths(tmp_path).run / "collect.json").exists()
    assert [record.message_id for record in records(Paths(tmp_path).log)] == ["1"]


def test_a_second_one_on_the_same_project_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        with start(tmp_path) as second:
            assert second.wait(20) == 3
            assert second.stderr is not None
            assert str(server.process.pid) in second.stderr.read().decode()
        assert server.post("/v1/track", track()).status == 200


def test_an_address_in_use_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "clew.toml").write_text(CONFIG)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with start(tmp_path, address) as process:
            assert process.wait(20) == 2
            assert process.stderr is not None
            assert address in process.stderr.read().decode()


def test_chunked_and_gzipped_bodies_over_a_real_connection(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        packed = gzip.compress(json.dumps({"batch": [track(messageId=str(n)) for n in range(50)]}).encode())
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        pieces = (packed[at : at + 100] for at in range(0, len(packed), 100))
        headers = {"Authorization": "Basic V0tfVEVTVDo=", "Content-Encoding": "gzip", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/v1/batch", pieces, headers, encode_chunked=True)
        assert connection.getresponse().status == 200
        connection.close()
    assert len(records(Paths(tmp_path).log)) == 50


def test_an_oversize_request_is_answered_and_the_connection_lives_on(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        for body, status in ((b"x" * 5_000_000, 400), (json.dumps({"batch": [track()]}).encode(), 200)):
            connection.request("POST", "/v1/batch", body, {"Authorization": "Basic V0tfVEVTVDo="})
            response = connection.getresponse()
            assert response.status == status
            response.read()
        connection.close()


@pytest.mark.parametrize("round_number", range(3))
def test_every_200_survives_kill_9(tmp_path: Path, round_number: int) -> None:
    with serving(tmp_path) as server:
        stored: list[str] = []

        def send(worker: int) -> None:
            for number in range(10_000):
                name = f"{worker}-{number}"
                try:
                    reply = server.post("/v1/batch", {"batch": [track(messageId=name), {"type": "track", "messageId": name}]})
                except (OSError, http.client.HTTPException):
                    return
                if reply.status == 200:
                    stored.append(name)

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            workers = [pool.submit(send, worker) for worker in range(4)]
            while len(stored) < 40 + 30 * round_number:
                pass
            server.process.kill()
            for worker in workers:
                worker.result(30)
    assert set(stored) <= {record.message_id for record in records(Paths(tmp_path).log)}
    assert set(stored) <= {record.message_id for record in records(Paths(tmp_path).refused)}


def test_closed_chunks_are_compressed_and_still_read(tmp_path: Path) -> None:
    settings = Settings(sources=SOURCES, log=Log(roll_bytes=4096), collect=Collect())
    with CollectDoor(tmp_path) as door:
        door.app.collector._writers[0]._settings = settings.log
        for number in range(60):
            door.post("/v1/track", track(messageId=str(number), x="y" * 200))
        see_to_chunks(Collector(tmp_path, settings))
        assert list(Paths(tmp_path).log.glob("*.ndjson.gz"))
        assert [record.message_id for record in door.log] == [str(number) for number in range(60)]
