"""The funnel's SQL: rows, attempts, and what is counted of them."""
# ruff: noqa: S608 - values are quoted by `literal` and the predicates, all else is our own

from __future__ import annotations

from clew.analyses import who
from clew.analyses.ctes import Cte, compose
from clew.analyses.funnel import anyorder, chain
from clew.analyses.funnel.params import Funnel, Params
from clew.analyses.funnel.rows import rows
from clew.config import Settings
from clew.quoting import literal


def sql(params: Params, settings: Settings) -> str:
    """One query: a row a step (and day, and value of `by`), or the list that `reached` or `dropped` asks for. Raises QueryError."""
    funnel = Funnel(params=params)
    attempts = anyorder.attempts(funnel) if params.order == "any" else chain.attempts(funnel)
    if len(params.step) == 1 and params.order != "any":
        attempts.append(Cte("attempts", "Nothing comes after the first step.", "SELECT *\nFROM best"))
    ctes = [*rows(funnel, settings), *attempts]
    head = f"A funnel of {len(params.step)} steps within {' '.join(params.within.split())}, {params.order}."
    if params.reached or params.dropped:
        return compose(head, ctes, _list(funnel))
    return compose(head, [*ctes, _counted(funnel)], _shares(funnel))


def _counted(funnel: Funnel) -> Cte:
    parts = []
    for k, text in enumerate(funnel.params.step, 1):
        columns = [
            *_groups(funnel),
            f"{k} AS step",
            f"{literal(text)} AS name",
            f"count(*) FILTER (WHERE level >= {k}) AS units",
            *_times(funnel, k),
            _incomplete(funnel, k),
        ]
        parts.append(f"SELECT {', '.join(columns)}\nFROM attempts{chr(10) + 'GROUP BY ALL' if _groups(funnel) else ''}")
    return Cte("counted", "How many reached each step, and how long it took from the one before.", "\nUNION ALL\n".join(parts))


def _times(funnel: Funnel, k: int) -> list[str]:
    if k == 1 or funnel.params.order == "any":
        return ["CAST(NULL AS DOUBLE) AS median_seconds", "CAST(NULL AS DOUBLE) AS p90_seconds"]
    seconds = f"CASE WHEN level >= {k} THEN epoch_us(t_{k} - t_{k - 1}) / 1e6 END"
    return [f"quantile_disc({seconds}, 0.5) AS median_seconds", f"quantile_disc({seconds}, 0.9) AS p90_seconds"]


def _incomplete(funnel: Funnel, k: int) -> str:
    return f"count(*) FILTER (WHERE level >= {k} AND t_1 + {funnel.within} > (SELECT data_as_of FROM watermark)) AS incomplete"


def _groups(funnel: Funnel) -> list[str]:
    return [*(["start_day"] if funnel.params.by_day else []), *(["by_value"] if funnel.by else [])]


def _shares(funnel: Funnel) -> str:
    groups = _groups(funnel)
    partition = f"PARTITION BY {', '.join(groups)} " if groups else ""
    order = ", ".join([*(f"{name} NULLS LAST" for name in groups), "step"])
    shown = [*groups, "step", "name", "units", "units / nullif(first_value(units) OVER steps_before, 0) AS share_of_first"]
    shown += ["units / nullif(lag(units, 1, units) OVER steps_before, 0) AS share_of_previous", "median_seconds", "p90_seconds", "incomplete"]
    return "SELECT\n    " + ",\n    ".join(shown) + f"\nFROM counted\nWINDOW steps_before AS ({partition}ORDER BY step)\nORDER BY {order}"


def _list(funnel: Funnel) -> str:
    params = funnel.params
    which = f"level >= {params.reached}" if params.reached else f"level = {(params.dropped or 2) - 1}"
    values = list(params.cell)
    if params.by_day:
        which += f" AND start_day = DATE '{who.day(values.pop(0))}'"
    if params.by:
        which += f" AND by_value IS NOT DISTINCT FROM {literal(values[0]) if values else 'NULL'}"
    return f"SELECT unit, universal_user_id, level AS reached, t_1 AS started_at\nFROM attempts\nWHERE {which}\nORDER BY started_at, unit"
