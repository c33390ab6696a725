"""What a report was asked, as it is kept: its parameters in one order; and the same in words."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode

import msgspec

from clew.errors import StateError
from clew.web.context import Context
from clew.web.ordering import PARAM
from clew.web.ranges import PRESETS
from clew.web.reports.form import title
from clew.web.reports.question import BUILT_IN, TITLES, Asked

LONGEST = 4000
"""Characters of what is kept."""
_PEOPLE = ("cell", "reached", "dropped")


def kept_query(asked: Asked, items: Iterable[tuple[str, str]]) -> str:
    """The report's own parameters among `items`, by name: two addresses that ask the same have the same. Raises StateError."""
    own = {field.encode_name for field in msgspec.structs.fields(asked.report.params)} | {"range"} if asked.report else _params(asked)
    kept = sorted(((name, value) for name, value in items if value and name in own | {"view", PARAM}), key=lambda item: item[0])
    query = urlencode(kept)
    if len(query) > LONGEST:
        raise StateError(f"expected a question of at most {LONGEST} characters, found {len(query)}: put it into a file reports/NAME.sql")
    return query


def _params(asked: Asked) -> set[str]:
    return {param.name for param in asked.file.params} if asked.file else set()


def url(report: str, query: str) -> str:
    """The page that asks it.

    >>> url("funnel", "step=A"), url("orders_by_day", "")
    ('/funnel?step=A', '/reports/orders_by_day')
    """
    path = f"/{report}" if report in BUILT_IN else f"/reports/{report}"
    return f"{path}?{query}" if query else path


def words(report: str, query: str) -> str:
    """What is asked, for a reader.

    >>> words("funnel", "range=7d&reached=2&step=A&step=B&within=1d")
    'Funnel: steps A, B; within 1d; last 7 days; who reached step 2'
    """
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query):
        values.setdefault(name, []).append(value)
    said = [f"{title(name)} {', '.join(found)}" for name, found in values.items() if name not in (*_PEOPLE, "from", "to", "range", "view", PARAM)]
    said = [part[0].lower() + part[1:] for part in said] + [days(values)] * (report in BUILT_IN)
    said += [_behind(name, values[name]) for name in _PEOPLE if name in values]
    return f"{TITLES.get(report, report)}: {'; '.join(said)}" if said else report


def days(values: dict[str, list[str]]) -> str:
    """The range of dates."""
    if "from" in values and "to" in values:
        return f"{values['from'][0]} – {values['to'][0]}"
    preset = PRESETS.get(values.get("range", ["28d"])[0])
    return preset.title.lower() if preset else values["range"][0]


def _behind(name: str, values: list[str]) -> str:
    said = {"cell": "who is behind {}", "reached": "who reached step {}", "dropped": "who reached the step before and not step {}"}
    return said[name].format(", ".join(values))


def may_be_kept(asked: Asked | None, context: Context) -> Asked:
    """What can be asked. Raises StateError before the first build, and for a question that is refused."""
    if asked is None:
        raise StateError(f"expected a build of {context.settings.project.name}, found none: reports can be kept after the first one")
    if asked.question is None:
        raise StateError(asked.refusal)
    return asked
