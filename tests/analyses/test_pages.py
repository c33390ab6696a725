"""The pages' SQL against a plain count in Python, over random sessions; against the session metrics; and over what the models make."""

from __future__ import annotations

import datetime as dt
import math
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.stage import Stage
from tests.oracle import Message

from clew.analyses import pages as analysis
from clew.analyses import session_metrics
from clew.analyses.pages import Numbers, Pages, Params, Row
from clew.analyses.text import runnable
from clew.config import Settings
from pages import Happened, Session, database, shoppers

DAY = dt.date(2026, 4, 1)
NOON = dt.datetime(2026, 4, 1, 12)
ASKED = Params(first=DAY, last=DAY)
GOLDEN = Path(__file__).parents[1] / "golden" / "analyses"


class Told(NamedTuple):
    """An event of a session: how long after the one before, whether it is a view, and of which page."""

    seconds: float
    type: str
    path: str | None
    url: str | None

    @property
    def page(self) -> str | None:
        return self.path or self.url or None


tells = st.builds(
    Told,
    st.sampled_from([0.0, 0.000001, 1.5, 60.0]),
    st.sampled_from(["page", "page", "screen", "track"]),
    st.sampled_from([None, "", "/", "/Shoes", "/shoes/2", "it's $holding"]),
    st.sampled_from([None, "", "https://shop.example/x"]),
)
told_sessions = st.lists(st.tuples(st.booleans(), st.sampled_from(["email", "direct"]), st.integers(0, 2), st.lists(tells, min_size=1)), max_size=8)
Tell = tuple[bool, str, int, list[Told]]


def rows(told: list[Tell]) -> tuple[list[Session], list[Happened]]:
    """The same as rows of the contract's tables."""
    sessions, happened = [], []
    for number, (is_bounced, channel, days, events) in enumerate(told):
        start = NOON + dt.timedelta(days=days - 1)
        times = [start + dt.timedelta(seconds=sum(e.seconds for e in events[1 : i + 1])) for i in range(len(events))]
        named = [e.page for e in events if e.page]
        landing, leaving = (named[0], named[-1]) if named else (None, None)
        seconds = (times[-1] - start) / dt.timedelta(microseconds=1) / 1e6
        session = Session(1, start, "web", is_bounced, len(events), 0, seconds, landing_page=landing, exit_page=leaving, channel=channel)
        sessions.append(session)
        happened += [Happened(number, i + 1, e.type, t, e.path, e.url) for i, (e, t) in enumerate(zip(events, times, strict=True))]
    return sessions, happened


def numbers(held: list[Tell], wanted: set[str]) -> Numbers:
    """The definitions, said again in Python."""
    named = [([e.page for e in events if e.page], is_bounced) for is_bounced, _, _, events in held]
    times = sorted(us for *_, events in held for us in times_on(events, wanted))
    return Numbers(
        views=sum(e.page in wanted and e.type != "track" for *_, events in held for e in events),
        sessions=sum(bool(wanted & set(pages)) for pages, _ in named),
        entrances=sum(bool(pages) and pages[0] in wanted for pages, _ in named),
        bounced=sum(bool(pages) and pages[0] in wanted and is_bounced for pages, is_bounced in named),
        exits=sum(bool(pages) and pages[-1] in wanted for pages, _ in named),
        timed=len(times),
        time_us=sum(times),
        median_us=times[math.ceil(len(times) / 2) - 1] if times else None,
    )


def times_on(events: list[Told], wanted: set[str]) -> list[int]:
    """The time of each view that something follows, in microseconds."""
    views = [i for i, e in enumerate(events) if e.type != "track"]
    ends = [*views[1:], len(events) - 1] if views else []
    followed = [(i, end) for i, end in zip(views, ends, strict=True) if end > i and events[i].page in wanted]
    return [round(sum(e.seconds for e in events[i + 1 : end + 1]) * 10**6) for i, end in followed]


@settings(max_examples=120, deadline=None)
@given(told_sessions, st.sampled_from(["", "SHOES", "$holding", "%"]), st.sampled_from([(), (("channel", "email"),), (("landing", "/"),)]))
def test_the_sql_counts_as_python_does(told: list[Tell], holding: str, filters: tuple[tuple[str, str], ...]) -> None:
    sessions, happened = rows(told)
    held = [t for t, s in zip(told, sessions, strict=True) if s.start.date() == DAY and all(asks(s, *f) for f in filters)]
    named = {e.page for *_, events in held for e in events if e.page and holding.lower() in e.page.lower()}
    with database([], sessions, "UTC", happened) as connection:
        found = analysis.pages(connection, Params(first=DAY, last=DAY, holding=holding, filters=filters))
    assert found.total == numbers(held, named)
    assert {row.page: row.numbers for row in found.rows} == {page: numbers(held, {page}) for page in named}
    assert all((a.numbers.views, a.numbers.sessions) >= (b.numbers.views, b.numbers.sessions) for a, b in pairwise(found.rows))


