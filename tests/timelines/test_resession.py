"""Sessions under another timeout: kernel = plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.timelines import oracle
from tests.timelines.oracle import Event
from tests.timelines.random_timelines import HOUR, KINDS, MINUTE, ZONES, as_part, base_and_overlay, long, relaxed

from clew.timelines.calendar import zone
from clew.timelines.columns import Part
from clew.timelines.resession import Bounce, Sessions, resession

WEIGHTS = [1, 0, 2, 1, 0]


def rows(found: Sessions) -> dict[int, tuple[int, int, int]]:
    return {int(day): (int(n), int(bounced), int(duration)) for day, n, bounced, duration in zip(*found, strict=True)}


def bounced(session: list[Event], rule: str) -> bool:
    if rule == "arrival":
        return session[-1].time - session[0].time <= 1
    return sum(WEIGHTS[e.kind] if rule == "single_view" else 1 for e in session) <= 1


BOUNCES = {"one_event": Bounce(), "arrival": Bounce(settle=1), "single_view": Bounce(weight=np.array(WEIGHTS))}


@relaxed(400)
@given(
    base_and_overlay(long()),
    st.sampled_from((0, 1, 30 * MINUTE, HOUR)),
    st.sampled_from(ZONES),
    st.sampled_from(sorted(BOUNCES)),
    st.sets(st.integers(0, KINDS - 1)),
)
def test_kernel_is_plain_python(timeline: tuple[list[list[list[Event]]], list[Part]], timeout: int, where: str, rule: str, ignored: set[int]) -> None:
    people, parts = timeline
    expected: dict[int, tuple[int, ...]] = {}
    for events in (e for units in people for e in units):
        for session in oracle.sessions([e for e in events if e.kind not in ignored], timeout):
            day = oracle.period(session[0].time, "day", where)
            row = (1, int(bounced(session, rule)), session[-1].time - session[0].time)
            expected[day] = tuple(np.add(expected.get(day, (0, 0, 0)), row).tolist())
    flags = np.array([kind in ignored for kind in range(KINDS)])
    assert rows(resession(parts, timeout, zone(where), flags, BOUNCES[rule])) == expected


def test_exactly_the_timeout_is_not_yet_too_long() -> None:
    part = as_part([[Event(0, 0), Event(10, 0), Event(21, 0)]])
    assert rows(resession([part], 10, zone("UTC"))) == {0: (2, 1, 10)}
