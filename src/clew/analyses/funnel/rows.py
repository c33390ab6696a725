"""The first CTEs of a funnel: its events, numbered in order, with which steps each is."""
# ruff: noqa: S608 - values are quoted by `literal` and the predicates, all else is our own

from __future__ import annotations

from clew.analyses.asked import either
from clew.analyses.ctes import ORDER, Cte, span, watermark
from clew.analyses.events import events
from clew.analyses.funnel.params import Funnel
from clew.config import Settings


def rows(funnel: Funnel, settings: Settings) -> list[Cte]:
    """CTEs up to `steps`: the keys and lane, `n` (place in the unit's order), `is_1` ..., `excluded_1` ..., `starts`, `by`, `hold`."""
    params = funnel.params
    where = either(funnel.predicates)
    if params.order == "consecutive":
        where = f"is_activity OR {where}"
    found = events(
        settings,
        params.unit,
        where=where,
        reads=funnel.fields,
        session=params.scope == "session",
        named=funnel.predicates if params.order != "consecutive" else None,
        before_days="0",
        after=funnel.within,
    )
    return [watermark(), span(params), *found, _numbered(funnel), *([_started(), _by_day(funnel)] if params.by_day else [])]


def _numbered(funnel: Funnel) -> Cte:
    matches = [f"({step.to_sql()}) IS TRUE AS is_{k}" for k, step in enumerate(funnel.steps, 1)]
    matches += [f"({exclusion.event.to_sql()}) IS TRUE AS excluded_{j}" for j, exclusion in enumerate(funnel.exclusions, 1)]
    columns = ["unit", *(["session_id"] if funnel.params.scope == "session" else []), "universal_user_id", "model_time"]
    columns += [
        "CAST(local_time AS DATE) AS day",
        f"row_number() OVER (PARTITION BY unit ORDER BY {ORDER}) AS n",
        *matches,
        f"{_starts(funnel)} AS starts",
    ]
    columns += [f"{funnel.by.sql()} AS by_value"] if funnel.by else []
    columns += [f"{funnel.hold.sql()} AS hold_value"] if funnel.hold else []
    name = "numbered" if funnel.params.by_day else "steps"
    return Cte(name, "Which steps an event is, and its place among its unit's.", "SELECT\n    " + ",\n    ".join(columns) + "\nFROM events")


def _starts(funnel: Funnel) -> str:
    """Whether an attempt may start here: on a day asked for."""
    starts = "CAST(local_time AS DATE) BETWEEN (SELECT first_day FROM span) AND (SELECT last_day FROM span)"
    if funnel.params.complete_only:
        starts += f" AND model_time + {funnel.within} <= (SELECT data_as_of FROM watermark)"
    return starts


def _started() -> Cte:
    return Cte(
        "started",
        "The days on which each unit could start.",
        "SELECT unit, day AS start_day, min(model_time) AS starts_at, max(model_time) AS last_at\nFROM numbered\nWHERE starts\nGROUP BY ALL",
    )


def _by_day(funnel: Funnel) -> Cte:
    return Cte(
        "steps",
        "Each day of start looks at the unit's events alone, as far as its windows reach.",
        f"""
SELECT n.* REPLACE (n.starts AND n.day = s.start_day AS starts), s.start_day
FROM numbered AS n
JOIN started AS s ON s.unit = n.unit AND n.model_time >= s.starts_at AND n.model_time <= s.last_at + {funnel.within}""",
    )
