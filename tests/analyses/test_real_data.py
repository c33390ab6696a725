"""The figures of docs/real-data.md: what the program prints, and the same counted a second way in plain Python."""

from __future__ import annotations

import datetime as dt
import gzip
import shlex
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from tests.analyses.test_documentation import BLOCKS, DOCS, writes

import clew
from clew import cli
from clew.api import Clew

ONE_DAY = dt.timedelta(days=1)
OWN = '\n[events]\nfiles = "events/*.parquet"\ntime = "ts"\nevent = "event"\nuser_id = "person"\nanonymous_id = "device"\nmessage_id = "id"\n'
SHOP = """SELECT
    min(InvoiceDate)::TIMESTAMP AS ts, CASE WHEN InvoiceNo LIKE 'C%' THEN 'Order Refunded' ELSE 'Order Completed' END AS event,
    CAST(CAST(CustomerID AS BIGINT) AS VARCHAR) AS person, CASE WHEN CustomerID IS NULL THEN InvoiceNo END AS device, InvoiceNo AS id
FROM read_parquet($file)
GROUP BY ALL"""
FORUM = "SELECT make_timestamp(ts * 1000000) AS ts, 'Posted' AS event, src AS person, NULL::VARCHAR AS device, id FROM posts"


class Did(NamedTuple):
    at: dt.datetime
    event: str


class Real:
    """A project over a data set, and each person's events in order as Python has them."""

    def __init__(self, opened: Clew, rows: list[tuple[Any, ...]]) -> None:
        self.opened = opened
        self.everybody: dict[Any, list[Did]] = defaultdict(list)
        for at, event, person, device, _ in sorted(rows, key=lambda row: (row[0], row[4].encode())):
            self.everybody[person, device].append(Did(at, event))
        self.known = {person: rows for (person, device), rows in self.everybody.items() if device is None}
        self.end = max(rows[-1].at for rows in self.everybody.values())

    def rows(self, name: str, **params: Any) -> list[dict[str, Any]]:
        return self.opened.report(name, **params).rows


def _project(root: Path, sql: str, fill: Callable[[duckdb.DuckDBPyConnection], dict[str, str]]) -> Real:
    assert cli.run(["init", str(root), "--write-key", "k"]) == 0
    (root / "events").mkdir()
    with (root / "clew.toml").open("a") as settings:
        settings.write(OWN)
    with duckdb.connect() as connection:
        rows = connection.execute(sql, fill(connection)).fetchall()
        connection.execute("CREATE TABLE made (ts TIMESTAMP, event VARCHAR, person VARCHAR, device VARCHAR, id VARCHAR)")
        columns = [list(column) for column in zip(*rows, strict=True)]
        connection.execute("INSERT INTO made SELECT unnest(?), unnest(?), unnest(?), unnest(?), unnest(?)", columns)
        connection.execute(f"COPY made TO '{root / 'events' / 'events.parquet'}'")
    opened = clew.open(root)
    opened.build()
    return Real(opened, rows)


def _there(path: Path) -> Path:
    if not path.is_file():
        pytest.skip(f"no data set at {path}: set CLEW_DATA_DIR")
    return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Real:
    file = str(_there(data_dir / "online_retail" / "all.parquet"))
    return _project(tmp_path_factory.mktemp("shop"), SHOP, lambda _: {"file": file})


