"""`Clew`: one project, and what can be asked of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from clew import config, locks
from clew.api.built import BuildAnswer
from clew.api.resting import Resting
from clew.config import Paths, Settings

if TYPE_CHECKING:
    from clew.analyses.answer import Answer
    from clew.analyses.registry import Question
    from clew.analyses.told import By, Told, Verdict
    from clew.api.running import Running
    from clew.forget import Preview
    from clew.models import Trial
    from clew.models.history import Listed
    from clew.state import Forget
    from clew.warehouse.export import Format


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
            from clew.api.running import Running, find

            yield Running(find(self.root))
        else:
            with locks.hold(Paths(self.root).run / "serve.lock", "serve"):
                yield Resting(self.root, self.settings)


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {name.removesuffix("_"): value for name, value in params.items()}
