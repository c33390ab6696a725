"""Local days, weeks and months: pieces of the time axis = asking the zone about each instant."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.timelines import oracle
from tests.timelines.oracle import DAY, Event
from tests.timelines.random_timelines import CHANGES, HOUR, ZONES, as_part, relaxed

from clew.clock import parse_time
from clew.timelines.axis import axis
from clew.timelines.calendar import ALWAYS, Calendar, calendar, spanning, zone
from clew.timelines.kernels.pieces import piece_at

# And Samoa, which left out a day, and São Paulo, where a day began at one o'clock.
MORE = (*ZONES, "Pacific/Apia", "America/Sao_Paulo", "Asia/Kathmandu")
TIMES = (*CHANGES, parse_time("2011-12-30") or 0, parse_time("2018-11-04") or 0)


@relaxed(1000)
@given(st.sampled_from(TIMES), st.integers(-3 * DAY, 3 * DAY), st.sampled_from(("day", "week", "month")), st.sampled_from(MORE))
def test_pieces_are_the_zone(around: int, offset: int, unit: str, where: str) -> None:
    found = calendar(unit, around, around + DAY, zone(where))  # type: ignore[arg-type]
    t = around + offset
    piece = int(np.searchsorted(found.start, t, "right")) - 1
    assert found.number[piece] == oracle.period(t, unit, where)
    assert piece_at(axis(found), t) == piece


@pytest.mark.parametrize("where", MORE)
def test_the_edges_of_pieces_are_edges_of_days(where: str) -> None:
    found = calendar("day", TIMES[0], TIMES[0] + 300 * DAY, zone(where))
    for start, number in zip(found.start[1:-1].tolist(), found.number[1:].tolist(), strict=True):
        assert (oracle.period(start - 1, "day", where), oracle.period(start, "day", where)) == (number - 1, number)
        assert found.end(number - 1) == start


@pytest.mark.parametrize(("starts", "day"), [("monday", "2026-06-01"), ("sunday", "2026-05-31"), ("saturday", "2026-05-30")])
def test_weeks_start_when_the_project_says(starts: str, day: str) -> None:
    first = parse_time(day) or 0
    assert first in calendar("week", first, first + DAY, zone("UTC", starts)).start.tolist()


def test_a_day_that_comes_twice_ends_after_the_second() -> None:
    change = parse_time("2005-10-30T02:31") or 0
    found = calendar("day", change, change, zone("America/St_Johns"))
    day = oracle.period(change, "day", "America/St_Johns")
    assert found.number.tolist().count(day) == 2
    assert found.end(day) > change + HOUR // 2


def test_an_end_outside_is_refused() -> None:
    found = spanning([as_part([[Event(0, 0)], []])], "day", zone("UTC"))
    with pytest.raises(ValueError, match="expected a period"):
        found.end(int(found.number[-1]))


@relaxed(300)
@given(st.lists(st.integers(-(2**50), 2**50), min_size=1, max_size=20, unique=True), st.data())
def test_pieces_of_any_length_are_found(starts: list[int], data: st.DataObject) -> None:
    """Also where many lie in one slot of the table, and after all slots."""
    start = np.array([*sorted(starts), ALWAYS])
    found = axis(Calendar(start, np.arange(len(starts))))
    near = data.draw(st.sampled_from(start[:-1].tolist())) + data.draw(st.integers(-1, 1))
    for t in {max(near, int(start[0])), data.draw(st.integers(int(start[0]), 2**62))}:
        assert piece_at(found, t) == np.searchsorted(start, t, "right") - 1
