"""The door when nothing runs: the database is opened for one call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from clew import config
from clew.api.built import BuildAnswer, build_answer
from clew.config import Paths, Settings

if TYPE_CHECKING:
    from clew.analyses.registry import Question
    from clew.analyses.told import By, Told, Verdict
    from clew.forget import Preview
    from clew.models import Trial
    from clew.models.history import Listed
    from clew.state import Forget
    from clew.warehouse import Warehouse
    from clew.warehouse.export import Format

KERNELS_FROM = 1_000_000
"""Events from which a command that finds nothing running loads kernels for one answer; below, the SQL is there first."""


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
        from clew.warehouse.loading.load import Loader

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
