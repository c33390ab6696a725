"""The playbook's SQL files against plain Python, on random histories built by the real models."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import oracle
from tests.analyses import built
from tests.analyses.behaviour import History

from clew import clock
from clew.analyses.files import find
from clew.clock import DAY, MINUTE
from clew.config import Settings

EXAMPLES = int(os.environ.get("CLEW_EXAMPLES", "20"))
STEPS = (1, 10 * MINUTE, 30 * MINUTE, 30 * MINUTE + 1, DAY // 2, DAY, 3 * DAY, 7 * DAY, 13 * DAY, 30 * DAY)
WEEK = dt.timedelta(days=7)
ONE_DAY = dt.timedelta(days=1)


class Did(NamedTuple):
    """An event of a person: when in UTC, when by the local clock, and its name."""

    at: dt.datetime
    local: dt.datetime
    name: str


class World:
    """A history as the files see it: each person's events in order, and the end of the data."""

    def __init__(self, history: History, rules: Settings, of: str = "any") -> None:
        self.zone = clock.zone(rules.project.timezone)
        self.people: dict[str, list[Did]] = {}
        self.all: dict[str, list[Did]] = {}
        for person, rows in oracle.people(history.messages, rules).items():
            if person is None:
                continue
            ordered = sorted(rows, key=lambda m: m.order)
            self.all[person.id] = [self._did(m.time, m.event) for m in ordered]
            seen = [self._did(m.time, m.event) for m in ordered if oracle.is_activity(m, rules) and of in ("any", f"{m.type}s")]
            if seen:
                self.people[person.id] = seen
        end = self._did(built.as_of(history), None)
        self.as_of, self.local_as_of = end.at, end.local

    def _did(self, t: int, name: str | None) -> Did:
        at = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=t)
        return Did(at.replace(tzinfo=None), at.astimezone(self.zone).replace(tzinfo=None), str(name))

    def activated(self) -> dict[str, dt.datetime]:
        """By the local clock."""
        return {person: min(d.local for d in rows) for person, rows in self.people.items()}


def feature_use(world: World, _: dict[str, str]) -> Any:
    last = world.local_as_of.date()
    days = [last - i * ONE_DAY for i in range(28)]
    users, times = defaultdict(set), Counter[Any]()
    for person, rows in world.people.items():
        for d in rows:
            if d.local.date() in days:
                users[d.local.date(), d.name].add(person)
                times[d.local.date(), d.name] += 1
    names = {name for _, name in times}
    return [(day, name, len(users[day, name]), times[day, name]) for day in days for name in names]


def user_paths(world: World, asked: dict[str, str]) -> Any:
    found: Counter[Any] = Counter()
    for rows in world.people.values():
        sessions: list[list[Did]] = []
        for d in rows:
            if not sessions or d.at - sessions[-1][-1].at > dt.timedelta(minutes=30):
                sessions.append([])
            sessions[-1].append(d)
        for session in sessions:
            if session[0].at > world.as_of - dt.timedelta(days=28):
                names = [d.name for d in session[:5]]
                found[tuple(names + [None] * (5 - len(names)))] += 1
    total = sum(found.values())
    return [(*path, n, n / total) for path, n in found.items()]


