"""Each kernel once, with the types that questions use, so that it is compiled: a compiled kernel is kept for the types it was called with."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from clew.timelines import funnel, lifecycle, paths, resession, retention, trends, units
from clew.timelines.calendar import ALWAYS, Calendar, zone
from clew.timelines.columns import Match, Part, fixed, part
from clew.timelines.store import event_index


def run_each() -> Iterator[None]:
    """Run them one by one over a timeline of two events."""
    tiny = part([0, 2], [1], [0, 5], [0, 1], [True, True], [0, 0])
    for work in (
        *_once(tiny),
        *(work for width in (np.uint8, np.uint64) for work in _with(tiny, Match(np.ones(2, np.uint64), (np.ones(2, width),)))),
    ):
        work()
        yield


def _once(tiny: Part) -> list[Callable[[], object]]:
    where = zone("UTC")
    return [
        lambda: units.by_session(tiny),
        lambda: lifecycle.lifecycle([tiny], "day", where, 0),
        lambda: lifecycle.stickiness([tiny], where, 0, 1),
        lambda: resession.resession([tiny], 1, where),
        lambda: trends.kinds_by_day([tiny], 2),
        lambda: _placed(tiny),
    ]


def _placed(tiny: Part) -> None:
    """As `predicates.look` places what the database says."""
    from clew.timelines.kernels import places

    every, one = fixed((True, True), np.bool_), np.zeros(1, np.int64)
    at = event_index.find(one, np.ones(event_index.PAGE, np.int32), one)
    kind, out = np.zeros(1, np.int32), np.zeros(2, np.int32)
    places.kinds(at, tiny.kind, kind)
    places.chosen(at, fixed(one, np.uint64), 0, kind, every, out)
    places.put(at, fixed(one, np.int32), kind, every, out)


def _with(tiny: Part, match: Match) -> list[Callable[[], object]]:
    where, plain = zone("UTC"), funnel.Funnel(steps=2, within=1)
    strict = funnel.Funnel(steps=2, within=1, order="strict")
    names = paths.Names(["a", "b"], np.array([0, 1]))
    return [
        lambda: trends.trend([tiny], Calendar(np.array([0, ALWAYS]), np.array([0])), 1, match),
        lambda: funnel.count([tiny], match, plain),
        lambda: funnel.reach([tiny], match, plain),
        lambda: funnel.reach([tiny], match, strict),
        lambda: funnel.by_day([tiny], match, plain, where),
        lambda: funnel.by_day([tiny], match, strict, where),
        lambda: retention.retention([tiny], retention.Retention(), where, 0, match),
        lambda: paths.walk([tiny], paths.Paths(keep=1), names, match).top(1),
        lambda: paths.walk([tiny], paths.Paths(), names, match).steps(),
    ]
