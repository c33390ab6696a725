"""The session metrics' SQL against a plain count in Python, over random sessions and zones with hard days."""

from __future__ import annotations

import datetime as dt
import math
import re
import zoneinfo
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew import clock
from clew.analyses import session_metrics as analysis
from clew.analyses.dimensions import DIMENSIONS, available
from clew.analyses.periods import GRAINS
from clew.analyses.session_metrics import BOTH, TIME, VALUE, Numbers, Params
from clew.analyses.text import runnable
from pages import Session, database, shoppers

DAY = dt.timedelta(days=1)
ZONES = ("UTC", "Europe/Amsterdam", "America/St_Johns", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia")
FIRST, LAST = dt.date(2026, 3, 26), dt.date(2026, 4, 6)
"""Summer time begins in Europe and Beirut (at midnight), and ends in the south."""
GOLDEN = Path(__file__).parents[1] / "golden" / "analyses"
READ: dict[str, Callable[[Session], str | None]] = {
    "referrer": lambda s: host(s.first_referrer),
    "device": lambda s: s.device_type,
    "landing": lambda s: s.landing_page,
    "exit": lambda s: s.exit_page,
    "visit": lambda s: "new" if s.is_first_session else "returning",
}
"""The dimensions that are not a column of the same name."""

texts = st.sampled_from([None, "", "a", "b", "it's $x", "(none)"])
REFERRERS = [None, "", "https://www.Example.com/x?y", "http://user:pw@example.com:80/", "android-app://com.app/", "no url", "HTTPS://WWW.example.com"]


told: dict[str, st.SearchStrategy[Any]] = {
    "person_id": st.integers(1, 3),
    "start": st.datetimes(dt.datetime(2026, 3, 10), dt.datetime(2026, 4, 12)),
    "source": st.sampled_from(["web", "app"]),
    "is_bounced": st.booleans(),
    "events": st.integers(1, 9),
    "duration_seconds": st.sampled_from([0.0, 0.1, 0.2, 12.5, 600.000001, 86_400.0]),
    "channel": st.sampled_from(["direct", "email"]),
    "landing_page": texts,
    "exit_page": texts,
    "first_referrer": st.sampled_from(REFERRERS),
    "utm_campaign": texts,
    "country": texts,
    "browser": texts,
    "device_type": texts,
}


@st.composite
def histories(draw: st.DrawFn) -> list[Session]:
    """Sessions of three people; the earliest of each is the first."""
    rows = st.fixed_dictionaries(told).map(lambda row: Session(**row))
    sessions = sorted(draw(st.lists(rows, max_size=25)), key=lambda s: (s.person_id, s.start))
    return [s._replace(is_first_session=first) for _, own in groupby(sessions, key=lambda s: s.person_id) for s, first in _marked(own)]


def _marked(sessions: Iterable[Session]) -> list[tuple[Session, bool]]:
    return [(s, i == 0) for i, s in enumerate(sessions)]


def host(url: str | None) -> str:
    match = re.match(r"[a-z][a-z0-9+.-]*://", (url or "").lower())
    if not match:
        return ""
    rest = re.split(r"[/?#]", (url or "").lower()[match.end() :])[0].rpartition("@")[2]
    return rest.split(":")[0].removeprefix("www.")


def read(key: str, session: Session) -> str:
    return (READ[key](session) if key in READ else getattr(session, key)) or ""


def day_of(t: dt.datetime, zone: zoneinfo.ZoneInfo) -> dt.date:
    return t.replace(tzinfo=dt.UTC).astimezone(zone).date()


def numbers(held: list[Session]) -> Numbers:
    """The definitions, said again in Python."""
    lengths = sorted(s.duration_seconds for s in held)
    return Numbers(
        sessions=len(held),
        bounced=sum(s.is_bounced for s in held),
        people=len({s.person_id for s in held}),
        new_people=len({s.person_id for s in held if s.is_first_session}),
        events=sum(s.events for s in held),
        duration_us=sum(round(s.duration_seconds * 10**6) for s in held),
        median_seconds=lengths[math.ceil(len(lengths) / 2) - 1] if held else None,
    )


def asked(params: Params, zone: zoneinfo.ZoneInfo, sessions: list[Session]) -> list[Session]:
    return [
        s
        for s in sessions
        if params.first <= day_of(s.start, zone) <= params.last
        and (params.until is None or s.start < params.until)
        and all(read(key, s) == value for key, value in params.filters)
    ]


params = st.builds(
    Params,
    first=st.just(FIRST),
    last=st.just(LAST),
    grain=st.sampled_from(GRAINS),
    week_starts=st.sampled_from(["monday", "sunday", "saturday"]),
    until=st.none() | st.datetimes(dt.datetime(2026, 3, 26), dt.datetime(2026, 4, 7)),
    shift=st.sampled_from([0, 12, 31]),
    filters=st.sampled_from(
        [(), (("channel", "email"),), (("referrer", "example.com"), ("landing", "")), (("country", "it's $x"),), (("visit", "new"),)]
    ),
    by=st.sampled_from(["channel", "referrer", "utm_campaign", "country", "device", "browser", "landing", "exit", "visit", "source"]),
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(ZONES), histories(), params)
def test_the_sql_counts_as_python_does(zone: str, sessions: list[Session], params: Params) -> None:
    held = asked(params, clock.zone(zone), sessions)
    move = params.shift * DAY
    with database([], sessions, zone) as connection:
        over = analysis.over(connection, params)
        rows = analysis.by_value(connection, params)
        trends = analysis.trends(connection, params, [row.value for row in rows])
        light = analysis.trends(connection, params, [row.value for row in rows], full=False)
    inside = [[s for s in held if p.starts <= day_of(s.start, clock.zone(zone)) + move <= p.ends] for p in params.periods]
    assert over.total == numbers(held)
    assert [n for _, n in over.periods] == [numbers(group) for group in inside]
    expected = {value: numbers([s for s in held if read(params.by, s) == value]) for value in {read(params.by, s) for s in held}}
    assert {row.value: row.numbers for row in rows} == expected
    assert [row.numbers.sessions for row in rows] == sorted((n.sessions for n in expected.values()), reverse=True)
    for value in expected:
        each = [numbers([s for s in group if read(params.by, s) == value]) for group in inside]
        assert list(trends[value]) == each
        assert [(n.sessions, n.bounced) for n in light[value]] == [(n.sessions, n.bounced) for n in each]


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda d: d.key)
def test_every_dimension_is_counted_and_filtered(dimension: Any) -> None:
    _, sessions = shoppers(people=40)
    params = Params(first=dt.date(2026, 10, 1), last=dt.date(2026, 11, 23), by=dimension.key)
    with database([], sessions) as connection:
        rows = analysis.by_value(connection, params)
        total = analysis.over(connection, params).total
        assert sum(row.numbers.sessions for row in rows) == total.sessions > 100
        for row in rows:
            alone = analysis.over(connection, Params(first=params.first, last=params.last, filters=((dimension.key, row.value),)))
            assert alone.total == row.numbers


