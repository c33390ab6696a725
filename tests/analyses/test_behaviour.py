"""Trends, retention, lifecycle, stickiness and paths against plain Python, on random histories built by the real models."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import oracle
from tests.analyses import behaviour, built
from tests.analyses.behaviour import History
from tests.oracle import Message, local_date

from clew import clock
from clew.analyses import lifecycle, paths, retention, stickiness, trends
from clew.clock import DAY
from clew.config import Settings
from clew.errors import QueryError
from clew.predicates.field import number

EXAMPLES = int(os.environ.get("CLEW_EXAMPLES", "12"))
relaxed = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
weeks = st.sampled_from(("monday", "sunday", "saturday"))
LATE = (0, 1, clock.MINUTE, 10 * clock.MINUTE, clock.HOUR, DAY)
LONG = (1, 10 * clock.MINUTE, DAY // 2, DAY, 3 * DAY, 7 * DAY, 30 * DAY)
unit_names = st.sampled_from(("person", "person", "account", "session"))
events = st.sampled_from(((), ("A",), ("A", "B{p=x}"), ("X",)))
ranges = st.sampled_from(
    ((None, None), (dt.date(2026, 3, 1), dt.date(2026, 3, 20)), (dt.date(2026, 6, 20), None), (dt.date(2026, 1, 1), dt.date(2026, 12, 31)))
)


def span(history: History, params: Any, zone: str) -> tuple[dt.date, dt.date]:
    last = params.last or local_date(built.as_of(history), zone)
    return params.first or last - dt.timedelta(days=27), last


def local(t: int, zone: str) -> dt.datetime:
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=t)).astimezone(clock.zone(zone)).replace(tzinfo=None)


def week_start(day: dt.date, rules: Settings) -> dt.date:
    first = {"monday": 0, "sunday": 6, "saturday": 5}[rules.project.week_starts]
    return day - dt.timedelta(days=(day.weekday() - first) % 7)


def start(day: dt.date, interval: str, rules: Settings) -> dt.date:
    """The first day of the period that holds the day."""
    month = (day.month - 1) // 3 * 3 + 1 if interval == "quarter" else day.month
    return day if interval == "day" else week_start(day, rules) if interval == "week" else dt.date(day.year, month, 1)


def following(day: dt.date, interval: str) -> dt.date:
    if interval in ("day", "week"):
        return day + dt.timedelta(days=1 if interval == "day" else 7)
    months = day.month - 1 + (3 if interval == "quarter" else 1)
    return dt.date(day.year + months // 12, months % 12 + 1, 1)


def matches(history: History, rules: Settings, texts: tuple[str, ...]) -> Any:
    says = [history.says(text) for text in texts]
    return lambda m: any(s(m) for s in says) if says else oracle.is_activity(m, rules)


def listed(stage: Any, report: Any, params: Any, rules: Settings, *cell: Any) -> list[dict[str, Any]]:
    """Who is behind a number: rows with `unit` and `universal_user_id`."""
    found = stage.connection.execute(report.sql(msgspec.structs.replace(params, cell=tuple(map(str, cell))), rules))
    names = [name for name, *_ in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    assert len({row["unit"] for row in rows}) == len(rows), "each once"
    return rows


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(row["universal_user_id"] for row in rows)


# ------------------------------------------------------------------------------------------------------------------ trends
@st.composite
def trend_questions(draw: st.DrawFn) -> trends.Params:
    measure = draw(st.sampled_from(("events", "people", "accounts", "sessions", "per_person", "sum", "average", "p90")))
    first, last = draw(ranges)
    return trends.Params(
        event=draw(events),
        measure=measure,
        property="price" if measure in ("sum", "average", "p90") else None,
        divided_by=draw(st.sampled_from(((), (), ("B",), ("*",)))),
        interval=draw(st.sampled_from(("hour", "day", "week", "month", "quarter"))),
        by=draw(st.sampled_from((None, None, "p", "@platform"))),
        compare=draw(st.booleans()),
        first=first if first and last and (last - first).days < 60 else None,
        last=last if first and last and (last - first).days < 60 else None,
    )


def trend_periods(history: History, params: trends.Params, rules: Settings) -> tuple[list[Any], list[Any]]:
    """Periods asked for, and those before, in order. Hours by their start in UTC."""
    zone = rules.project.timezone
    first, last = span(history, params, zone)
    if params.interval == "hour":
        days = (last - first).days + 1
        base = clock.parse_time((first - dt.timedelta(days=days + 2)).isoformat()) or 0
        quarters = [base + i * 15 * clock.MINUTE for i in range((2 * days + 5) * 96)]
        now = sorted({hour(t, zone) for t in quarters if first <= local_date(t, zone) <= last})
        before = sorted({hour(t, zone) for t in quarters if first - dt.timedelta(days=days) <= local_date(t, zone) < first})
        return now, before
    now, day = [], start(first, params.interval, rules)
    while day <= last:
        now.append(day)
        day = following(day, params.interval)
    before = []
    for _ in now:
        before.insert(0, start((before or now)[0] - dt.timedelta(days=1), params.interval, rules))
    return now, before


def hour(t: int, zone: str) -> dt.datetime:
    offset = clock.offset_at(t, clock.zone(zone))
    return dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=(t + offset) // clock.HOUR * clock.HOUR - offset)


def measured(history: History, rules: Settings, params: trends.Params, rows: list[tuple[Any, Any, Message]]) -> Any:
    """The measure over (person, unit, message)."""
    match params.measure:
        case "events":
            return len(rows)
        case "people":
            return len({person for person, _, _ in rows if person})
        case "accounts" | "sessions":
            return len({unit for _, unit, _ in rows})
        case "per_person":
            people = [person for person, _, _ in rows if person]
            return len(people) / len(set(people)) if people else None
    found = [Decimal(str(n)) for _, _, m in rows if (n := number(history.of(m).get("price"))) is not None]
    if not found:
        return None
    return {"sum": sum(found), "average": sum(found) / len(found), "p90": behaviour.quantile(found, 0.9)}[params.measure]


def trend_value(history: History, rules: Settings, params: trends.Params, rows: list[tuple[Any, Any, Message]]) -> Any:
    above = measured(history, rules, params, [r for r in rows if matches(history, rules, params.event)(r[2])])
    if not params.divided_by:
        return above if above is not None or params.measure != "sum" else 0
    below = measured(history, rules, params, [r for r in rows if matches(history, rules, params.divided_by)(r[2])])
    return float(above) / float(below) if above is not None and below else None


def trend(history: History, rules: Settings, params: trends.Params) -> list[tuple[Any, ...]]:
    zone, now_as_of = rules.project.timezone, built.as_of(history)
    people = {m.key: p.id for p, rows in oracle.people(history.messages, rules).items() if p for m in rows}
    unit = {"accounts": "account", "sessions": "session"}.get(params.measure)
    where = {m.key: u for u, rows in built.units(history, rules, unit).items() for m in rows} if unit else people
    now, before = trend_periods(history, params, rules)
    groups: dict[Any, list[Any]] = defaultdict(list)
    for m in history.messages:
        if m.type not in ("track", "page") or (unit and m.key not in where):
            continue
        if not (matches(history, rules, params.event)(m) or (params.divided_by and matches(history, rules, params.divided_by)(m))):
            continue
        at = hour(m.time, zone) if params.interval == "hour" else start(local_date(m.time, zone), params.interval, rules)
        by = {None: None, "p": history.of(m).get("p"), "@platform": m.platform}[params.by]
        if at in now or (params.compare and at in before):
            groups[at, None if by is None else str(by)].append((people.get(m.key), where.get(m.key), m))
    values = {value for _, value in groups} if params.by else {None}
    rows = []
    for i, at in enumerate(now):
        if params.interval == "hour":
            complete = at + dt.timedelta(hours=1) <= dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=now_as_of)
        else:
            complete = dt.datetime.combine(following(at, params.interval), dt.time()) <= local(now_as_of, zone)
        for value in values:
            row = [at, *([value] if params.by else []), trend_value(history, rules, params, groups[at, value])]
            if params.compare:
                row.append(trend_value(history, rules, params, groups[before[i], value]) if i < len(before) else None)
            rows.append((*row, complete))
    return rows


def rounded(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted((tuple(round(float(v), 6) if isinstance(v, int | float | Decimal) else v for v in row) for row in rows), key=str)


@relaxed
@given(built.histories(steps=LONG), built.zones, weeks, st.lists(trend_questions(), min_size=5, max_size=5))
def test_trends(tmp_path: Path, history: History, zone: str, week_starts: str, asked: list[trends.Params]) -> None:
    rules = built.rules(zone, week_starts)
    stage = built.build(history, rules, tmp_path)
    for params in asked:
        found = stage.connection.execute(trends.sql(params, rules)).fetchall()
        assert rounded(found) == rounded(trend(history, rules, params)), params
        if params.measure in ("events", "people", "accounts", "sessions") and not params.divided_by:
            for period, *value, counted in [row[: 3 if params.by else 2] for row in found if row[2 if params.by else 1]][:3]:
                behind = listed(stage, trends, params, rules, period, *(v for v in value if v is not None))
                assert counted == (sum(row["events"] for row in behind) if params.measure == "events" else len(behind)), params
    stage.connection.close()


# --------------------------------------------------------------------------------------------------------------- retention
@st.composite
def retention_questions(draw: st.DrawFn) -> retention.Params:
    first, last = draw(ranges)
    count = draw(st.sampled_from(("exact", "unbounded", "bracket")))
    return retention.Params(
        cohort=draw(events),
        returning=draw(events),
        interval=draw(st.sampled_from(("day", "week", "month"))),
        index=draw(st.sampled_from(("calendar", "elapsed"))),
        count=count,
        bracket=("0", "1-3", "4-7") if count == "bracket" else (),
        periods=draw(st.sampled_from((0, 3, 12))),
        unit=draw(unit_names),
        first=first,
        last=last,
    )


def retained(history: History, rules: Settings, params: retention.Params) -> list[tuple[Any, ...]]:
    zone, end = rules.project.timezone, built.as_of(history)
    first, last = span(history, params, zone)
    units = {}
    entries: dict[int, list[int]] = defaultdict(list)
    for unit, rows in built.units(history, rules, params.unit).items():
        entry = next((m for m in rows if matches(history, rules, params.cohort)(m)), None)
        if entry and first <= local_date(entry.time, zone) <= last:
            units[unit] = rows
            entries[behaviour.period(entry.time, params.interval, zone)].append(entry.time)
    table = behaviour.retention(
        units,
        unit=params.interval,
        zone=zone,
        elapsed=params.index == "elapsed",
        unbounded=False,
        is_cohort=matches(history, rules, params.cohort) if params.cohort else None,
        is_return=matches(history, rules, params.returning) if params.returning else None,
        is_activity=lambda m: oracle.is_activity(m, rules),
    )
    unbounded = behaviour.retention(
        units,
        unit=params.interval,
        zone=zone,
        elapsed=params.index == "elapsed",
        unbounded=True,
        is_cohort=matches(history, rules, params.cohort) if params.cohort else None,
        is_return=matches(history, rules, params.returning) if params.returning else None,
        is_activity=lambda m: oracle.is_activity(m, rules),
    )
    ranges = [(0, 0), (1, 3), (4, 7)] if params.count == "bracket" else [(i, i) for i in range(params.periods + 1)]
    found = []
    for cohort, (size, _) in table.items():
        for low, high in ranges:
            if params.count == "bracket":
                active = bracketed(units, history, rules, params, cohort, low, high)
            else:
                active = (unbounded if params.count == "unbounded" else table)[cohort][1].get(low, 0)
            if params.index == "calendar":
                begun = opens(cohort + low, params.interval) <= local(end, zone)
                over = opens(cohort + high + 1, params.interval) <= local(end, zone)
            else:
                length = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY}[params.interval]
                begun = min(entries[cohort]) + low * length <= end
                over = max(entries[cohort]) + (high + 1) * length <= end
            if begun:
                found.append((opens(cohort, params.interval).date(), size, low, high, active, active / size, over))
    for low, high in ranges:
        done = [row for row in found if row[2] == low and row[6]]
        if done:
            size, active = sum(r[1] for r in done), sum(r[4] for r in done)
            found.append((None, size, low, high, active, active / size, True))
    return found


def bracketed(units: Any, history: History, rules: Settings, params: retention.Params, cohort: int, low: int, high: int) -> int:
    """Units of the cohort that were active in any period of the range: one at a time."""
    total = 0
    for unit, rows in units.items():
        table = behaviour.retention(
            {unit: rows},
            unit=params.interval,
            zone=rules.project.timezone,
            elapsed=params.index == "elapsed",
            unbounded=False,
            is_cohort=matches(history, rules, params.cohort) if params.cohort else None,
            is_return=matches(history, rules, params.returning) if params.returning else None,
            is_activity=lambda m: oracle.is_activity(m, rules),
        )
        total += cohort in table and any(table[cohort][1].get(i, 0) for i in range(low, high + 1))
    return total


def opens(period: int, interval: str) -> dt.datetime:
    """The first local moment of a period of the oracle's."""
    if interval == "month":
        return dt.datetime(period // 12, period % 12 + 1, 1)
    return dt.datetime.fromordinal(period if interval == "day" else period * 7 + 1)


@relaxed
@given(built.histories(steps=LONG), built.zones, st.lists(retention_questions(), min_size=5, max_size=5))
def test_retention(tmp_path: Path, history: History, zone: str, asked: list[retention.Params]) -> None:
    rules = built.rules(zone)
    stage = built.build(history, rules, tmp_path)
    for params in asked:
        found = stage.connection.execute(retention.sql(params, rules)).fetchall()
        assert sorted(found, key=str) == sorted(retained(history, rules, params), key=str), params
        for cohort, size, first, last, active, *_ in found[-3:]:
            if cohort:
                assert len(listed(stage, retention, params, rules, cohort)) == size
                assert len(listed(stage, retention, params, rules, cohort, first, last)) == active
    stage.connection.close()


# -------------------------------------------------------------------------------------------------- lifecycle and stickiness
@relaxed
@given(built.histories(steps=LONG), built.zones, unit_names, st.sampled_from(("day", "week", "month")), ranges)
def test_lifecycle(tmp_path: Path, history: History, zone: str, unit: Any, interval: Any, days: Any) -> None:
    rules, params = built.rules(zone), lifecycle.Params(unit=unit, interval=interval, first=days[0], last=days[1])
    active = {
        u: {behaviour.period(m.time, interval, zone) for m in rows if oracle.is_activity(m, rules)}
        for u, rows in built.units(history, rules, unit).items()
    }
    first, last = (oracle_period(day, interval) for day in span(history, params, zone))
    expected = []
    for now in range(first, last + 1):
        states = Counter(behaviour.lifecycle(periods, now) for periods in active.values())
        over = opens(now + 1, interval) <= local(built.as_of(history), zone)
        expected.append(
            (opens(now, interval).date(), states["new"], states["returning"], states["resurrected"], states["dormant"] if over else None, over)
        )
    stage = built.build(history, rules, tmp_path)
    assert stage.connection.execute(lifecycle.sql(params, rules)).fetchall() == expected
    for period, *_ in expected[-2:]:
        for state in lifecycle.STATES:
            who = [u for u, periods in active.items() if behaviour.lifecycle(periods, oracle_period(period, interval)) == state]
            behind = listed(stage, lifecycle, params, rules, period, state)
            assert len(behind) == len(who)
            if unit == "person":
                assert ids(behind) == sorted(who)
    stage.connection.close()


def oracle_period(day: dt.date, interval: str) -> int:
    return behaviour.period((clock.parse_time(day.isoformat()) or 0) + DAY // 2, interval, "UTC")


@relaxed
@given(built.histories(steps=LONG), built.zones, unit_names, ranges)
def test_stickiness(tmp_path: Path, history: History, zone: str, unit: Any, days: Any) -> None:
    rules, params = built.rules(zone), stickiness.Params(unit=unit, first=days[0], last=days[1])
    active = {u: {local_date(m.time, zone) for m in rows if oracle.is_activity(m, rules)} for u, rows in built.units(history, rules, unit).items()}
    first, last = span(history, params, zone)
    expected, ratios = [], []
    for i in range((min(last, local_date(built.as_of(history), zone)) - first).days + 1):
        day = first + dt.timedelta(days=i)
        daily = sum(day in on for on in active.values())
        trailing = sum(any(day - dt.timedelta(days=27) <= d <= day for d in on) for on in active.values())
        over = dt.datetime.combine(day + dt.timedelta(days=1), dt.time()) <= local(built.as_of(history), zone)
        expected.append((day, daily, trailing, daily / trailing if trailing else None, over))
        ratios += [daily / trailing] if trailing and over else []
    stage = built.build(history, rules, tmp_path)
    mean, *rows = stage.connection.execute(stickiness.sql(params, rules)).fetchall()
    assert rows == expected
    assert mean[3] == (pytest.approx(sum(ratios) / len(ratios)) if ratios else None)
    on_days = Counter(sum(first <= d <= last for d in on) for on in active.values())
    histogram = stage.connection.execute(stickiness.sql(msgspec.structs.replace(params, show="histogram"), rules)).fetchall()
    assert dict(histogram) == {k: v for k, v in on_days.items() if k}
    for day, daily, trailing, *_ in expected[-2:]:
        assert len(listed(stage, stickiness, params, rules, day, "active")) == daily
        assert len(listed(stage, stickiness, params, rules, day, "active_28")) == trailing
    for days_active, counted in histogram:
        assert len(listed(stage, stickiness, msgspec.structs.replace(params, show="histogram"), rules, days_active)) == counted
    stage.connection.close()


# ------------------------------------------------------------------------------------------------------------------- paths
@st.composite
def path_questions(draw: st.DrawFn) -> paths.Params:
    anchor = draw(st.sampled_from((None, "A", "it's", "x")))
    first, last = draw(ranges)
    return paths.Params(
        event=draw(events),
        scope=draw(st.sampled_from(("session", "history"))),
        within=draw(st.sampled_from((None, None, "10m", "2d"))),
        label=draw(st.sampled_from((None, None, "p"))),
        anchor=anchor,
        direction=draw(st.sampled_from(("forward", "backward"))) if anchor else "forward",
        depth=draw(st.sampled_from((1, 2, 3, 5, 30))),
        keep=draw(st.sampled_from((1, 2, 20))),
        repeats=draw(st.booleans()),
        goal=draw(events),
        first=first,
        last=last,
    )


def walked(history: History, rules: Settings, params: paths.Params) -> list[tuple[tuple[str, ...], bool]]:
    zone = rules.project.timezone
    first, last = span(history, params, zone)
    is_step, found = matches(history, rules, params.event), []

    def name(m: oracle.Message) -> str:
        return str(history.of(m).get("p") or m.event) if params.label else str(m.event)

    for rows in built.units(history, rules, "session" if params.scope == "session" else "person").values():
        if params.scope == "session":
            started = next(m for m in rows if oracle.is_activity(m, rules))
            rows = rows if first <= local_date(started.time, zone) <= last else []
        rows = [m for m in rows if params.scope == "session" or first <= local_date(m.time, zone) <= last]
        anchor = next((m for m in rows if is_step(m) and params.anchor in (None, name(m))), None)
        if anchor is None:
            continue
        if params.within:
            # What is beyond the limit does not exist, and on the side that is not looked at neither.
            limit, at = clock.parse_duration(params.within), rows.index(anchor)
            rows = [m for m in (rows[: at + 1] if params.direction == "backward" else rows[at:]) if abs(m.time - anchor.time) <= limit]
        path = behaviour.path(
            [name(m) for m in rows if is_step(m)],
            depth=params.depth,
            collapse=not params.repeats,
            anchor=params.anchor,
            backward=params.direction == "backward",
            end="(exit)" if params.scope == "session" else "(no more yet)",
        )
        found.append((path, bool(params.goal) and any(matches(history, rules, params.goal)(m) for m in rows)))
    ranks = {}
    for step in range(params.depth):
        names = Counter(path[step] for path, _ in found if step < len(path) and path[step] not in ("(exit)", "(no more yet)"))
        ranks[step] = {name for name, _ in sorted(names.items(), key=lambda pair: (-pair[1], pair[0]))[: params.keep]}
    return [(tuple(n if n in ranks[i] or n in ("(exit)", "(no more yet)") else "(other)" for i, n in enumerate(path)), goal) for path, goal in found]


@relaxed
@given(built.histories(steps=LATE), built.zones, st.lists(path_questions(), min_size=5, max_size=5))
def test_paths(tmp_path: Path, history: History, zone: str, asked: list[paths.Params]) -> None:
    rules = built.rules(zone)
    stage = built.build(history, rules, tmp_path)
    for params in asked:
        expected = walked(history, rules, params)
        sequences = Counter(path for path, _ in expected)
        goals = Counter(path for path, goal in expected if goal)
        found = stage.connection.execute(paths.sql(params, rules)).fetchall()
        assert [(tuple(path), n) for path, n, _, _ in found] == sorted(sequences.items(), key=lambda pair: (-pair[1], pair[0])), params
        for path, n, share, goal in found:
            assert len(listed(stage, paths, params, rules, *path)) == n
            assert (share, goal) == (pytest.approx(n / len(expected)), goals[tuple(path)] / n)
        links = Counter((i + 1, a, b) for path, _ in expected for i, (a, b) in enumerate(pairwise(path)))
        rows = stage.connection.execute(paths.sql(msgspec.structs.replace(params, show="links"), rules)).fetchall()
        assert {row[:3]: row[3] for row in rows} == dict(links)
        for *link, n in rows[:2]:
            assert len(listed(stage, paths, msgspec.structs.replace(params, show="links"), rules, *link)) == n
        steps = Counter((i, name) for path, _ in expected for i, name in enumerate(path, 1))
        rows = stage.connection.execute(paths.sql(msgspec.structs.replace(params, show="steps"), rules)).fetchall()
        assert {row[:2]: row[2] for row in rows} == dict(steps)
        for step, name, n, _ in rows[:2]:
            assert len(listed(stage, paths, msgspec.structs.replace(params, show="steps"), rules, step, name)) == n
    stage.connection.close()


def test_paths_within_a_time(tmp_path: Path) -> None:
    """What comes again within it is a step, though it was there before; and the goal is looked for in it."""
    begin = clock.parse_time("2026-03-10T12:00") or 0
    times = [(name, begin + minutes * clock.MINUTE) for name, minutes in (("A", 0), ("A", 15), ("B", 20), ("C", 40))]
    messages = [Message(message_id=str(n), event=name, user_id="u1", timestamp=t, received_at=t) for n, (name, t) in enumerate(times)]
    history, rules = History(messages), built.rules("UTC")
    stage = built.build(history, rules, tmp_path)
    cases: list[tuple[dict[str, Any], tuple[str, ...], bool]] = [
        ({"anchor": "B", "direction": "backward", "within": "10m"}, ("B", "A", "(exit)"), False),
        ({"anchor": "B", "direction": "backward"}, ("B", "A", "(exit)"), True),
        ({"within": "30m"}, ("A", "B", "(exit)"), False),
        ({"within": "40m"}, ("A", "B", "C", "(exit)"), True),
    ]
    for asked, path, goal in cases:
        params = paths.Params(**asked, goal=("C",), first=dt.date(2026, 3, 10), last=dt.date(2026, 3, 10))
        found = [(tuple(path), goal == 1) for path, _, _, goal in stage.connection.execute(paths.sql(params, rules)).fetchall()]
        assert found == walked(history, rules, params) == [(path, goal)], asked
    stage.connection.close()


# ------------------------------------------------------------------------------------------------------------------ refusals
@pytest.mark.parametrize(
    ("report", "asked", "said"),
    [
        (trends, {"measure": "sum"}, "property: expected one"),
        (trends, {"property": "price"}, "property: expected one"),
        (retention, {"count": "bracket"}, "expected ranges"),
        (retention, {"periods": -1}, "expected 0 to 1000"),
        (paths, {"direction": "backward"}, "expected a name"),
        (paths, {"depth": 0}, "expected 1 to 1000"),
    ],
)
def test_what_cannot_be_asked(report: Any, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert(asked, report.Params)


@pytest.mark.parametrize(
    ("report", "cell", "said"),
    [
        (lifecycle, ("2026-03-01",), "expected the first day of a period and a state, found 1 parts"),
        (lifecycle, ("2026-03-01", "gone"), "expected a state among new, returning"),
        (lifecycle, ("tomorrow", "new"), "expected a day such as 2026-11-02, found 'tomorrow'"),
        (stickiness, ("2026-03-01", "weekly"), "expected one of active, active_28"),
        (retention, ("2026-03-01", "x", "1"), "expected a whole number, found 'x'"),
        (trends, ("2026-03-01", "x"), "found 2 parts"),
    ],
)
def test_a_number_that_is_not_there(report: Any, cell: tuple[str, ...], said: str) -> None:
    with pytest.raises(QueryError, match=said):
        report.sql(report.Params(cell=cell), Settings())


def test_a_bracket_that_is_none() -> None:
    with pytest.raises(QueryError, match="such as 1-3"):
        retention.sql(retention.Params(count="bracket", bracket=("3-1",)), Settings())
