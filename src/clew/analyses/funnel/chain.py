"""Attempts of funnels with an order: a chain of ASOF joins, one a step.

For an event that can be step k, the latest possible chain of events to it is the best in every respect: its start is the latest, so the window is
widest, and each of its steps is the latest, so the least comes between. That chain goes through the latest event before it that reached step k-1.
So each step is one ASOF join. What must not come between two steps is a *bar*: the place of the last such event before the later step, which must
not be after the earlier step.

The reported attempt keeps its start and end, but its middle steps are the earliest possible: they are found from the end backwards.
"""
# ruff: noqa: S608 - values are quoted by `literal` and the predicates, all else is our own

from __future__ import annotations

from typing import NamedTuple

from clew.analyses.ctes import Cte
from clew.analyses.funnel.params import Funnel

_BREAK = ",\n    "


class Bar(NamedTuple):
    """Nothing that `what` (SQL) is true of may come between the steps `after` and `before`."""

    column: str
    what: str
    after: int
    before: int


def bars(funnel: Funnel) -> list[Bar]:
    """What must not come between which steps."""
    count, found = len(funnel.steps), []
    if funnel.params.order == "strict":
        for k in range(1, count):
            others = " OR ".join(f"is_{s}" for s in range(1, count + 1) if s != k)
            found.append(Bar(f"bar_other_than_{k}", others, k, k + 1))
    if funnel.params.order == "consecutive":
        found += [Bar("bar_any", "true", k, k + 1) for k in range(1, count)]
    return found + [Bar(f"bar_excluded_{j}", f"excluded_{j}", x.after, x.before) for j, x in enumerate(funnel.exclusions, 1)]


def attempts(funnel: Funnel) -> list[Cte]:
    """CTEs up to `attempts`: the keys, `level`, `t_1` ... (times of the steps reached), `universal_user_id`, `by_value`."""
    found = bars(funnel)
    count = len(funnel.steps)
    ctes = [_barred(funnel, found)] if found else []
    ctes += [_reached(funnel, found, k) for k in range(1, count + 1)]
    ctes.append(_best(funnel, found))
    for k in range(count, 1, -1):
        ctes.append(_earliest(funnel, found, k))
    return ctes


def _barred(funnel: Funnel, found: list[Bar]) -> Cte:
    columns = {bar.column: f"max(CASE WHEN {bar.what} THEN n END) OVER earlier AS {bar.column}" for bar in found}
    return Cte(
        "barred",
        "The place of the last event before it that must not come between.",
        f"""
SELECT
    *,
    {_BREAK.join(columns.values())}
FROM steps
WINDOW earlier AS (PARTITION BY {", ".join(funnel.lane)} ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)""",
    )


def _reached(funnel: Funnel, found: list[Bar], k: int) -> Cte:
    source = "barred" if found else "steps"
    lane = [*funnel.lane, *(["hold_value"] if funnel.hold else [])]
    kept = ["universal_user_id", *(["by_value"] if funnel.by else [])]
    if k == 1:
        held = " AND hold_value IS NOT NULL" if funnel.hold else ""
        return Cte(
            "reached_1",
            f"Step 1: {_named(funnel, 1)}.",
            f"SELECT {', '.join([*lane, *kept])}, n AS n_1, model_time AS t_1\nFROM {source}\nWHERE is_1 AND starts{held}",
        )
    own = [bar for bar in found if bar.before == k]
    columns = [f"e.{name}" for name in lane] + [f"r.{name}" for name in kept] + [f"r.n_{i}" for i in range(1, k)]
    columns += ["r.t_1", f"e.n AS n_{k}", f"e.model_time AS t_{k}", *dict.fromkeys(f"e.{bar.column}" for bar in own)]
    conditions = [f"e.is_{k}", f"e.model_time - r.t_1 <= {funnel.within}"]
    conditions += [f"r.n_{bar.after} >= coalesce(e.{bar.column}, 0)" for bar in own]
    return Cte(
        f"reached_{k}",
        f"Step {k}: {_named(funnel, k)}, after the latest event that reached step {k - 1}.",
        f"""
SELECT {", ".join(columns)}
FROM (SELECT * FROM {source} WHERE is_{k}) AS e
ASOF JOIN reached_{k - 1} AS r ON {" AND ".join(f"e.{name} = r.{name}" for name in lane)} AND e.n > r.n_{k - 1}
WHERE {" AND ".join(conditions[1:])}""",
    )