def test_a_person_is_one_over_the_range() -> None:
    sessions = [Session(1, dt.datetime(2026, 4, day, 12), "web", False, is_first_session=day == 1) for day in (1, 2, 3)]
    with database([], sessions) as connection:
        over = analysis.over(connection, Params(first=FIRST, last=LAST))
    assert over.total.people == 1
    assert sum(n.people for _, n in over.periods) == 3
    assert over.total.sessions_per_person == 3.0
    assert (over.total.new_people, over.total.returning_people) == (1, 0)
    assert [n.returning_people for _, n in over.periods[-6:-3]] == [0, 1, 1]


def test_without_sessions_there_are_no_rates() -> None:
    with database([], []) as connection:
        over = analysis.over(connection, Params(first=FIRST, last=LAST))
        assert analysis.by_value(connection, Params(first=FIRST, last=LAST, by="channel")) == ()
    total = over.total
    assert total == Numbers()
    assert total.bounce_rate is total.mean_seconds is total.median_seconds is total.events_per_session is total.sessions_per_person is None
    assert len(over.periods) == 12


def test_only_the_largest_values() -> None:
    sessions = [Session(1, dt.datetime(2026, 4, 1, 12, i), "web", False, country="ABC"[i % 3]) for i in range(7)]
    with database([], sessions) as connection:
        rows = analysis.by_value(connection, Params(first=FIRST, last=LAST, by="country"), most=2)
    assert [(row.value, row.numbers.sessions) for row in rows] == [("A", 3), ("B", 2)]


def test_dimensions_without_their_column_are_left_out() -> None:
    keys = {d.key for d in available(["channel", "first_referrer", "is_first_session"])}
    assert keys == {"channel", "referrer", "visit"}


@pytest.mark.parametrize("shape", [TIME, VALUE, BOTH])
def test_the_text_with_its_values_gives_the_same_rows(shape: str) -> None:
    params = Params(first=dt.date(2026, 11, 1), last=dt.date(2026, 11, 20), grain="week", by="landing", filters=(("source", "web"), ("country", "")))
    bound = analysis.values(params, shape, ["/", "/sale"])
    with database(*shoppers(people=60)) as connection:
        rows = connection.execute(analysis.sql(params, shape), bound).fetchall()
        assert connection.execute(runnable(analysis.sql(params, shape), bound)).fetchall() == rows
    assert len(rows) >= 4


@pytest.mark.parametrize(("shape", "full"), [(TIME, True), (VALUE, True), (BOTH, True), (BOTH, False)])
def test_golden(shape: str, full: bool) -> None:
    params = Params(first=FIRST, last=LAST, by="referrer", filters=(("channel", "email"), ("landing", "/")))
    expected = (GOLDEN / f"session_metrics_{shape}{'' if full else '_light'}.sql").read_text()
    assert analysis.sql(params, shape, full=full).rstrip() == expected.rstrip()


@pytest.mark.parametrize("count", range(1, 12))
def test_the_median_is_the_nearest_rank(count: int) -> None:
    lengths = [float(i) for i in range(1, count + 1)]
    row = duckdb.execute("SELECT quantile_disc(x, 0.5) FROM (SELECT unnest(?) AS x)", [lengths]).fetchone()
    assert row == (math.ceil(count / 2),)
