"""The rows of paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from clew import clock
from clew.analyses.asked import field_of, filters
from clew.analyses.engine.asking import Asking, Outside
from clew.analyses.engine.matching import Values, kinds_of, look_ahead, matched, of_kinds, value, valued
from clew.analyses.paths import Params
from clew.predicates import Predicate
from clew.timelines import paths as kernel
from clew.timelines.columns import MISSING, Any1D, Match
from clew.timelines.walked import Walked

_OUR_OWN = ("(other)", "(exit)", "(no more yet)")
_ALL = 2**31


def rows(asking: Asking, params: Params) -> list[dict[str, Any]]:
    """As the report's SQL. Raises Outside."""
    begin, end = asking.range(params)
    made_of, goals = filters(params.event), filters(params.goal)
    named = _named(asking, params, made_of, goals)
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
    names = kernel.Names(named.text, None if named.by_event else named.of_kind, named.by_event)
    walked = kernel.walk(parts, asked, names, _goal(asking, goals))
    if params.show == "sequences":
        return _sequences(walked, asking.most or _ALL)
    return _links(walked) if params.show == "links" else _steps(walked)


def _named(asking: Asking, params: Params, made_of: tuple[Predicate, ...], goals: tuple[Predicate, ...]) -> Values:
    """What each event is called; MISSING for those that paths are not made of."""
    label = field_of(params.label)
    kinds = kinds_of(asking, made_of) if made_of else tuple(asking.held.kinds)
    wanted = value(asking, label, kinds, otherwise="event") if label else None
    look_ahead(asking, [_either(some) for some in (made_of, goals) if some], [wanted])
    of_kind = [kind.event if (kind := asking.held.kinds.get(n)) else None for n in range(asking.held.timeline.kinds)]
    return _filtered(asking, valued(asking, wanted) if wanted else of_kinds(asking, of_kind), made_of)


def _filtered(asking: Asking, found: Values, made_of: tuple[Predicate, ...]) -> Values:
    """Only those of events that paths are made of: told by the kind where that decides, else event by event."""
    parts = asking.held.timeline.parts
    match = matched(asking, [_either(made_of)]) if made_of else None
    activity = asking.held.activity()
    if not found.by_event and (None not in activity.values() if match is None else not match.by_event):
        holds = match.by_kind != 0 if match else np.array([activity.get(kind, False) for kind in range(len(found.of_kind))], np.bool_)
        return Values(found.text, np.where(holds, found.of_kind, np.int32(MISSING)), [])
    chosen = [part.is_activity if match is None else _holds(match, place, part.kind) for place, part in enumerate(parts)]
    codes = [np.where(holds, code, np.int32(MISSING)) for holds, code in zip(chosen, found.of(parts), strict=True)]
    return Values(found.text, found.of_kind, codes)


def _holds(match: Match, place: int, kind: Any1D) -> Any1D:
    by_kind, by_event = match.of(place)
    holds: Any1D = by_kind[kind] != 0
    return holds | (by_event != 0) if len(by_event) else holds


def _either(predicates: tuple[Predicate, ...]) -> Predicate:
    return Predicate(alternatives=tuple(a for p in predicates for a in p.alternatives))


def _goal(asking: Asking, goals: tuple[Predicate, ...]) -> Match | None:
    return matched(asking, [_either(goals)]) if goals else None


def _sequences(walked: Walked, most: int) -> list[dict[str, Any]]:
    total = walked.sequences
    return [{"path": list(p.names), "paths": p.units, "share": p.units / total, "reached_goal": p.goal / p.units} for p in walked.top(most)]


def _links(walked: Walked) -> list[dict[str, Any]]:
    return [{"step": n.step, "source": n.source, "target": n.target, "paths": n.units} for n in walked.links()]


def _steps(walked: Walked) -> list[dict[str, Any]]:
    return [{"step": n.step, "name": n.name, "paths": n.units, "share_of_all": n.units / walked.sequences} for n in walked.steps()]
