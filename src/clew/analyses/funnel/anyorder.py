"""Attempts of funnels whose steps may come in any order: the most steps that distinct events within one window can fill.

Steps that no event can be at once are simply counted. Among steps that share events, the most that can be filled is, by Hall's theorem, the least
over all choices S of them of (steps not in S) + (events that are one of S).
"""
# ruff: noqa: S608 - values are quoted by `literal` and the predicates, all else is our own

from __future__ import annotations

from itertools import combinations

from clew.analyses.ctes import Cte
from clew.analyses.funnel.params import Funnel
from clew.errors import QueryError

MOST = 8
"""Steps that may share events."""


def attempts(funnel: Funnel) -> list[Cte]:
    """CTEs up to `attempts`, as `chain.attempts`; only the time of the start is known."""
    lane = ", ".join([*funnel.lane, *(["hold_value"] if funnel.hold else [])])
    filled = " + ".join(_filled(group) for group in _groups(funnel))
    kept = ["universal_user_id", *(["by_value"] if funnel.by else [])]
    some = " OR ".join(f"is_{k}" for k in range(1, len(funnel.steps) + 1))
    held = " AND hold_value IS NOT NULL" if funnel.hold else ""
    return [
        Cte(
            "windows",
            "How many steps the window that begins with an event fills.",
            f"""
SELECT
    *,
    {filled} AS level
FROM steps
WHERE ({some}){held}
WINDOW ahead AS (PARTITION BY {lane} ORDER BY model_time RANGE BETWEEN CURRENT ROW AND {funnel.within} FOLLOWING)""",
        ),
        Cte(
            "attempts",
            "Each unit's fullest window, the first of them.",
            f"""
SELECT {", ".join([*funnel.keys, *kept])}, level, model_time AS t_1
FROM windows
WHERE starts
QUALIFY row_number() OVER (PARTITION BY {", ".join(funnel.keys)} ORDER BY level DESC, n) = 1""",
        ),
    ]


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


def _filled(group: list[int]) -> str:
    if len(group) == 1:
        return f"CAST(count_if(is_{group[0]}) OVER ahead > 0 AS INTEGER)"
    choices = [choice for size in range(1, len(group) + 1) for choice in combinations(group, size)]
    terms = [f"{len(group) - len(choice)} + count_if({' OR '.join(f'is_{k}' for k in choice)}) OVER ahead" for choice in choices]
    return f"least({len(group)}, {', '.join(terms)})"
