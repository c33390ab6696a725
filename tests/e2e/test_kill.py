"""kill -9 at random moments while clients send: every event that got a 200 is in the warehouse, and none is there twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from e2e.senders import Sender, send_during
from running import Running, request, wait_until


def test_five_kills(start_project: Callable[..., Running]) -> None:
    expect_nothing_lost_or_doubled(start_project(), seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 120))
def test_a_hundred_kills(start_project: Callable[..., Running], seed: int) -> None:
    expect_nothing_lost_or_doubled(start_project(), seed)


def expect_nothing_lost_or_doubled(running: Running, seed: int) -> None:
    senders = send_during(running, seed, kills=5)
    running.build()
    check(running, senders)
    print(f"seed {seed}: 5 kills, {sum(len(s.acknowledged) for s in senders)} acknowledged events are in the warehouse once")


def check(running: Running, senders: list[Sender]) -> None:
    acknowledged = set().union(*(s.acknowledged for s in senders))
    sent = set().union(*(s.sent for s in senders))
    assert set().union(*(s.answers for s in senders)) <= {200, 503}
    for table, column in (("clew.events", "message_id"), ("app.tracks", "id"), ("app.sent", "id"), ("mapped_tracks", "message_id")):
        ids = [row["id"] for row in running.query(f"SELECT {column} AS id FROM {table}")]
        assert len(ids) == len(set(ids)), f"{table}: an event is there twice"
        assert acknowledged <= set(ids), f"{table}: events are lost: {sorted(acknowledged - set(ids))[:5]}"
        assert set(ids) <= sent, f"{table}: events that nobody sent"
    numbers = running.query("SELECT id, n FROM app.sent")
    assert all(row["id"].endswith(f"-{row['n']}") for row in numbers)


def test_killed_supervisor_leaves_nothing_behind(running_project: Running) -> None:
    status, _ = running_project.post("/v1/track", {"type": "track", "event": "E", "anonymousId": "a", "messageId": "before"})
    assert status == 200
    assert running_project.process is not None
    children = [running_project.pid("collect"), running_project.pid("serve")]
    os.kill(running_project.process.pid, signal.SIGKILL)
    running_project.process.wait()
    for child in children:
        assert child is not None
        wait_until(lambda child=child: gone(child), "the children to follow their supervisor", seconds=20)
    running_project.start()
    running_project.build()
    assert running_project.query("SELECT id FROM app.tracks") == [{"id": "before"}]
    assert request(running_project.web, "GET", "/health")[0] == 200


def gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has waited for counts as ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
