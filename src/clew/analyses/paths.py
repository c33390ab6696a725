"""Paths: what is done one after the other, from the start, after an event, or before one."""
# ruff: noqa: S608 - values are quoted by `literal` and the predicates, all else is our own

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from clew.analyses import who
from clew.analyses.asked import Asked, either, field_of, fields_of, filters, interval
from clew.analyses.ctes import ORDER, Cte, compose, span, watermark
from clew.analyses.events import events
from clew.analyses.who import parts
from clew.config import Settings
from clew.quoting import literal


class Params(Asked, frozen=True, kw_only=True):
    """Paths."""

    event: Annotated[tuple[str, ...], Meta(description="the events that paths are made of. Default: any activity")] = ()
    scope: Annotated[Literal["session", "history"], Meta(description="a path a session, or a person over the days asked for")] = "session"
    within: Annotated[str | None, Meta(description="only what is at most this long after the path's first event; backward, before the anchor")] = None
    label: Annotated[str | None, Meta(description="go by this property where an event has it, such as title; else by the event's name")] = None
    anchor: Annotated[str | None, Meta(description="the name that paths begin with. Default: they begin at the start")] = None
    direction: Annotated[Literal["forward", "backward"], Meta(description="what comes after the first anchor, or what led to it")] = "forward"
    depth: Annotated[int, Meta(description="longest path")] = 5
    keep: Annotated[int, Meta(description="names kept at each step; the rest is (other)")] = 20
    repeats: Annotated[bool, Meta(description="keep repeats of a name that follow each other")] = False
    goal: Annotated[tuple[str, ...], Meta(description="an event: the share of paths whose session (or person, or time within) has it")] = ()
    show: Annotated[
        Literal["sequences", "links", "steps"], Meta(description="whole paths, links for a Sankey chart, or names and drop-off by step")
    ] = "sequences"
    cell: Annotated[
        tuple[str, ...],
        Meta(description="instead, list who is behind a number: the names of a path; of links a step, its name and the next; of steps both"),
    ] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.direction == "backward" and self.anchor is None:
            raise ValueError("anchor: expected a name with direction backward, found none")
        for name, number in (("depth", self.depth), ("keep", self.keep)):
            if not 1 <= number <= 1000:
                raise ValueError(f"{name}: expected 1 to 1000, found {number}")


def sql(params: Params, settings: Settings) -> str:
    """One query: sequences (`path`, `paths`, `share`, `reached_goal`), links (`step`, `source`, `target`, `paths`) or steps. Raises QueryError."""
    named, goals, label = filters(params.event), filters(params.goal), field_of(params.label)
    made_of = either(named) or "is_activity"
    found = events(
        settings,
        "session" if params.scope == "session" else "person",
        where=" OR ".join(filter(None, (made_of, either(goals)))),
        reads=(label, *fields_of(*named, *goals)),
        named=(*named, *goals) if named and not (label and label.property_name) else None,
        before_days="1",
        after=None if params.scope == "session" else "INTERVAL 0 HOUR",
    )
    name = f"coalesce({label.sql()}, event)" if label else "event"
    ctes = [watermark(), span(params), *found, *_chosen(params, made_of, either(goals), name), *_cut(params)]
    if params.cell:
        return _who(params, ctes)
    shown = {"sequences": [_sequences(params.depth)], "links": [_LINKS], "steps": []}[params.show]
    return compose(f"Paths, {params.show}.", [*ctes, *shown], _SHOWN[params.show])


def _who(params: Params, ctes: list[Cte]) -> str:
    unit = "session" if params.scope == "session" else "person"
    if params.show == "sequences":
        path = f"[{', '.join(map(literal, params.cell))}]"
        return who.listed("a path", [*ctes, _sequences(params.depth)], f"SELECT unit\nFROM sequences\nWHERE path = {path}", unit)
    if params.show == "links":
        step, source, target = parts(params.cell, "a step, a name and the next name", 3)
        where = f"step = {who.number(step)} AND source = {literal(source)} AND target = {literal(target)}"
        return who.listed(f"a link from step {who.number(step)}", [*ctes, _LINKS], f"SELECT unit\nFROM links\nWHERE {where}", unit)
    step, name = parts(params.cell, "a step and a name", 2)
    return who.listed(
        f"a name at step {who.number(step)}", ctes, f"SELECT unit\nFROM walked\nWHERE step = {who.number(step)} AND name = {literal(name)}", unit
    )


def _chosen(params: Params, made_of: str, goal: str, name: str) -> list[Cte]:
    """`named` (unit, n, name) and `goals` (unit)."""
    in_range = "CAST(local_time AS DATE) BETWEEN (SELECT first_day FROM span) AND (SELECT last_day FROM span)"
    if params.scope == "session":
        # A session belongs to the day it starts, with all of its events.
        in_range = f"unit IN (SELECT session_id FROM main.session_facts WHERE {_session_days()})"
    ranged = Cte(
        "ranged",
        f"Those of the days asked for, in order{'; a session counts on the day it starts' if params.scope == 'session' else ''}.",
        f"""
SELECT
    unit, {name} AS name, {made_of} AS is_step, {goal or "false"} AS is_goal,
    model_time, row_number() OVER (PARTITION BY unit ORDER BY {ORDER}) AS n
FROM events
WHERE {in_range}""",
    )
    walk = _walk(params)
    at = walk[-1].name if walk else "ranged"
    return [
        ranged,
        *walk,
        Cte("goals", "Who has the goal.", f"SELECT DISTINCT unit FROM {at if params.within else 'ranged'} WHERE is_goal"),
        Cte("named", "What paths are made of.", f"SELECT unit, name, n FROM {at} WHERE {_IS_NAMED}"),
    ]


