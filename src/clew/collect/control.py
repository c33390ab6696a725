"""Orders to a running collector, by its control door: what only the process that writes the logs can do."""

from __future__ import annotations

import http.client
import time
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from clew import locks
from clew.collect.collector import CollectAddress, Rolled, running
from clew.config import Paths
from clew.errors import LogError, ProjectError
from clew.eventlog.disk.chunk import list_chunks

PATIENCE = 600.0
"""Seconds to wait for its answer."""
STARTING = 20.0
"""Seconds to wait for a collector that starts."""


def roll(root: Path) -> Rolled:
    """Have the chunks that are being written closed. Raises LogError, ProjectError."""
    paths, until = Paths(root), time.monotonic() + STARTING
    while time.monotonic() < until:
        # Looked up first: where nobody writes afterwards, these are closed.
        newest = Rolled(_newest(paths.log), _newest(paths.refused))
        address = running(root)
        if address is not None:
            return msgspec.json.decode(order(address, "roll", b""), type=Rolled)
        if not locks.is_held(paths.run / "collect.lock"):
            return newest
        time.sleep(0.1)
    raise ProjectError(f"a collector, or `clew refused replay`, works on {root} but does not answer: try again when it does, or stop it")


def _newest(folder: Path) -> int:
    return max((chunk.number for chunk in list_chunks(folder)), default=0)


def order(address: CollectAddress, name: str, body: bytes) -> bytes:
    """The answer to POST /control/NAME. Raises LogError where it is not 200, ProjectError where there is none."""
    place = urlsplit(address.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
    try:
        connection.request("POST", f"/control/{name}", body, {"Authorization": f"Bearer {address.token}"})
        response = connection.getresponse()
        answer = response.read()
    except OSError as error:
        raise ProjectError(f"the collector at {address.url} (process {address.pid}) does not answer: {error}") from error
    finally:
        connection.close()
    if response.status != 200:
        raise LogError(f"the collector at {address.url} could not {name}: {answer.decode(errors='replace')}")
    return answer
