"""Attempts of funnels whose steps may come in any order: the most steps that distinct events within one window can fill.

Steps that no event can be at once are simply counted. Among steps that share events, the most that can be filled is, by Hall's theorem, the least
over all choices S of them of (steps not in S) + (events that are one of S).
"""
# ruff: noqa: S608 - values are quoted by `literal` and the predicates, all else is our own

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from clew.analyses.ctes import Cte
from clew.analyses.funnel.params import Funnel
from clew.errors import QueryError

MOST = 8
"""Steps that may share events."""


def attempts(funnel: Funnel) -> list[Cte]:
    """CTEs up to `attempts`, as `chain.attempts`; of the steps' times only that of the start is known."""
    return [_windows(funnel), _fullest(funnel), _filling(funnel), _ends(funnel), _emptied(funnel), _attempts(funnel)]


def _windows(funnel: Funnel) -> Cte:
    some = " OR ".join(f"is_{k}" for k in range(1, len(funnel.steps) + 1))
    held = " AND hold_value IS NOT NULL" if funnel.hold else ""
    return Cte(
        "windows",
        "How many steps the window that begins with an event fills.",
        f"""
SELECT
    *,
    {_filled(funnel)} AS level
FROM steps
WHERE ({some}){held}
WINDOW seen AS (PARTITION BY {_comma(_lane(funnel))} ORDER BY model_time RANGE BETWEEN CURRENT ROW AND {funnel.within} FOLLOWING)""",
    )


def _fullest(funnel: Funnel) -> Cte:
    return Cte(
        "fullest",
        "The first window that fills the most steps: none that fills as many is full sooner.",
        f"""
SELECT {_comma(_lane(funnel))}, level AS most, n AS from_n, model_time AS from_time
FROM windows
WHERE starts
QUALIFY row_number() OVER (PARTITION BY {_comma(_lane(funnel))} ORDER BY level DESC, n) = 1""",
    )


def _filling(funnel: Funnel) -> Cte:
    return Cte(
        "filling",
        "Its events, and how many steps it fills up to each.",
        f"""
SELECT
    w.* EXCLUDE (level),
    f.most,
    {_filled(funnel)} AS level
FROM windows AS w
JOIN fullest AS f ON {_same(_lane(funnel), "w", "f")} AND w.n >= f.from_n AND w.model_time <= f.from_time + {funnel.within}
WINDOW seen AS (PARTITION BY {_comma(_lane(funnel), "w")} ORDER BY w.n)""",
    )


def _ends(funnel: Funnel) -> Cte:
    return Cte(
        "ends",
        "The event with which each unit reached its level first.",
        f"""
SELECT {_comma(_lane(funnel))}, most, n AS last_n
FROM filling
WHERE level = most
QUALIFY row_number() OVER (PARTITION BY {_comma(funnel.keys)} ORDER BY most DESC, n) = 1""",
    )


def _emptied(funnel: Funnel) -> Cte:
    return Cte(
        "emptied",
        "How many steps are filled between each event before it and that one.",
        f"""
SELECT
    w.* EXCLUDE (level),
    {_filled(funnel)} AS level
FROM filling AS w
JOIN ends AS f ON {_same(_lane(funnel), "w", "f")} AND w.n <= f.last_n
WINDOW seen AS (PARTITION BY {_comma(_lane(funnel), "w")} ORDER BY w.n DESC)""",
    )


def _attempts(funnel: Funnel) -> Cte:
    kept = ["universal_user_id", *(["by_value"] if funnel.by else [])]
    return Cte(
        "attempts",
        "The reported attempt: the latest start that reaches the level with that event.",
        f"""
SELECT {_comma([*funnel.keys, *kept])}, level, model_time AS t_1
FROM emptied
WHERE starts AND level = most
QUALIFY row_number() OVER (PARTITION BY {_comma(funnel.keys)} ORDER BY n DESC) = 1""",
    )


def _lane(funnel: Funnel) -> list[str]:
    """Events of one lane, and of one held value, can make an attempt together."""
    return [*funnel.lane, *(["hold_value"] if funnel.hold else [])]


def _comma(names: Sequence[str], of: str = "") -> str:
    return ", ".join(f"{of}.{name}" if of else name for name in names)


def _same(names: Sequence[str], left: str, right: str) -> str:
    return " AND ".join(f"{left}.{name} = {right}.{name}" for name in names)


def _groups(funnel: Funnel) -> list[list[int]]:
    """The steps, in groups that share no event."""
    groups: list[list[int]] = []
    for k in range(1, len(funnel.steps) + 1):
        near = [group for group in groups if any(_may_share(funnel, k, other) for other in group)]
        groups = [group for group in groups if group not in near] + [[*(step for group in near for step in group), k]]
    for group in groups:
        if len(group) > MOST:
            raise QueryError(f"order any: expected at most {MOST} steps that may be the same event, found {len(group)}: name different events")
    return groups


def _may_share(funnel: Funnel, one: int, other: int) -> bool:
    left, right = funnel.steps[one - 1].names, funnel.steps[other - 1].names
    return left is None or right is None or not left.isdisjoint(right)


def _filled(funnel: Funnel) -> str:
    """The most steps that the events of the window `seen` fill."""
    return " + ".join(map(_filled_of, _groups(funnel)))


def _filled_of(group: list[int]) -> str:
    if len(group) == 1:
        return f"CAST(count_if(is_{group[0]}) OVER seen > 0 AS INTEGER)"
    choices = [choice for size in range(1, len(group) + 1) for choice in combinations(group, size)]
    terms = [f"{len(group) - len(choice)} + count_if({' OR '.join(f'is_{k}' for k in choice)}) OVER seen" for choice in choices]
    return f"least({len(group)}, {', '.join(terms)})"
