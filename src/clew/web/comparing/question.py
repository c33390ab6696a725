"""Which two groups an address asks to compare: two ranges of days, two values of a breakdown, or two events that begin."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple, get_args

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from clew.analyses.comparing import COMPARED
from clew.config import Settings
from clew.web.reports.question import Asked, Build, read_at

Groups = Literal["period", "values", "events"]
GROUPS: tuple[Groups, ...] = get_args(Groups)
_BEGINS = {"funnel": "step", "retention": "cohort"}
"""The param whose first event makes a unit count."""
_NOT_ASKED = ("groups", "a", "b", "cell", "reached", "dropped", "by_day", "complete_only", "page", "view")


class Group(NamedTuple):
    """One of the two; `value` is that of the breakdown, where groups are values."""

    title: str
    asked: Asked
    value: str | None = None


class Comparison(NamedTuple):
    """`asked` is the report without groups. `missing` says what is yet to be chosen; then there are no groups."""

    kind: Groups
    asked: Asked
    groups: tuple[Group, Group] | None = None
    missing: str = ""


class _Reader(NamedTuple):
    """Reads the report's own question, with changes."""

    name: str
    own: list[tuple[str, str]]
    settings: Settings
    root: Path
    build: Build

    def ask(self, without: tuple[str, ...] = (), more: tuple[tuple[str, str], ...] = ()) -> Asked:
        items = [(key, value) for key, value in self.own if key not in without]
        return read_at(self.name, QueryParams([*items, *more]), self.settings, self.root, self.build)


def read_comparison(name: str, query: QueryParams, settings: Settings, root: Path, build: Build) -> Comparison:
    """Raises HTTPException where the report is none that can be compared, or the dates are none."""
    if name not in COMPARED:
        raise HTTPException(404, f"expected a report among {', '.join(COMPARED)}, found {name[:40]!r}: of others no shares can be compared")
    kind = query.get("groups", "period")
    if kind not in GROUPS:
        raise HTTPException(400, f"expected groups= one of {', '.join(GROUPS)}, found {kind[:40]!r}")
    own = [(key, value) for key, value in query.multi_items() if value and key not in _NOT_ASKED]
    # Starts that have not had their time yet would make the newer group look worse.
    own += [("complete_only", "true")] if name == "funnel" else []
    reader = _Reader(name, own, settings, root, build)
    found = Comparison(kind, reader.ask(() if kind == "values" else ("by",)))
    if found.asked.question is None:
        return found._replace(missing="" if found.asked.is_empty else found.asked.refusal)
    return _READ[found.kind](found, reader, query.get("a", ""), query.get("b", ""))


def _periods(found: Comparison, reader: _Reader, a: str, b: str) -> Comparison:
    assert found.asked.range is not None
    before = found.asked.range.before
    days = (("from", before.first.isoformat()), ("to", before.last.isoformat()))
    earlier = reader.ask(("by", "range", "from", "to"), days)
    now = f"{found.asked.range.first} – {found.asked.range.last}"
    return found._replace(groups=(Group(now, found.asked), Group(f"{before.first} – {before.last}", earlier)))


def _values(found: Comparison, reader: _Reader, a: str, b: str) -> Comparison:
    by = found.asked.given.get("by")
    if found.asked.name != "funnel" or not by:
        return found._replace(missing="Values want a funnel that is broken down: choose a property under “Break down by”.")
    if not a or not b:
        return found._replace(missing=f"Choose two values of {by}.")
    return found._replace(groups=(Group(a, found.asked, a), Group(b, found.asked, b)))


def _events(found: Comparison, reader: _Reader, a: str, b: str) -> Comparison:
    if not a or not b:
        return found._replace(missing="Choose two events that begin, such as Product Viewed{@platform=ios} and Product Viewed{@platform=web}.")
    param = _BEGINS[reader.name]
    later = [value for key, value in reader.own if key == param][1:] if reader.name == "funnel" else []
    first, second = (reader.ask(("by", param), tuple((param, value) for value in (event, *later))) for event in (a, b))
    if refused := first.refusal or second.refusal:
        return found._replace(missing=refused)
    return found._replace(groups=(Group(a, first), Group(b, second)))


_READ = {"period": _periods, "values": _values, "events": _events}