_IS_NAMED = "is_step AND name IS NOT NULL"


def _walk(params: Params) -> list[Cte]:
    """Where each path begins, and what it goes over; none where it goes over all of the unit."""
    if params.anchor is None and params.within is None:
        return []
    back, where = params.direction == "backward", "" if params.anchor is None else f" AND name = {literal(params.anchor)}"
    limit = ""
    if params.within:
        limit = f"\n    AND {'a.anchored_at - r.model_time' if back else 'r.model_time - a.anchored_at'} <= {interval(params.within)}"
    return [
        Cte(
            "anchors",
            "Where each path begins.",
            f"SELECT unit, min(n) AS anchor_n, arg_min(model_time, n) AS anchored_at\nFROM ranged\nWHERE {_IS_NAMED}{where}\nGROUP BY unit",
        ),
        Cte(
            "looked_at",
            f"What it goes over: all {'up to' if back else 'from'} there{', within the limit' if params.within else ''}.",
            f"SELECT r.*\nFROM ranged AS r\nJOIN anchors AS a ON a.unit = r.unit AND r.n {'<=' if back else '>='} a.anchor_n{limit}",
        ),
    ]


def _session_days() -> str:
    return """CAST(session_start + (
    SELECT z.utc_offset FROM main.zone_offsets AS z WHERE session_start >= z.utc_from AND session_start < z.utc_to
) AS DATE) BETWEEN (SELECT first_day FROM span) AND (SELECT last_day FROM span)"""


def _cut(params: Params) -> list[Cte]:
    ctes, at = [], "named"
    if not params.repeats:
        body = "SELECT *\nFROM named\nQUALIFY lag(name) OVER (PARTITION BY unit ORDER BY n) IS DISTINCT FROM name"
        ctes.append(Cte("collapsed", "A name that repeats counts once.", body))
        at = "collapsed"
    order = "n DESC" if params.direction == "backward" else "n"
    ctes.append(
        Cte("numbered", "Each step of each path.", f"SELECT unit, name, row_number() OVER (PARTITION BY unit ORDER BY {order}) AS step\nFROM {at}")
    )
    ctes.append(Cte("cut", f"No path is longer than {params.depth}.", f"SELECT * FROM numbered WHERE step <= {params.depth}"))
    ctes.append(
        Cte(
            "ranks",
            "Names by how often they stand at a step.",
            "SELECT step, name, row_number() OVER (PARTITION BY step ORDER BY count(*) DESC, name) AS rank\nFROM cut\nGROUP BY step, name",
        )
    )
    end = "(exit)" if params.scope == "session" else "(no more yet)"
    ctes.append(
        Cte(
            "walked",
            "The rest goes as (other). A path that ends before the depth says so.",
            f"""
SELECT c.unit, c.step, CASE WHEN r.rank <= {params.keep} THEN c.name ELSE '(other)' END AS name
FROM cut AS c
JOIN ranks AS r ON r.step = c.step AND r.name = c.name
UNION ALL
SELECT unit, max(step) + 1, '{end}'
FROM cut
GROUP BY unit
HAVING max(step) < {params.depth}""",
        )
    )
    return ctes


_SHORT = 20
"""Steps that are put together one by one, which takes a tenth of the time of a sorted list a path."""


def _sequences(depth: int) -> Cte:
    path = "list(name ORDER BY step)"
    if depth <= _SHORT:
        steps = ",\n        ".join(f"max(name) FILTER (WHERE step = {step})" for step in range(1, depth + 1))
        path = f"list_filter([\n        {steps}\n    ], lambda name: name IS NOT NULL)"
    return Cte("sequences", "Each path as a list.", f"SELECT\n    unit,\n    {path} AS path\nFROM walked\nGROUP BY unit")


_LINKS = Cte(
    "links",
    "From one step to the next.",
    """
SELECT unit, step, name AS source, lead(name) OVER (PARTITION BY unit ORDER BY step) AS target
FROM walked""",
)
_SHOWN = {
    "sequences": """SELECT
    s.path,
    count(*) AS paths,
    count(*) / sum(count(*)) OVER () AS share,
    count(g.unit) / count(*) AS reached_goal
FROM sequences AS s
LEFT JOIN goals AS g ON g.unit = s.unit
GROUP BY s.path
ORDER BY paths DESC, s.path""",
    "links": """SELECT step, source, target, count(*) AS paths
FROM links
WHERE target IS NOT NULL
GROUP BY step, source, target
ORDER BY step, paths DESC, source, target""",
    "steps": """SELECT
    step, name, count(*) AS paths,
    count(*) / (SELECT count(DISTINCT unit) FROM walked) AS share_of_all
FROM walked
GROUP BY step, name
ORDER BY step, paths DESC, name""",
}
