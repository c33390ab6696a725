"""The overview's SQL against a plain count in Python, over random histories and zones with hard days."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew import clock
from clew.analyses import overview
from clew.analyses.overview import Numbers, Params
from clew.analyses.text import runnable, sql_text
from pages import Event, Session, database, shoppers

DAY = dt.timedelta(days=1)
BLOCKED = {"null", "nobody"}
ZONES = ("UTC", "Europe/Amsterdam", "America/St_Johns", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia")
FIRST = dt.date(2026, 3, 26)
"""The range has the change to summer time in Europe and Beirut (at midnight), and to standard time in the south."""
LAST = dt.date(2026, 4, 6)

times = st.datetimes(dt.datetime(2026, 3, 24), dt.datetime(2026, 4, 9))
ids = st.sampled_from([None, "x", "y", "z"])
user_ids = ids | st.sampled_from(["null", " NULL\t", "00-0", "-1", "nobody"])
sources = st.sampled_from(["web", "app"])
events = st.builds(
    Event, person_id=st.sampled_from([None, 1, 2, 3]), source=sources, time=times, anonymous_id=ids, user_id=user_ids, is_activity=st.booleans()
)
sessions = st.tuples(st.integers(1, 3), times, sources, st.booleans()).map(lambda row: Session(*row))


def local_day(t: dt.datetime, zone: zoneinfo.ZoneInfo) -> dt.date:
    return t.replace(tzinfo=dt.UTC).astimezone(zone).date()


def raw_id(event: Event) -> str | None:
    bare = (event.user_id or "").strip().lower()
    return event.anonymous_id if not bare.strip("0-") or bare in BLOCKED else event.user_id


def counted(params: Params, zone: zoneinfo.ZoneInfo, took: list[Event], held: list[Session]) -> dict[dt.date | None, Numbers]:
    """The definitions, said again in Python. The key None is the whole range."""

    def asked(source: str, t: dt.datetime) -> bool:
        return params.source in (None, source) and (params.until is None or t < params.until) and params.first <= local_day(t, zone) <= params.last

    took = [e for e in took if e.is_activity and e.person_id is not None and asked(e.source, e.time)]
    held = [s for s in held if asked(s.source, s.start)]
    days: list[dt.date | None] = [None, *(params.first + i * DAY for i in range((params.last - params.first).days + 1))]
    return {
        day: Numbers(
            sessions=len(now := [s for s in held if day in (None, local_day(s.start, zone))]),
            bounced=sum(s.is_bounced for s in now),
            people=len({e.person_id for e in took if day in (None, local_day(e.time, zone))}),
            raw_ids=len({raw for e in took if day in (None, local_day(e.time, zone)) and (raw := raw_id(e))}),
        )
        for day in days
    }


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), st.lists(events, max_size=30), st.lists(sessions, max_size=20), st.sampled_from([None, "web"]), st.none() | times)
def test_the_sql_counts_as_python_does(zone: str, took: list[Event], held: list[Session], source: str | None, until: dt.datetime | None) -> None:
    params = Params(first=FIRST, last=LAST, source=source, until=until, blocked=tuple(BLOCKED))
    with database(took, held, zone) as connection:
        answer = overview.run(connection, params)
    expected = counted(params, clock.zone(zone), took, held)
    assert {None: answer.total, **dict(answer.days)} == expected


def test_a_day_of_25_hours_has_them_all() -> None:
    hours = [dt.datetime(2026, 10, 24, 22) + dt.timedelta(hours=i) for i in range(26)]
    with database([], [Session(1, t, "web", is_bounced=False) for t in hours]) as connection:
        answer = overview.run(connection, Params(first=dt.date(2026, 10, 25), last=dt.date(2026, 10, 26)))
    assert [day.numbers.sessions for day in answer.days] == [25, 1]


def test_a_range_without_events_is_zeros() -> None:
    with database([], []) as connection:
        answer = overview.run(connection, Params(first=FIRST, last=LAST))
    assert answer.total == Numbers()
    assert [day.numbers for day in answer.days] == [Numbers()] * 12
    assert answer.total.bounce_rate is None


def test_a_person_is_one_over_the_range() -> None:
    took = [Event(1, "web", dt.datetime(2026, 4, day, 12), f"a{day}", None) for day in (1, 2, 3)]
    with database(took, []) as connection:
        total = overview.run(connection, Params(first=FIRST, last=LAST)).total
    assert (total.people, total.raw_ids, total.joined) == (1, 3, 2)


@pytest.mark.parametrize("query", [overview.SESSIONS, overview.PEOPLE])
def test_the_text_with_its_values_gives_the_same_rows(query: str) -> None:
    params = Params(first=dt.date(2026, 11, 1), last=dt.date(2026, 11, 20), source="web", until=dt.datetime(2026, 11, 19, 12))
    with database(*shoppers(people=40)) as connection:
        bound = connection.execute(sql_text(query), overview.values(params, query)).fetchall()
        written = connection.execute(runnable(sql_text(query), overview.values(params, query))).fetchall()
    assert bound == written
    assert len(bound) > 10
