"""The way in: calls posted to the collector as a library posts them, tried again until it answers."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Self

from clew import clock
from clew.app.simulate.calls import Call
from clew.errors import RequestError

BATCH = 100
FIRST_WAIT, LAST_WAIT = 0.1, 5.0
"""Seconds before the first and before every late try."""


class Door:
    """A source's connection to the collector at HOST:PORT. Ends every wait, unsent, once `stop` is set."""

    def __init__(self, address: str, write_key: str, stop: threading.Event) -> None:
        self._write_key = write_key
        self._stop = stop
        self._headers = {
            "Content-Type": "application/json",
            "Authorization": "Basic " + base64.b64encode(f"{write_key}:".encode()).decode(),
        }
        self._connection = http.client.HTTPConnection(address, timeout=30)

    def send_all(self, calls: Iterable[Call]) -> int:
        """Send in batches of 100; returns how many got a 200. Raises RequestError when a batch is refused."""
        sent = 0
        for batch in _batches(calls):
            if not self.send_batch("/v1/batch", batch):
                return sent
            sent += len(batch)
        return sent

    def send_live(self, calls: Sequence[Call]) -> None:
        """Send as each library does: a browser's calls one by one, the others in a batch per library."""
        for call in calls:
            if call.library == "browser":
                self._post(f"/v1/{call.type[0]}", call.body[:-1] + b"," + self._envelope() + b"}")
        for library, path in (("app", "/v1/b"), ("server", "/v1/batch")):
            for batch in _batches(call for call in calls if call.library == library):
                self.send_batch(path, batch)

    def send_batch(self, path: str, calls: Sequence[Call]) -> bool:
        """One request; False when `stop` came first."""
        return self._post(path, b'{"batch":[' + b",".join(call.body for call in calls) + b"]," + self._envelope() + b"}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _envelope(self) -> bytes:
        return f'"writeKey":{json.dumps(self._write_key)},"sentAt":"{clock.iso(clock.now())}"'.encode()

    def _post(self, path: str, body: bytes) -> bool:
        wait = FIRST_WAIT
        while not self._stop.is_set():
            status, answer = self._try(path, body)
            if status == 200:
                return True
            if 0 < status < 500 and status != 429:
                raise RequestError(status, "refused", f"the collector refused {path} with {status}: {answer}")
            self._stop.wait(wait)
            wait = min(wait * 2, LAST_WAIT)
        return False

    def _try(self, path: str, body: bytes) -> tuple[int, str]:
        """Status and body of the answer; 0 and the reason when there was none."""
        try:
            self._connection.request("POST", path, body, self._headers)
            response = self._connection.getresponse()
            return response.status, response.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return 0, str(error)


def _batches(calls: Iterable[Call]) -> Iterator[list[Call]]:
    source = iter(calls)
    while batch := list(islice(source, BATCH)):
        yield batch