@pytest.fixture(scope="module")
def forum(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Real:
    file = _there(data_dir / "snap_mathoverflow" / "sx-mathoverflow.txt.gz")

    def fill(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
        with gzip.open(file, "rt") as lines:
            posts = [line.split() for line in lines]
        connection.execute("CREATE TABLE posts (src VARCHAR, ts BIGINT, id VARCHAR)")
        columns = [[p[0] for p in posts], [int(p[2]) for p in posts], [f"{i:06}" for i in range(len(posts))]]
        connection.execute("INSERT INTO posts SELECT unnest(?), unnest(?), unnest(?)", columns)
        return {}

    return _project(tmp_path_factory.mktemp("forum"), FORUM, fill)


def test_the_page_prints_what_the_program_prints(shop: Real, forum: Real, capsys: pytest.CaptureFixture[str]) -> None:
    """With CLEW_GOLDEN=write the page is written anew: look at the difference."""
    path = DOCS / "real-data.md"
    first, second = path.read_text("utf-8").split("## A forum")

    def printed(real: Real, text: str) -> str:
        def one(block: Any) -> str:
            capsys.readouterr()
            assert cli.run([*shlex.split(block[2])[1:], "--project", str(real.opened.root)]) == 0
            return str(block[1] + capsys.readouterr().out.strip() + block[5])

        assert BLOCKS.search(text)
        return BLOCKS.sub(one, text)

    found = f"{printed(shop, first)}## A forum{printed(forum, second)}"
    if writes():
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")


def test_cohorts_by_month(shop: Real) -> None:
    ordered = {person: own for person, rows in shop.known.items() if (own := [d for d in rows if d.event == "Order Completed"])}
    sizes, active = Counter[Any](), Counter[Any]()
    for rows in ordered.values():
        first = month(rows[0].at)
        sizes[first] += 1
        for passed in {month(d.at) - first for d in rows[1:]}:
            active[first, passed] += 1
    told = shop.rows(
        "retention",
        cohort=["Order Completed{@user_id}"],
        returning=["Order Completed{@user_id}"],
        interval="month",
        from_="2010-12-01",
        to="2011-11-30",
    )
    cells = {(month(dt.date.fromisoformat(r["cohort"])), r["first_index"]): (r["size"], r["active"], r["complete"]) for r in told if r["cohort"]}
    last = month(shop.end)
    assert cells == {(c, i): (sizes[c], active[c, i], c + i < last) for c in sizes if c < last for i in range(13) if c + i <= last}


def test_paths_of_customers(shop: Real) -> None:
    paths = Counter(tuple([d.event for d in rows][:3] + (["(no more yet)"] if len(rows) < 3 else [])) for rows in shop.known.values())
    told = shop.rows(
        "paths",
        event=["Order Completed{@user_id} | Order Refunded{@user_id}"],
        scope="history",
        repeats=True,
        depth=3,
        from_="2010-12-01",
        to="2011-12-09",
    )
    assert {tuple(row["path"]): row["paths"] for row in told} == dict(paths)


def test_stickiness_of_a_year(shop: Real) -> None:
    days = {person: {d.at.date() for d in rows} for person, rows in shop.everybody.items()}
    by_day: dict[dt.date, set[Any]] = defaultdict(set)
    for person, on in days.items():
        for day in on:
            by_day[day].add(person)
    told = [row for row in shop.rows("stickiness", from_="2011-01-01", to="2011-12-09") if row["day"]]
    assert len(told) == 343
    for row in told:
        day = dt.date.fromisoformat(row["day"])
        trailing = set[Any]().union(*(by_day[day - i * ONE_DAY] for i in range(28)))
        assert (row["active"], row["active_28"]) == (len(by_day[day]), len(trailing)), day


def test_lifecycle_of_the_forum(forum: Real) -> None:
    states = Counter[Any]()
    for rows in forum.known.values():
        months = sorted({month(d.at) for d in rows})
        for i, now in enumerate(months):
            before = months[i - 1] if i else None
            states[now, "new" if before is None else "returning" if before == now - 1 else "resurrected"] += 1
            if i + 1 == len(months) or months[i + 1] > now + 1:
                states[now + 1, "dormant"] += 1
    told = forum.rows("lifecycle", interval="month", from_="2009-09-01", to="2016-03-06")
    assert len(told) == 79
    for row in told:
        now = month(dt.date.fromisoformat(row["period"]))
        assert [row[s] for s in ("new", "returning", "resurrected")] == [states[now, s] for s in ("new", "returning", "resurrected")]
        assert row["dormant"] == (states[now, "dormant"] if row["complete"] else None)


def test_days_on_which_the_forum_was_active(forum: Real) -> None:
    first, last = dt.date(2016, 2, 22), dt.date(2016, 2, 28)
    counts = Counter(len({d.at.date() for d in rows if first <= d.at.date() <= last}) for rows in forum.known.values())
    told = forum.rows("stickiness", show="histogram", from_=str(first), to=str(last))
    assert {row["active_days"]: row["units"] for row in told} == {days: n for days, n in counts.items() if days}


def month(at: dt.date) -> int:
    return at.year * 12 + at.month - 1