def _best(funnel: Funnel, found: list[Bar]) -> Cte:
    kept = ["universal_user_id", *(["by_value"] if funnel.by else [])]
    parts = []
    for k in range(1, len(funnel.steps) + 1):
        carried = [f"{bar.column if bar.before == k else 'NULL'} AS {_carried(bar)}" for bar in _inner(found)]
        columns = [*funnel.keys, *kept, f"{k} AS level", "n_1", "t_1", f"n_{k} AS last_n", f"t_{k} AS last_t", *carried]
        parts.append(f"    SELECT {', '.join(columns)} FROM reached_{k}")
    return Cte(
        "best",
        "The reported attempt: the first to reach the farthest step.",
        f"""
SELECT *
FROM (
{(chr(10) + "    UNION ALL" + chr(10)).join(parts)}
)
QUALIFY row_number() OVER (PARTITION BY {", ".join(funnel.keys)} ORDER BY level DESC, last_n) = 1""",
    )


def _earliest(funnel: Funnel, found: list[Bar], k: int) -> Cte:
    """Step k of each attempt: its end, or the earliest event that leads from its start to its step k+1."""
    count, before = len(funnel.steps), f"earliest_{k + 1}" if k < len(funnel.steps) else "best"
    name = "attempts" if k == 2 else f"earliest_{k}"
    if k == count:
        columns = f"*, CASE WHEN level = {k} THEN last_n END AS n_{k}, CASE WHEN level = {k} THEN last_t END AS t_{k}"
        return Cte(name, f"Step {k} of each attempt, where it ends there.", f"SELECT {columns}\nFROM {before}")
    over = [bar for bar in _inner(found) if bar.after <= k < bar.before]
    own = [bar for bar in _inner(found) if bar.before == k]
    keys = ", ".join(f"a.{key}" for key in funnel.keys)
    same = " AND ".join(f"r.{key} = a.{key}" for key in funnel.keys)
    conditions = [f"a.level > {k}", f"r.n_{k} < a.n_{k + 1}", *(f"r.n_{bar.after} >= coalesce(a.{_carried(bar)}, 0)" for bar in over)]
    carried = [f"arg_min(r.{bar.column}, r.n_{k}) AS own_{_carried(bar)}" for bar in own]
    replaced = ", ".join(f"coalesce(a.{_carried(bar)}, m.own_{_carried(bar)}) AS {_carried(bar)}" for bar in own)
    star = f"a.* REPLACE ({replaced})" if replaced else "a.*"
    return Cte(
        name,
        f"Step {k} of each attempt: its end, or the earliest event that leads from its start to its step {k + 1}.",
        f"""
SELECT
    {star},
    CASE WHEN a.level = {k} THEN a.last_n ELSE m.n_{k} END AS n_{k},
    CASE WHEN a.level = {k} THEN a.last_t ELSE m.t_{k} END AS t_{k}
FROM {before} AS a
LEFT JOIN (
    SELECT {", ".join([keys, f"min(r.n_{k}) AS n_{k}", f"min(r.t_{k}) AS t_{k}", *carried])}
    FROM {before} AS a
    JOIN reached_{k} AS r ON {same} AND r.n_1 = a.n_1
    WHERE {" AND ".join(conditions)}
    GROUP BY ALL
) AS m ON {" AND ".join(f"m.{key} = a.{key}" for key in funnel.keys)}""",
    )


def _inner(found: list[Bar]) -> list[Bar]:
    """Bars that decide about a middle step. What must not follow the start decides nothing: the start is chosen."""
    return [bar for bar in found if bar.after > 1]


def _carried(bar: Bar) -> str:
    return f"{bar.column}_to_{bar.before}"


def _named(funnel: Funnel, k: int) -> str:
    return " ".join(funnel.params.step[k - 1].split())