def slip_away(world: World, asked: dict[str, str]) -> Any:
    found: dict[Any, list[bool]] = defaultdict(list)
    for rows in world.people.values():
        own = [d for d in rows if asked["event"] in ("", d.name)]
        for n, d in enumerate(own[:75]):
            if d.at + 30 * ONE_DAY > world.as_of:
                continue
            back = n + 1 < len(own)
            hours = ((own[n + 1].at if back else world.as_of) - d.at) // dt.timedelta(hours=1)
            for days in range(101):
                if Fraction(hours, 24) > days:
                    found[days, n // 5].append(back)
    return [(days, f"{5 * band + 1}-{5 * band + 5}", len(all_), sum(all_) / len(all_)) for (days, band), all_ in found.items()]


def retention_cohorts(world: World, _: dict[str, str]) -> Any:
    rows: dict[Any, list[Any]] = defaultdict(list)
    for person, first in world.activated().items():
        ages = {(d.local - first) // ONE_DAY for d in world.people[person]}
        rows[first.isoweekday(), f"{first:%A}"].append((ages, (world.local_as_of - first) // ONE_DAY))
    windows = (((1, 1), 2), ((7, 13), 14), ((14, 20), 21), ((28, 34), 35))

    def share(people: list[Any], window: Any, old: int) -> float | None:
        known = [ages for ages, age in people if age >= old]
        return sum(any(window[0] <= a <= window[1] for a in ages) for ages in known) / len(known) if known else None

    return [(name, len(people), *(share(people, window, old) for window, old in windows)) for (_, name), people in rows.items()]


def _first_week(world: World) -> tuple[dict[str, bool], dict[str, Counter[str]]]:
    """Of those who had two weeks: who was there in the second, and what each did how often in the first."""
    retained, did = {}, {}
    for person, first in world.activated().items():
        if first + 2 * WEEK <= world.local_as_of:
            rows = world.people[person]
            retained[person] = any(first + WEEK <= d.local < first + 2 * WEEK for d in rows)
            did[person] = Counter(d.name for d in rows if d.local < first + WEEK)
    return retained, did


def metrics_that_matter(world: World, _: dict[str, str]) -> Any:
    retained, did = _first_week(world)
    total, found = sum(retained.values()), []
    for name in {name for names in did.values() for name in names}:
        for least in range(1, 11):
            doers = [person for person, names in did.items() if names[name] >= least]
            if doers:
                both = sum(retained[person] for person in doers)
                rates = (both / len(doers), total - both, both / (len(doers) + total - both))
                found.append((name, least, len(retained), total, len(doers), both, *rates))
    return found


def metrics_that_matter_distribution(world: World, _: dict[str, str]) -> Any:
    retained, did = _first_week(world)
    found: Counter[Any] = Counter()
    for name in {name for names in did.values() for name in names}:
        for person, stayed in retained.items():
            found[name, stayed, min(did[person][name], 20)] += 1
    sums = Counter[Any]()
    for (name, stayed, _), n in found.items():
        sums[name, stayed] += n
    return [(*key, n, n / sums[key[:2]]) for key, n in found.items()]


def interventions(world: World, asked: dict[str, str]) -> Any:
    sizes: Counter[str] = Counter()
    active: Counter[Any] = Counter()
    first = world.activated()
    for person, rows in world.all.items():
        for at in [d.local for d in rows if d.name == asked["intervention"]]:
            if person not in first or at + 31 * ONE_DAY > world.local_as_of:
                continue
            band = _band(at - first[person])
            sizes[band] += 1
            for offset in {(d.local - at) // ONE_DAY for d in world.people[person] if d.name != asked["intervention"]}:
                active[band, offset] += 1
    return [(band, i, n, active[band, i], active[band, i] / n) for band, n in sizes.items() for i in range(-30, 31)]


def _band(age: dt.timedelta) -> str:
    days = int(age / ONE_DAY)
    return next((name for most, name in ((30, "0-30"), (60, "31-60"), (90, "61-90"), (150, "91-150")) if days <= most), "151 and more")


def describing_retention(world: World, asked: dict[str, str]) -> Any:
    weekly = asked["interval"] == "week"
    first = {person: at for person, at in world.activated().items() if at >= _cohort_floor(world.local_as_of, weekly)}
    cohorts: dict[dt.date, list[str]] = defaultdict(list)
    for person, at in first.items():
        cohorts[_starts(at.date(), weekly)].append(person)
    found = []
    for cohort, people in cohorts.items():
        newest, before = max(first[person] for person in people), None
        for period in range(12):
            if _later(newest, period, weekly) > world.local_as_of:
                break
            retained = sum(any(_whole(first[person], d.local, weekly) == period for d in world.people[person]) for person in people)
            lost = None if before is None else (before - retained) / len(people)
            of_before = None if not before else (before - retained) / before
            complete = _later(newest, period + 1, weekly) <= world.local_as_of
            found.append((cohort, period, len(people), retained, retained / len(people), lost, of_before, complete))
            before = retained
    return found


def _cohort_floor(as_of: dt.datetime, weekly: bool) -> dt.datetime:
    start = dt.datetime.combine(_starts(as_of.date(), weekly), dt.time())
    return start - 11 * WEEK if weekly else _later(start, -11, weekly)


def _starts(day: dt.date, weekly: bool) -> dt.date:
    return day - day.weekday() * ONE_DAY if weekly else day.replace(day=1)


def _later(at: dt.datetime, periods: int, weekly: bool) -> dt.datetime:
    """So many weeks or months on; the last day of a shorter month."""
    if weekly:
        return at + periods * WEEK
    months = at.year * 12 + at.month - 1 + periods
    year, month = months // 12, months % 12 + 1
    last = (dt.date(year + month // 12, month % 12 + 1, 1) - ONE_DAY).day
    return at.replace(year=year, month=month, day=min(at.day, last))


def _whole(start: dt.datetime, at: dt.datetime, weekly: bool) -> int:
    if weekly:
        return (at - start) // WEEK
    months = (at.year - start.year) * 12 + at.month - start.month
    return months - ((at.day, at.time()) < (start.day, start.time()))


REPORTS = {
    "feature_use": (feature_use, ({},)),
    "user_paths": (user_paths, ({},)),
    "slip_away": (slip_away, ({"event": ""}, {"event": "A"})),
    "retention_cohorts": (retention_cohorts, ({},)),
    "metrics_that_matter": (metrics_that_matter, ({},)),
    "metrics_that_matter_distribution": (metrics_that_matter_distribution, ({},)),
    "interventions": (interventions, ({"intervention": "X"}, {"intervention": "A"})),
    "describing_retention": (describing_retention, ({"interval": "week"}, {"interval": "month"})),
}


def rounded(rows: Any) -> list[tuple[Any, ...]]:
    return sorted((tuple(round(v, 9) if isinstance(v, float) else v for v in row) for row in rows), key=str)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(built.histories(steps=STEPS), built.zones, st.sampled_from(("any", "tracks", "pages")))
def test_the_files_count_as_python_does(tmp_path: Path, history: History, zone: str, of: str) -> None:
    rules = built.rules(zone)
    world = World(history, rules, of)
    stage = built.build(history, rules, tmp_path)
    for name, (expected, questions) in REPORTS.items():
        file = find(tmp_path, name)
        assert file is not None
        for asked in questions:
            found = stage.connection.execute(file.sql({**asked, "of": of})).fetchall()
            assert rounded(found) == rounded(expected(world, asked)), (name, asked)
    stage.connection.close()
