from __future__ import annotations

import csv
import datetime as dt
import io
import re
from pathlib import Path
from urllib.parse import quote, urlencode

import duckdb
import pytest
from starlette.datastructures import QueryParams

from clew.analyses.dimensions import DIMENSIONS
from clew.analyses.session_metrics import Numbers
from clew.config import Project, Settings
from clew.web.context import Status
from clew.web.metrics.question import Question, read_question
from clew.web.metrics.rows import spark
from pages import AS_OF, Session, Stage, database, micros

pytestmark = pytest.mark.anyio
HOSTILE = """=cmd()<script>alert("x")</script>'; DROP TABLE session_facts; --\nSELECT 1 $channel"""
WAIT = {"x-clew-wait": "1"}
PATH = "/sessions/metrics"


async def test_the_page_shows_the_numbers_before_any_script(stage: Stage) -> None:
    client = await stage.logged_in()
    html = (await client.get(PATH, headers=WAIT)).text
    total = (await client.get(f"/api{PATH}")).json()["total"]
    assert f"Sessions: {total['sessions']:,}" in html
    assert f"People: {total['people']:,}" in html
    assert f"{total['bounce'] * 100:.1f} %" in html
    assert "compared with 2026-09-29 – 2026-10-26, until the same time of day" in html


async def test_pages_are_small(tmp_path: Path) -> None:
    sessions = [
        Session(
            i % 50, AS_OF - dt.timedelta(hours=i), "web", i % 3 == 0, landing_page=f"/shop/category-{i % 70}/a-rather-long-name-of-a-product-{i % 70}"
        )
        for i in range(5000)
    ]
    with database([], sessions) as store:
        client = await Stage(tmp_path, store).logged_in()
        for query in (
            "",
            "?by=landing&range=365d&" + "&".join(f"draw=/{i}" for i in range(8)),
            "?range=365d",
            "?from=2024-01-01&to=2026-11-23&by=country",
        ):
            answer = await client.get(f"{PATH}{query}", headers=WAIT)
            assert answer.status_code == 200
            assert len(answer.content) < 55_000, query
        assert "page 2 of 5" in (await client.get(f"{PATH}?by=landing&range=365d&page=2", headers=WAIT)).text


@pytest.mark.parametrize("query", ["?grain=week&source=web", "?by=country&channel=direct&range=90d", "?by=landing&grain=month&draw=/&draw=/sale"])
async def test_the_json_the_csv_and_the_sql_agree(stage: Stage, store: duckdb.DuckDBPyConnection, query: str) -> None:
    client = await stage.logged_in()
    told = (await client.get(f"/api{PATH}{query}")).json()
    rows = store.cursor().execute((await client.get(f"{PATH}/session_metrics.sql{query}")).text).fetchall()
    assert rows[0][1] == told["total"]["sessions"] > 0
    assert [row[1] for row in rows[1:]] == [p["numbers"]["sessions"] for p in told["periods"] if p["numbers"]["sessions"]]
    table = list(csv.DictReader(io.StringIO((await client.get(f"{PATH}.csv{query}")).text)))
    if "by=" not in query:
        assert [int(row["people"]) for row in table] == [p["numbers"]["people"] for p in told["periods"]]
        return
    values = store.cursor().execute((await client.get(f"{PATH}/session_metrics_by.sql{query}")).text).fetchall()
    assert [row[:2] for row in values] == [(row["value"], row["numbers"]["sessions"]) for row in told["rows"]]
    assert [int(row["sessions"]) for row in table] == [row[1] for row in values]
    trend = store.cursor().execute((await client.get(f"{PATH}/session_metrics_trend.sql{query}")).text).fetchall()
    assert sum(row[2] for row in trend) == sum(n["sessions"] for line in told["lines"] for n in line["numbers"])


async def test_a_hostile_value_is_text_everywhere(tmp_path: Path) -> None:
    with database([], [Session(1, AS_OF, "web", True, landing_page=HOSTILE, channel=HOSTILE)]) as store:
        client = await Stage(tmp_path, store).logged_in()
        query = "?" + urlencode({"channel": HOSTILE, "by": "landing", "draw": HOSTILE})
        html = (await client.get(f"{PATH}{query}", headers=WAIT)).text
        assert "<script>alert" not in html
        told = (await client.get(f"/api{PATH}{query}")).json()
        assert [row["value"] for row in told["rows"]] == [HOSTILE] == [line["value"] for line in told["lines"]]
        for name in ("session_metrics", "session_metrics_by", "session_metrics_trend"):
            assert store.cursor().execute((await client.get(f"{PATH}/{name}.sql{query}")).text).fetchall()
        assert "'=cmd()" in (await client.get(f"{PATH}.csv{query}")).text


