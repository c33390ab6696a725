"""Reports as named CTEs with a comment above each, and those that many reports begin with."""
# ruff: noqa: S608 - values are quoted by `literal` and the predicates, all else is our own

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import NamedTuple

from clew.analyses.asked import Asked
from clew.config import Settings
from clew.predicates import Predicate
from clew.quoting import literal

ORDER = "model_time, received_at, batch_index, source, message_id"
"""The total order of events."""
DAYS = 28
"""The range of a report that names no dates."""


class Cte(NamedTuple):
    """One named step of a query: the idea in a sentence, and its SELECT."""

    name: str
    comment: str
    body: str


def compose(head: str, ctes: Iterable[Cte], final: str) -> str:
    """One query: a comment that says what it answers, its CTEs, and the SELECT at the end."""
    parts = [f"-- {cte.comment}\n{cte.name} AS (\n{textwrap.indent(cte.body.strip(), '    ')}\n)" for cte in ctes]
    return f"-- {head}\nWITH\n" + ",\n".join(parts) + f"\n{final.strip()}\n"


def watermark() -> Cte:
    """`data_as_of` of the newest build, in UTC and in local time."""
    return Cte(
        "watermark",
        "What the newest build holds: all that was received up to then.",
        """
SELECT b.data_as_of, b.data_as_of + z.utc_offset AS local_as_of
FROM (SELECT coalesce(data_as_of, TIMESTAMP '2000-01-01') AS data_as_of FROM clew.builds ORDER BY build_id DESC LIMIT 1) AS b
JOIN main.zone_offsets AS z ON b.data_as_of >= z.utc_from AND b.data_as_of < z.utc_to""",
    )


def span(asked: Asked) -> Cte:
    """`first_day` and `last_day`: as asked, else the 28 days up to the watermark."""
    last = f"DATE '{asked.last}'" if asked.last else "CAST(local_as_of AS DATE)"
    first = f"DATE '{asked.first}'" if asked.first else f"{last} - {DAYS - 1}"
    return Cte("span", "The local days asked for, both inclusive.", f"SELECT {first} AS first_day, {last} AS last_day\nFROM watermark")


def events(
    settings: Settings,
    unit: str,
    *,
    where: str,
    columns: Iterable[str] = (),
    properties: bool = False,
    session: bool = False,
    named: Iterable[Predicate] | None = None,
    before_days: str | None = None,
    after: str | None = None,
) -> list[Cte]:
    """The CTE `events` (and those it needs): events of a unit, with `local_time`, and with `properties` and `session_id` where wanted.

    `before_days` and `after` (SQL) bound the search: events up to so many days before `span`, or so long after it; None = no bound.
    """
    ctes: list[Cte] = []
    unit_sql, joins = {"event": "m.message_id", "person": "m.person_id", "session": "s.session_id", "account": "g.group_id"}[unit], []
    if properties:
        ctes.append(_properties(named))
        joins.append("LEFT JOIN properties AS p ON p.source = m.source AND p.message_id = m.message_id")
    if session or unit == "session":
        joins.append("JOIN main.tracks_sessions_map AS s ON s.source = m.source AND s.message_id = m.message_id")
    if unit == "account":
        ctes += _groupings(settings)
        joins.append(_LAST_GROUPED)
    chosen = ["m.*", f"{unit_sql} AS unit", "m.model_time + z.utc_offset AS local_time"]
    chosen += ["p.properties"] if properties else []
    chosen += ["s.session_id"] if session or unit == "session" else []
    conditions = [f"{unit_sql} IS NOT NULL", *_bounds(before_days, after)]
    body = f"""SELECT {", ".join([*chosen, *columns])}
FROM main.mapped_tracks AS m
ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
{chr(10).join(joins)}
WHERE {" AND ".join(conditions)}""".replace("\n\n", "\n")
    if properties:
        # A condition may look at properties, which are there only after the join.
        body = f"SELECT *\nFROM (\n{textwrap.indent(body, '    ')}\n)\nWHERE {where}"
    else:
        body += f"\n    AND ({where})" if where != "true" else ""
    ctes.append(Cte("events", f"The events looked at, {'' if unit == 'event' else f'each with its {unit}, '}with their local time.", body))
    return ctes


def _bounds(before_days: str | None, after: str | None) -> list[str]:
    """Loose bounds in UTC, for speed: a local day begins and ends within a day of UTC's."""
    bounds = [] if before_days is None else [f"m.model_time >= (SELECT first_day - 1 - {before_days} FROM span)"]
    return bounds + ([] if after is None else [f"m.model_time < (SELECT CAST(last_day + 2 AS TIMESTAMP) + {after} FROM span)"])


def _properties(named: Iterable[Predicate] | None) -> Cte:
    names: set[str] | None = set()
    for predicate in named or ():
        names = None if names is None or predicate.names is None else names | predicate.names
    only = f"\n    AND (type <> 'track' OR event IN ({', '.join(map(literal, sorted(names)))}))" if names else ""
    return Cte(
        "properties",
        "What the events came with.",
        f"SELECT source, message_id, payload AS properties\nFROM clew.events\nWHERE type IN ('track', 'page', 'screen'){only}",
    )


_LAST_GROUPED = """ASOF JOIN groupings AS g
    ON g.person_id = m.person_id
    AND (m.model_time, m.received_at, m.batch_index, m.source, m.message_id) > g.place"""


def _groupings(settings: Settings) -> list[Cte]:
    space, spaces = _space(settings), bool(settings.identity.space)
    time = "CASE WHEN timestamp > received_at + INTERVAL 1 HOUR OR timestamp < TIMESTAMP '2000-01-01' THEN received_at ELSE timestamp END"
    return [
        Cte(
            "group_calls",
            "Who was said to belong to which account, and when.",
            f"""
SELECT source, message_id, {time} AS model_time, received_at, batch_index, user_id, anonymous_id, group_id, {space} AS space
FROM clew.model_events
WHERE type = 'group' AND group_id IS NOT NULL AND load_id <= (SELECT max(load_id) FROM clew.builds)""",
        ),
        Cte(
            "groupings",
            "The same by person: the user named, else whose the device was then.",
            f"""
SELECT
    coalesce(u.person_id, i.person_id, a.person_id) AS person_id, c.group_id,
    (c.model_time, c.received_at, c.batch_index, c.source, c.message_id) AS place
FROM group_calls AS c
LEFT JOIN main.universal_alias_mapping AS u ON u.alias = c.user_id{" AND u.space = c.space" if spaces else ""}
LEFT JOIN main.universal_alias_mapping AS a ON a.alias = c.anonymous_id{" AND a.space = c.space" if spaces else ""}
LEFT JOIN main.alias_intervals AS i
    ON i.alias = c.anonymous_id{" AND i.space = c.space" if spaces else ""}
    AND c.model_time >= coalesce(i.valid_from, TIMESTAMP '0001-01-01')
    AND c.model_time < coalesce(i.valid_to, TIMESTAMP '9999-12-31')
WHERE coalesce(u.person_id, i.person_id, a.person_id) IS NOT NULL""",
        ),
    ]


def _space(settings: Settings) -> str:
    spaces = settings.identity.space
    if not spaces:
        return "''"
    return "CASE source " + " ".join(f"WHEN {literal(s)} THEN {literal(space)}" for s, space in sorted(spaces.items())) + " ELSE '' END"
