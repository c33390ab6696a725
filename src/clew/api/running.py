"""The door to a running `serve`, found by the file that it writes while it listens."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import msgspec

from clew import errors, locks
from clew.api.built import BuildAnswer
from clew.config import Paths

if TYPE_CHECKING:
    from clew.analyses.registry import Question
    from clew.analyses.told import By, Told, Verdict
    from clew.forget import Preview
    from clew.models import Trial
    from clew.models.history import Listed
    from clew.state import Forget
    from clew.warehouse.export import Format

STARTING = 20.0
"""Seconds to wait for a `serve` that holds the lock but does not answer yet."""


class ServeAddress(msgspec.Struct, frozen=True, kw_only=True):
    """What run/serve.json holds while `serve` listens: only its owner can read it."""

    pid: int
    url: str
    token: str


class Running:
    """The door to a running `serve`: its own HTTP address, with the token that only the project's owner can read."""

    def __init__(self, address: ServeAddress) -> None:
        self._address = address

    def build(self, full: bool) -> BuildAnswer:
        with self._call("/control/build", {"full": full}) as answer:
            return msgspec.json.decode(answer.read(), type=BuildAnswer)

    def builds(self, limit: int) -> list[Listed]:
        from clew.models.history import Listed

        with self._call("/control/builds", {"limit": limit}) as answer:
            return msgspec.json.decode(answer.read(), type=list[Listed])

    def try_rules(self, changes: Mapping[str, str]) -> Trial:
        from clew.models import Trial

        with self._call("/control/try", {"changes": dict(changes)}) as answer:
            return msgspec.json.decode(answer.read(), type=Trial)

    def look_before_forgetting(self, identifier: str, space: str) -> Preview:
        from clew.forget import Preview

        with self._call("/control/forget", {"identifier": identifier, "space": space, "look": True}) as answer:
            return msgspec.json.decode(answer.read(), type=Preview)

    def forget(self, identifier: str, space: str, by: str) -> Forget:
        from clew.state import Forget

        with self._call("/control/forget", {"identifier": identifier, "space": space, "by": by}) as answer:
            return msgspec.json.decode(answer.read(), type=Forget)

    def tell(self, asked: Question, seconds: float, engine: By | None) -> Told:
        from clew.analyses.told import Told

        with self._call("/control/report", {"report": asked.report, "params": asked.params, "seconds": seconds, "engine": engine}) as answer:
            return msgspec.json.decode(answer.read(), type=Told)

    def verify(self, asked: Question, seconds: float) -> Verdict:
        from clew.analyses.told import Verdict

        with self._call("/control/verify", {"report": asked.report, "params": asked.params, "seconds": seconds}) as answer:
            return msgspec.json.decode(answer.read(), type=Verdict)

    @contextmanager
    def export(self, sql: str, form: Format, seconds: float) -> Iterator[BinaryIO]:
        with self._call("/control/query", {"sql": sql, "format": form, "seconds": seconds}) as answer:
            yield cast(BinaryIO, answer)

    @contextmanager
    def _call(self, path: str, body: dict[str, Any]) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(self._address.url.removeprefix("http://"))
        try:
            connection.request("POST", path, json.dumps(body), {"Authorization": f"Bearer {self._address.token}", "Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status != 200:
                raise _as_error(response)
            yield response
        except (ConnectionError, http.client.HTTPException) as error:
            raise errors.ProjectError(f"the serve process at {self._address.url} went away while it was asked ({error!r}): try again") from error
        finally:
            connection.close()


def find(root: Path) -> ServeAddress:
    """Where the `serve` of the project in `root` listens. Raises ProjectError where it does not answer in time."""
    path = Paths(root).run / "serve.json"
    until = time.monotonic() + STARTING
    while time.monotonic() < until:
        address = _read_address(path)
        # One that a killed process left behind names another process than the lock's holder.
        if address is not None and locks.holder(path.with_name("serve.lock")) == address.pid:
            return address
        time.sleep(0.1)
    raise errors.ProjectError(f"serve runs on {root} but does not answer ({path} is missing): see its output, or stop it")


def _read_address(path: Path) -> ServeAddress | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=ServeAddress)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _as_error(response: http.client.HTTPResponse) -> errors.ClewError:
    """The error that `serve` raised, raised again here: its class by `code`."""
    text = response.read().decode("utf-8", "replace")
    try:
        told = json.loads(text)
        kind, message = getattr(errors, told["code"], errors.ClewError), told["message"]
    except (ValueError, KeyError, TypeError):
        kind, message = errors.ClewError, f"serve answered {response.status}: {text[:500]}"
    return cast(errors.ClewError, kind(message))