@pytest.mark.parametrize("query", ["range=fortnight", "grain=hour", "by=shoe_size", "from=x&to=y"])
async def test_what_cannot_be_asked_says_what_is_expected(stage: Stage, query: str) -> None:
    client = await stage.logged_in()
    for path in (PATH, f"/api{PATH}", f"{PATH}.csv", f"{PATH}/session_metrics.sql"):
        answer = await client.get(f"{path}?{query}")
        assert answer.status_code == 400
        assert "expected" in answer.text


@pytest.mark.parametrize(
    "query", ["sort=nonsense", "page=-1", "page=9999999999", "page=%C2%B2", "draw=x", "metric=nonsense", "nothing=1", "sort=-up"]
)
async def test_what_is_not_known_is_shown_in_the_usual_way(stage: Stage, query: str) -> None:
    client = await stage.logged_in()
    assert (await client.get(f"{PATH}?by=channel&{query}", headers=WAIT)).status_code == 200


async def test_other_queries_are_not_there(stage: Stage) -> None:
    client = await stage.logged_in()
    for name in ("overview_people", "session_metrics_by", "..%2Fsession_metrics"):
        assert (await client.get(f"{PATH}/{name}.sql")).status_code == 404


async def test_before_the_first_build(stage: Stage) -> None:
    stage.status = Status()
    client = await stage.logged_in()
    assert "No events yet" in (await client.get(PATH)).text
    assert (await client.get(f"/api{PATH}")).status_code == 409


async def test_few_sessions_are_marked(tmp_path: Path) -> None:
    sessions = [Session(i, AS_OF, "web", i % 2 == 0, channel="email" if i < 5 else "direct") for i in range(40)]
    with database([], sessions) as store:
        client = await Stage(tmp_path, store).logged_in()
        html = (await client.get(f"{PATH}?by=channel", headers=WAIT)).text
        assert re.findall(r'<tr( class="few")?><th><a class="pick"', html) == ["", ' class="few"']
        assert "small sample" not in html
        assert (await client.get(f"{PATH}?channel=email", headers=WAIT)).text.count("small sample") == 5, "the rate and the four measures"


async def test_a_column_that_the_models_lack_is_no_breakdown(tmp_path: Path) -> None:
    with database([], [Session(1, AS_OF, "web", True)]) as store:
        store.execute("ALTER TABLE session_facts DROP COLUMN browser")
        client = await Stage(tmp_path, store).logged_in()
        html = (await client.get(PATH, headers=WAIT)).text
        assert "Operating system" in html
        assert "Browser" not in html
        assert (await client.get(f"{PATH}?by=browser")).status_code == 400


async def test_a_filter_of_none_finds_those_without(stage: Stage) -> None:
    client = await stage.logged_in()
    rows = {row["value"]: row["numbers"] for row in (await client.get(f"/api{PATH}?by=country")).json()["rows"]}
    assert (await client.get(f"/api{PATH}?country=")).json()["total"] == rows[""]
    assert "country: (not known)" in (await client.get(f"{PATH}?country={quote('')}")).text


def question(query: str, as_of: dt.datetime = AS_OF) -> Question:
    status = Status(build_id=1, data_as_of=micros(as_of))
    asked = read_question(QueryParams(query), status, Settings(project=Project(timezone="Europe/Amsterdam")), DIMENSIONS)
    assert asked is not None
    return asked


@pytest.mark.parametrize(
    ("query", "begun", "unfinished"),
    [
        ("range=28d", None, "2026-11-23"),
        ("range=yesterday", None, None),
        ("range=28d&grain=week", "2026-10-26", "2026-11-23"),
        ("grain=week&from=2026-11-02&to=2026-11-15", None, None),
        ("grain=week&from=2026-11-03&to=2026-11-14", "2026-11-02", "2026-11-09"),
        ("grain=month&range=month", None, "2026-11-01"),
        ("grain=month&range=last_month", None, None),
        ("grain=week&from=2026-11-16&to=2026-12-13", None, "2026-11-23"),
        ("from=2026-12-01&to=2026-12-13", None, None),
    ],
)
async def test_which_periods_are_cut(query: str, begun: str | None, unfinished: str | None) -> None:
    asked = question(query)
    assert (asked.begun and str(asked.begun.starts)) == begun
    assert (asked.unfinished and str(asked.unfinished.starts)) == unfinished


async def test_the_period_before_lies_upon_this_one() -> None:
    asked = question("range=90d&grain=month")
    assert asked.before is not None
    assert [p.starts for p in asked.before.periods] == [p.starts for p in asked.now.periods]
    assert (asked.before.first, asked.before.last) == (dt.date(2026, 5, 28), dt.date(2026, 8, 25))
    assert asked.before.until == dt.datetime(2026, 8, 25, 12, 32, 5), "summer time then, the same time of day"


async def test_a_trend_has_gaps_where_nothing_was() -> None:
    some, none = Numbers(sessions=4, bounced=1), Numbers()
    assert spark([some, some, none, some]) == "M0 14L28 14M84 14h1"
    assert spark([none, none]) == ""
    assert spark([some] * 365).count("L") == 26
