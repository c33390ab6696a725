"""From a 200 to the reports: each event is in the overview, under a steady stream of others. The long form measures how soon."""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Callable

import pytest

from running import Running, request, wait_until

RATE = 200
"""Events a second of people who are known, while the new ones are waited for."""
MINUTES = 4
MEDIAN, P95 = 30.0, 60.0
"""Seconds that are aimed at."""
KNOWN = 1000
WITHOUT_LOGIN = "\n[web]\nlogin = false\n"


def test_every_event_comes_to_the_overview(start_project: Callable[..., Running]) -> None:
    running = start_project(settings=WITHOUT_LOGIN)
    seconds = measure(running, probes=3, pause=1.0, rate=50)
    print(f"seconds from the 200 to the overview: {[round(s, 1) for s in seconds]}")


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_soon_under_a_stream_of_events(start_project: Callable[..., Running]) -> None:
    running = start_project(settings=WITHOUT_LOGIN)
    fill(running, people=20_000)
    seconds = sorted(measure(running, probes=MINUTES * 60, pause=1.0, rate=RATE))
    median, p95 = statistics.median(seconds), seconds[int(len(seconds) * 0.95)]
    print(f"{RATE} events/s for {MINUTES} minutes, 200,000 there before: median {median:.1f} s, p95 {p95:.1f} s, worst {seconds[-1]:.1f} s")
    assert median <= MEDIAN
    assert p95 <= P95


def measure(running: Running, probes: int, pause: float, rate: int) -> list[float]:
    """Seconds from the answer to each new person's first event until the overview counts that person; in the end all that was sent is there."""
    stream = Stream(running, rate)
    stream.introduce()
    wait_until(lambda: people(running) == KNOWN, "the overview to count those who are known", seconds=120, every=0.1)
    before = events(running)
    watch = Watch(running)
    stream.start()
    watch.start()
    try:
        for number in range(probes):
            status, _ = running.post("/v1/track", {"type": "track", "event": "Came", "anonymousId": f"new-{number}", "messageId": f"new-{number}"})
            assert status == 200
            watch.sent.append(time.monotonic())
            time.sleep(pause)
        wait_until(lambda: len(watch.seen) == probes or not watch.is_alive(), "the overview to count each new person", seconds=300, every=0.1)
    finally:
        stream.finish()
        watch.finish()
    assert stream.refused == 0
    assert len(watch.seen) == probes
    running.build()
    assert events(running) == before + stream.count + probes
    print(f"{stream.count:,} other events were sent at {stream.count / stream.seconds:.0f}/s")
    return [seen - sent for sent, seen in zip(watch.sent, watch.seen, strict=True)]


class Watch(threading.Thread):
    """Looks at the overview all the time. New people come to it in the order in which they were sent: `seen` has when each was first counted."""

    def __init__(self, running: Running) -> None:
        super().__init__()
        self.sent: list[float] = []
        self.seen: list[float] = []
        self._running = running
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(0.2):
            counted = people(self._running) - KNOWN
            self.seen += [time.monotonic()] * (counted - len(self.seen))

    def finish(self) -> None:
        self._stopping.set()
        self.join()


class Stream(threading.Thread):
    """Sends events of known people at a rate, in batches, whether answers are quick or not."""

    def __init__(self, running: Running, rate: int) -> None:
        super().__init__()
        self.count = self.refused = 0
        self.seconds = 0.0
        self._running = running
        self._size = rate // 10
        self._stopping = threading.Event()

    def introduce(self) -> None:
        """One event of each."""
        status, answer = self._running.batch([_event("hello", n) for n in range(KNOWN)])
        assert status == 200, answer

    def run(self) -> None:
        began = time.monotonic()
        while not self._stopping.wait(max(0.0, began + self.count / (10 * self._size) - time.monotonic())):
            status, _ = self._running.batch([_event("stream", self.count + n) for n in range(self._size)])
            self.refused += status != 200
            self.count += self._size
        self.seconds = time.monotonic() - began

    def finish(self) -> None:
        self._stopping.set()
        self.join()


def _event(prefix: str, number: int) -> dict[str, str]:
    return {"type": "track", "event": f"E{number % 20}", "anonymousId": f"known-{number % KNOWN}", "messageId": f"{prefix}-{number}"}


def people(running: Running) -> int:
    """Active people over the overview's default range; 0 before the first build."""
    status, answer = request(running.web, "GET", "/api/overview?compare=off")
    if status == 409:
        return 0
    assert status == 200, answer
    return int(answer["total"]["people"])


def events(running: Running) -> int:
    """Events that are modelled."""
    return int(running.query("SELECT count(*) AS n FROM mapped_tracks")[0]["n"])


def fill(running: Running, people: int) -> None:
    """Ten events of each of so many people, two years ago, so that the overview's range does not show them."""
    for first in range(0, people * 10, 1000):
        messages = [
            {"type": "track", "event": f"E{n % 20}", "anonymousId": f"p{n // 10}", "messageId": f"old-{n}", "timestamp": "2024-05-05T12:00:00Z"}
            for n in range(first, first + 1000)
        ]
        status, answer = running.batch(messages)
        assert status == 200, json.dumps(answer)
    running.build()
