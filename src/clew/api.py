"""`Clew`: a project from Python and from the command line. Asks the running `serve`, or opens the database itself when none runs."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import msgspec

from clew import clock, config, errors, locks
from clew.config import Paths, Settings
from clew.warehouse.export import Format

if TYPE_CHECKING:
    from clew.analyses.answer import Answer
    from clew.analyses.registry import Question
    from clew.analyses.told import By, Told, Verdict
    from clew.forget import Preview
    from clew.models import BuildResult, Trial
    from clew.models.history import Listed
    from clew.state import Forget
    from clew.warehouse import Warehouse

KERNELS_FROM = 1_000_000
"""Events from which a command that finds nothing running loads kernels for one answer; below, the SQL is there first."""
STARTING = 20.0
"""Seconds to wait for a `serve` that holds the lock but does not answer yet."""


class ServeAddress(msgspec.Struct, frozen=True, kw_only=True):
    """What run/serve.json holds while `serve` listens: only its owner can read it."""

    pid: int
    url: str
    token: str


class BuildAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What `clew build` did. Times are microseconds since 1970 UTC; `rows` counts the rows of each model."""

    build_id: int
    built: bool
    """False where nothing was new since that build."""
    load_id: int
    data_as_of: int | None
    seconds: float
    rows: dict[str, int]
    trouble: str = ""
    """What did not work beside the build."""

    def as_json(self) -> dict[str, Any]:
        return {**msgspec.to_builtins(self), "data_as_of": None if self.data_as_of is None else clock.iso(self.data_as_of)}

    def as_text(self) -> str:
        as_of = "no data" if self.data_as_of is None else f"data as of {clock.iso(self.data_as_of)}"
        first = f"build {self.build_id}, {as_of}, {self.seconds:.2f} s" if self.built else f"nothing new since build {self.build_id}, {as_of}"
        return "\n".join([first, *(f"  {name}: {count:,} rows" for name, count in self.rows.items()), *filter(None, [self.trouble])])


def build_answer(result: BuildResult, built: bool, trouble: str = "") -> BuildAnswer:
    """What is told of a build; `built` is false where it stood before."""
    return BuildAnswer(
        build_id=result.build_id,
        built=built,
        load_id=result.load_id,
        data_as_of=result.data_as_of,
        seconds=result.seconds,
        rows=dict(result.rows),
        trouble=trouble,
    )


