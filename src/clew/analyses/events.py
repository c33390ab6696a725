"""The events that a report looks at: of a unit, in local time, with all that its conditions read."""
# ruff: noqa: S608 - values are quoted by `literal` and the predicates, all else is our own

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from clew.analyses import joined
from clew.analyses.ctes import Cte
from clew.config import Settings
from clew.predicates import OF_SESSION, Field, Predicate


def events(
    settings: Settings,
    unit: str,
    *,
    where: str,
    columns: Iterable[str] = (),
    reads: Iterable[Field | None] = (),
    session: bool = False,
    named: Iterable[Predicate] | None = None,
    before_days: str | None = None,
    after: str | None = None,
) -> list[Cte]:
    """The CTE `events` (and those it needs): events of a unit, with `local_time`, what the fields `reads` look at, and `session_id` where wanted.

    `before_days` and `after` (SQL) bound the search: events up to so many days before `span`, or so long after it; None = no bound.
    """
    ctes: list[Cte] = []
    unit_sql, joins = {"event": "m.message_id", "person": "m.person_id", "session": "s.session_id", "account": "g.group_id"}[unit], []
    read = [field for field in reads if field]
    properties, traits = any(field.property_name for field in read), sorted({field.trait_name for field in read if field.trait_name})
    of_session = [key for key in OF_SESSION if any(field.column == key for field in read)]
    if properties:
        ctes.append(joined.properties(settings, named, read))
        joins.append("LEFT JOIN properties AS p ON p.source = m.source AND p.message_id = m.message_id")
    if of_session:
        ctes.append(joined.visits(of_session))
        joins.append("LEFT JOIN visits AS v ON v.source = m.source AND v.message_id = m.message_id")
    if traits:
        ctes += joined.traits(settings, traits)
        joins.append("LEFT JOIN traits AS t ON t.person_id = m.person_id")
    if session or unit == "session":
        joins.append("JOIN main.tracks_sessions_map AS s ON s.source = m.source AND s.message_id = m.message_id")
    if unit == "account":
        ctes += joined.groupings(settings)
        joins.append(joined.LAST_GROUPED)
    chosen = ["m.*", f"{unit_sql} AS unit", "m.model_time + z.utc_offset AS local_time"]
    chosen += [*(["p.properties"] if properties else []), *(f"v.{key}" for key in of_session), *(["t.traits"] if traits else [])]
    chosen += ["s.session_id"] if session or unit == "session" else []
    conditions = [f"{unit_sql} IS NOT NULL", *_bounds(before_days, after)]
    body = f"""SELECT {", ".join([*chosen, *columns])}
FROM main.mapped_tracks AS m
ASOF JOIN main.zone_offsets AS z ON m.model_time >= z.utc_from
{chr(10).join(joins)}
WHERE {" AND ".join(conditions)}""".replace("\n\n", "\n")
    if properties or of_session or traits:
        # A condition may look at what is there only after the join.
        body = f"SELECT *\nFROM (\n{textwrap.indent(body, '    ')}\n)\nWHERE {where}"
    else:
        body += f"\n    AND ({where})" if where != "true" else ""
    ctes.append(Cte("events", f"The events looked at, {'' if unit == 'event' else f'each with its {unit}, '}with their local time.", body))
    return ctes


def _bounds(before_days: str | None, after: str | None) -> list[str]:
    """Loose bounds in UTC, for speed: a local day begins and ends within a day of UTC's."""
    bounds = [] if before_days is None else [f"m.model_time >= (SELECT first_day - 1 - {before_days} FROM span)"]
    return bounds + ([] if after is None else [f"m.model_time < (SELECT CAST(last_day + 2 AS TIMESTAMP) + {after} FROM span)"])
