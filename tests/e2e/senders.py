"""Clients that send while things are killed, as real ones do: what got no 200 is sent again, with the same message id."""

from __future__ import annotations

import http.client
import random
import threading
import time
from typing import Any

from running import Running, wait_until


class Sender(threading.Thread):
    """Posts batches and single calls until told to stop. `acknowledged` and `sent` are the message ids."""

    def __init__(self, running: Running, name: str, seed: int) -> None:
        super().__init__(name=name)
        self.acknowledged: set[str] = set()
        self.sent: set[str] = set()
        self.answers: set[int] = set()
        self._running = running
        self._random = random.Random(f"{name} {seed}")
        self._stopping = threading.Event()
        self._number = 0

    def run(self) -> None:
        while not self._stopping.is_set():
            messages = [self._message() for _ in range(self._random.choice((1, 1, 5, 50)))]
            # Some clients give up after one try: such a call may be stored or not, but never twice.
            patient = self._random.random() < 0.9
            while not self._try(messages) and patient and not self._stopping.is_set():
                time.sleep(0.05)

    def finish(self) -> None:
        self._stopping.set()
        self.join()

    def _try(self, messages: list[dict[str, Any]]) -> bool:
        ids = {m["messageId"] for m in messages}
        self.sent |= ids
        try:
            status, _ = self._running.post("/v1/track", messages[0]) if len(messages) == 1 else self._running.batch(messages)
        except (OSError, http.client.HTTPException, ValueError):
            return False
        self.answers.add(status)
        if status == 200:
            self.acknowledged |= ids
        return status == 200

    def _message(self) -> dict[str, Any]:
        self._number += 1
        return {
            "type": "track",
            "event": "Sent",
            "messageId": f"{self.name}-{self._number}",
            "anonymousId": f"{self.name}-{self._number % 50}",
            "properties": {"n": self._number, "text": "x" * self._random.randrange(200)},
        }


def send_during(running: Running, seed: int, kills: int) -> list[Sender]:
    """Three clients send while `kills` times one process, at random, is killed at a random moment; all is well again at the end."""
    choose = random.Random(seed)
    senders = [Sender(running, f"s{n}", seed) for n in range(3)]
    for sender in senders:
        sender.start()
    try:
        for _ in range(kills):
            time.sleep(choose.uniform(0.2, 1.2))
            running.kill(choose.choice(("collect", "serve")))
            if choose.random() < 0.7:
                running.wait_healthy()
        running.wait_healthy()
        before = sum(len(s.acknowledged) for s in senders)
        wait_until(lambda: sum(len(s.acknowledged) for s in senders) > before + 100, "the senders after the last kill")
    finally:
        for sender in senders:
            sender.finish()
    return senders