class Clew:
    """One project. `Clew.open(folder)` reads its settings; nothing is held open between calls."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root
        self.settings = settings

    @classmethod
    def open(cls, root: Path) -> Clew:
        """The project in `root`. Raises ProjectError without clew.toml, ConfigError for what cannot be used in it."""
        return cls(root, config.load(root))

    def build(self, *, full: bool = False) -> BuildAnswer:
        """Load and model all that got a 200 before this call, and wait for it. `full`: build even if nothing is new."""
        with self._door() as door:
            return door.build(full)

    def builds(self, limit: int = 20) -> list[Listed]:
        """The newest builds, newest first: why each ran, what it touched, and those that failed or run now."""
        with self._door() as door:
            return door.builds(limit)

    def try_rules(self, changes: Mapping[str, str]) -> Trial:
        """What other rules would make of the messages, without changing anything: `{"sessions.inactivity_minutes": "10"}`.

        Raises ConfigError for a setting that is none, BuildError where nothing was built yet.
        """
        with self._door() as door:
            return door.try_rules(changes)

    def look_before_forgetting(self, identifier: str, space: str = "") -> Preview:
        """Whom `forget` would forget, after a build. Raises IdentityError where nobody has the identifier, ConfigError where the events are yours."""
        with self._door() as door:
            return door.look_before_forgetting(identifier, space)

    def forget(self, identifier: str, space: str = "", *, by: str = "") -> Forget:
        """Delete all messages of the person that `identifier` belongs to, everywhere. Cannot be undone. Returns when nothing is left.

        Raises IdentityError, ConfigError as above; LogError, BuildError where it could not be done yet: it is tried again at the next start.
        """
        with self._door() as door:
            return door.forget(identifier, space, by)

    @contextmanager
    def export(self, sql: str, form: Format = "json", *, seconds: float | None = None) -> Iterator[BinaryIO]:
        """The answer of one SELECT as a stream of bytes in `form`. Raises QueryError."""
        with self._door() as door, door.export(sql, form, seconds or self.settings.web.query_seconds) as answer:
            yield answer

    def query(self, sql: str, *, seconds: float | None = None) -> list[dict[str, Any]]:
        """The rows of one SELECT, as JSON has them. Raises QueryError."""
        with self.export(sql, "json", seconds=seconds) as answer:
            return cast(list[dict[str, Any]], json.load(answer))

    def report(self, name: str, /, *, seconds: float | None = None, engine: By | None = None, **params: Any) -> Answer:
        """The answer of a report: built in, of the playbook, or a file in the project's `reports/`. `from_` stands for `from`.

        `engine`: by `kernel` or by `sql` alone; by default by kernels where these can. Raises QueryError.
        """
        from clew.analyses.answer import ask

        def tell(asked: Question) -> Told:
            with self._door() as door:
                return door.tell(asked, seconds or self.settings.web.query_seconds, engine)

        return ask(tell, name, _given(params), self.settings, self.root)

    def verify(self, name: str, /, *, seconds: float | None = None, **params: Any) -> Verdict:
        """The answer of a report from the timeline and by SQL, and whether they agree. Raises QueryError."""
        from clew.analyses.registry import question

        with self._door() as door:
            return door.verify(question(name, _given(params), self.settings, self.root), seconds or self.settings.web.query_seconds)

    def report_sql(self, name: str, /, **params: Any) -> str:
        """The SQL of a report, which gives its rows in any client of the database. Raises QueryError."""
        from clew.analyses.registry import question

        return question(name, _given(params), self.settings, self.root).sql

    def funnel(self, step: Sequence[str], /, **params: Any) -> Answer:
        """How many get through the steps: `funnel(["Product Viewed", "Product Added{category=Games}"], within="7d")`. Raises QueryError."""
        return self.report("funnel", step=list(step), **params)

    @contextmanager
    def _door(self) -> Iterator[Running | Resting]:
        if locks.is_held(Paths(self.root).run / "serve.lock"):
            yield Running(_address(self.root))
        else:
            with locks.hold(Paths(self.root).run / "serve.lock", "serve"):
                yield Resting(self.root, self.settings)


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


class Resting:
    """The door when nothing runs: the database is opened for one call. The caller holds the lock of `serve`."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self._root = root
        self._settings = settings

    def build(self, full: bool) -> BuildAnswer:
        from clew.warehouse import Warehouse

        with Warehouse.open(self._root, self._settings) as warehouse:
            return self._build(warehouse, full)

    def _build(self, warehouse: Warehouse, full: bool = False) -> BuildAnswer:
        from clew.enrich import fill
        from clew.models import build_if_needed
        from clew.timelines.upkeep import keep

        self._finish_forgetting(warehouse)
        self._load(warehouse)
        with warehouse.cursor() as cursor:
            fill(cursor, self._settings, self._root)
            result, built = build_if_needed(warehouse, self._settings, self._root, full=full)
            kept = keep(cursor, self._settings, self._root, result)
        return build_answer(result, built, str(kept) if kept.what == "failed" else "")

    def _load(self, warehouse: Warehouse) -> None:
        from clew.warehouse import Loader

        with closing(Loader(warehouse, self._root, self._settings)) as loader:
            while loader.load().records:
                pass

    def _finish_forgetting(self, warehouse: Warehouse) -> None:
        from clew.forget import Project, finish_all
        from clew.state import StateFile

        if Paths(self._root).state.exists():
            with StateFile.open(Paths(self._root).state) as state:
                finish_all(Project(warehouse, self._root, self._settings, state))

    def look_before_forgetting(self, identifier: str, space: str) -> Preview:
        from clew.forget import look
        from clew.warehouse import Warehouse

        with Warehouse.open(self._root, self._settings) as warehouse:
            self._build(warehouse)
            with warehouse.cursor() as cursor:
                return look(cursor, self._settings, identifier, space)

    def forget(self, identifier: str, space: str, by: str) -> Forget:
        from clew.forget import Project, forget
        from clew.state import StateFile
        from clew.warehouse import Warehouse

        with Warehouse.open(self._root, self._settings) as warehouse, StateFile.open(Paths(self._root).state) as state:
            project = Project(warehouse, self._root, self._settings, state)
            done = forget(project, identifier, space, by, lambda: self._load(warehouse))
            self._build(warehouse)  # so that the timeline knows of it too
            return done

    def builds(self, limit: int) -> list[Listed]:
        from clew.models.history import listed, prepare
        from clew.warehouse import Warehouse

        with Warehouse.open(self._root, self._settings) as warehouse, warehouse.cursor() as cursor:
            prepare(cursor)
            return listed(cursor, limit).builds

    def try_rules(self, changes: Mapping[str, str]) -> Trial:
        from clew.models import try_rules
        from clew.warehouse import Warehouse

        with Warehouse.open(self._root, self._settings) as warehouse, warehouse.cursor() as cursor:
            return try_rules(cursor, config.changed(self._settings, changes), self._root)

    def tell(self, asked: Question, seconds: float, engine: By | None) -> Told:
        from clew.analyses.engine import Engine
        from clew.warehouse import Warehouse

        with Warehouse.open(self._root, self._settings) as warehouse:
            return Engine(warehouse, lambda: self._settings, self._root, from_events=KERNELS_FROM).tell(asked, seconds=seconds, by=engine)

    def verify(self, asked: Question, seconds: float) -> Verdict:
        from clew.analyses.engine import Engine
        from clew.warehouse import Warehouse

        with Warehouse.open(self._root, self._settings) as warehouse:
            return Engine(warehouse, lambda: self._settings, self._root).verify(asked, seconds=seconds)

    @contextmanager
    def export(self, sql: str, form: Format, seconds: float) -> Iterator[BinaryIO]:
        from clew.warehouse import Warehouse
        from clew.warehouse.export import export

        with Warehouse.open(self._root, self._settings) as warehouse, TemporaryDirectory() as folder:
            path = Path(folder) / "answer"
            export(warehouse, sql, path, form, seconds=seconds)
            with path.open("rb") as file:
                yield file


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {name.removesuffix("_"): value for name, value in params.items()}


def _address(root: Path) -> ServeAddress:
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
