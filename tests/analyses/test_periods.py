from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.analyses.periods import GRAINS, WEEK_SHIFT, Grain, periods

DAY = dt.timedelta(days=1)
FIRST_DAY = {"monday": 0, "sunday": 6, "saturday": 5}
dates = st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1))


@given(dates, st.integers(0, 400), st.sampled_from(GRAINS), st.sampled_from(sorted(WEEK_SHIFT)))
def test_every_day_is_in_one_period(first: dt.date, days: int, grain: Grain, week_starts: str) -> None:
    last = first + days * DAY
    found = periods(first, last, grain, week_starts)
    covered = [p.first + i * DAY for p in found for i in range((p.last - p.first).days + 1)]
    assert covered == [first + i * DAY for i in range(days + 1)]
    for period in found:
        length = (period.ends - period.starts).days + 1
        assert period.starts <= period.first <= period.last <= period.ends
        assert length == 1 if grain == "day" else length == 7 if grain == "week" else period.starts.day == 1 == (period.ends + DAY).day
        if grain == "week":
            assert period.starts.weekday() == FIRST_DAY[week_starts]


@pytest.mark.parametrize(("week_starts", "starts"), [("monday", "2026-11-23"), ("sunday", "2026-11-22"), ("saturday", "2026-11-21")])
def test_a_week_begins_where_the_project_says(week_starts: str, starts: str) -> None:
    (week,) = periods(dt.date(2026, 11, 24), dt.date(2026, 11, 25), "week", week_starts)
    assert week.starts == dt.date.fromisoformat(starts)
    assert not week.is_whole
