"""The rows of paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from clew import clock
from clew.analyses.asked import field_of, filters
from clew.analyses.engine.asking import Asking, Outside
from clew.analyses.engine.matching import Values, kinds_of, matched, of_kinds, values
from clew.analyses.paths import Params
from clew.predicates import Predicate
from clew.timelines import paths as kernel
from clew.timelines.columns import MISSING, Any1D, Match

_OUR_OWN = ("(other)", "(exit)", "(no more yet)")
_ALL = 2**31


def rows(asking: Asking, params: Params) -> list[dict[str, Any]]:
    """As the report's SQL. Raises Outside."""
    begin, end = asking.range(params)
    made_of, goals = filters(params.event), filters(params.goal)
    named = _named(asking, params, made_of)
    if not set(named.text).isdisjoint(_OUR_OWN):
        raise Outside
    anchor = MISSING if params.anchor is None else named.text.index(params.anchor) if params.anchor in named.text else None
    if anchor is None:
        return []
    try:
        asked = kernel.Paths(
            depth=params.depth,
            keep=params.keep,
            collapse=not params.repeats,
            anchor=anchor,
            backward=params.direction == "backward",
            within=MISSING if params.within is None else clock.parse_duration(params.within),
            begin=begin,
            end=end,
            sessions=params.scope == "session",
            ended="(exit)" if params.scope == "session" else "(no more yet)",
        )
    except ValueError as error:
        raise Outside from error
    parts = asking.parts("session" if params.scope == "session" else "person")
    names = kernel.Names(named.text, by_event=named.of)
    flow = kernel.paths(parts, asked, names, _goal(asking, goals), top=_ALL)
    return {"sequences": _sequences, "links": _links, "steps": _steps}[params.show](flow)


def _named(asking: Asking, params: Params, made_of: tuple[Predicate, ...]) -> Values:
    """What each event is called; MISSING for those that paths are not made of."""
    label = field_of(params.label)
    of_kind = [kind.event if (kind := asking.held.kinds.get(n)) else None for n in range(asking.held.timeline.kinds)]
    if label is None or (label.path and asking.held.is_own):
        found = of_kinds(asking, of_kind)
    else:
        found = values(asking, label, kinds_of(asking, made_of) if made_of else tuple(asking.held.kinds), otherwise="event")
    return Values(_filtered(asking, found.of, made_of), found.text)


def _filtered(asking: Asking, codes: list[Any], made_of: tuple[Predicate, ...]) -> list[Any]:
    parts = asking.held.timeline.parts
    if not made_of:
        return [np.where(part.is_activity, code, np.int32(MISSING)) for part, code in zip(parts, codes, strict=True)]
    match = matched(asking, [_either(made_of)])
    return [np.where(_holds(match, place, part.kind), code, np.int32(MISSING)) for place, (part, code) in enumerate(zip(parts, codes, strict=True))]


def _holds(match: Match, place: int, kind: Any1D) -> Any1D:
    by_kind, by_event = match.of(place)
    holds: Any1D = by_kind[kind] != 0
    return holds | (by_event != 0) if len(by_event) else holds


def _either(predicates: tuple[Predicate, ...]) -> Predicate:
    return Predicate(alternatives=tuple(a for p in predicates for a in p.alternatives))


def _goal(asking: Asking, goals: tuple[Predicate, ...]) -> Match | None:
    return matched(asking, [_either(goals)]) if goals else None


def _sequences(flow: kernel.Flow) -> list[dict[str, Any]]:
    total = flow.sequences
    return [{"path": list(p.names), "paths": p.units, "share": p.units / total, "reached_goal": p.goal / p.units} for p in flow.top]


def _links(flow: kernel.Flow) -> list[dict[str, Any]]:
    return [{"step": n.step, "source": n.source, "target": n.target, "paths": n.units} for n in flow.links]


def _steps(flow: kernel.Flow) -> list[dict[str, Any]]:
    return [{"step": n.step, "name": n.name, "paths": n.units, "share_of_all": n.units / flow.sequences} for n in flow.nodes]