def asks(session: Session, key: str, value: str) -> bool:
    return {"channel": session.channel, "landing": session.landing_page or ""}[key] == value


@pytest.mark.parametrize("filters", [(), (("channel", "email"),), (("visit", "new"), ("source", "web"))])
def test_entrances_bounces_and_exits_are_those_of_the_session_metrics(filters: tuple[tuple[str, str], ...]) -> None:
    first, last = dt.date(2026, 10, 1), dt.date(2026, 11, 23)
    with database(*shoppers(people=60)) as connection:
        found = analysis.pages(connection, Params(first=first, last=last, filters=filters))
        by = {
            key: session_metrics.by_value(connection, session_metrics.Params(first=first, last=last, filters=filters, by=key))
            for key in ("landing", "exit")
        }
    assert len(found.rows) == 4
    begun = {r.page: (r.numbers.entrances, r.numbers.bounced) for r in found.rows if r.numbers.entrances}
    assert begun == {r.value: (r.numbers.sessions, r.numbers.bounced) for r in by["landing"]}
    assert {r.page: r.numbers.exits for r in found.rows if r.numbers.exits} == {r.value: r.numbers.sessions for r in by["exit"]}


def test_over_what_the_models_make(tmp_path: Path) -> None:
    at = int(NOON.replace(tzinfo=dt.UTC).timestamp()) * 10**6
    told = [("page", 0, "/"), ("track", 5, "/"), ("page", 20, "/shoes"), ("page", 80, "/"), ("page", 4000, "/")]
    stage = Stage(
        Message(message_id=f"m{i}", type=kind, event="E", anonymous_id="a", timestamp=at + s * 10**6, received_at=at + s * 10**6, page_path=path)
        for i, (kind, s, path) in enumerate(told)
    )
    stage.build(Settings(), tmp_path)
    found = analysis.pages(stage.cursor(), ASKED)
    home = Numbers(views=3, sessions=2, entrances=2, bounced=1, exits=2, timed=1, time_us=20 * 10**6, median_us=20 * 10**6)
    shoes = Numbers(views=1, sessions=1, timed=1, time_us=60 * 10**6, median_us=60 * 10**6)
    assert found.rows == (Row("/", home), Row("/shoes", shoes))
    assert (found.total.views, found.total.sessions, found.total.mean_seconds) == (4, 2, 40.0)
    assert (home.bounce_rate, home.exit_rate, home.views_per_session, home.median_seconds) == (0.5, 1.0, 1.5, 20.0)


def test_without_sessions_there_are_no_rates() -> None:
    with database([], []) as connection:
        assert analysis.pages(connection, ASKED) == Pages(Numbers(), ())
    none = Numbers()
    assert none.bounce_rate is none.exit_rate is none.views_per_session is none.mean_seconds is none.median_seconds is None


def test_some_pages_and_only_the_largest_leave_the_total_as_it_is() -> None:
    params = Params(first=dt.date(2026, 10, 1), last=dt.date(2026, 11, 23))
    with database(*shoppers(people=60)) as connection:
        every = analysis.pages(connection, params)
        assert analysis.pages(connection, params, most=2) == Pages(every.total, every.rows[:2])
        chosen = analysis.pages(connection, params, ("/sale", "/nowhere"))
    assert chosen == Pages(every.total, tuple(row for row in every.rows if row.page == "/sale"))


def test_the_text_with_its_values_gives_the_same_rows_and_is_golden() -> None:
    params = Params(first=dt.date(2026, 11, 1), last=dt.date(2026, 11, 20), holding="s", filters=(("channel", "email"), ("country", "NL")))
    text, bound = analysis.sql(params), analysis.values(params)
    with database(*shoppers(people=60)) as connection:
        found = connection.execute(text, bound).fetchall()
        assert connection.execute(runnable(text, bound)).fetchall() == found
    assert len(found) > 1
    assert text.rstrip() == (GOLDEN / "pages.sql").read_text().rstrip()
