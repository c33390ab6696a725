"""A full disk: 503 with Retry-After, nothing half stored, and service that resumes by itself."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from clew.config import Paths
from collect.door import records, track
from collect.server import Server, serving


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def send(server: Server, name: str) -> int:
    reply = server.post("/v1/batch", {"batch": [track(messageId=name, x="y" * 20_000), {"type": "track", "messageId": name}]})
    if reply.status != 200:
        assert reply.status == 503
        assert reply.headers["retry-after"].isdigit()
        assert set(reply.json) == {"code", "message"}
    return reply.status


def test_a_full_disk_is_503_until_there_is_room(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 200_000)
    with serving(small_disk) as server:
        answers = {str(number): send(server, str(number)) for number in range(30)}
        assert set(answers.values()) == {200, 503}
        assert server.post("/v1/track", track(messageId="full", x="y" * 30_000)).json["code"] == "disk_full"
        ballast.unlink()
        late = {name: send(server, name) for name, status in list(answers.items())[-6:] if status == 503}
        assert set(late.values()) == {200}
        assert server.stop() == 0
    names = [record.message_id for record in records(Paths(small_disk).log)]
    assert {name for name, status in {**answers, **late}.items() if status == 200} <= set(names)


def test_any_failure_to_write_is_503_until_it_passes(tmp_path: Path) -> None:
    """Needs no root: the process may not write to files for a while."""
    with serving(tmp_path) as server:
        assert send(server, "before") == 200
        _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, hard))
        assert [send(server, "during") for _ in range(3)] == [503] * 3
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        # As a client does: a write that began under the limit may still fail.
        assert 200 in (send(server, "during") for _ in range(5))
        assert send(server, "after") == 200
    # What failed in one of the two logs may stand in the other, and is there again when it is sent again; the loader knows repeats.
    for folder in (Paths(tmp_path).log, Paths(tmp_path).refused):
        assert list(dict.fromkeys(record.message_id for record in records(folder))) == ["before", "during", "after"]
