from __future__ import annotations

import csv
import io
from pathlib import Path
from urllib.parse import quote

import duckdb
import msgspec
import pytest

from clew.config import Project, Source
from clew.web.context import Status
from pages import AS_OF, SOURCES, Event, Session, Stage, database, micros

pytestmark = pytest.mark.anyio
HOSTILE = """=cmd()<script>alert("x")</script>'; DROP TABLE mapped_tracks; --\nSELECT 1"""


async def test_the_page_shows_the_numbers_before_any_script(stage: Stage) -> None:
    client = await stage.logged_in()
    html = (await client.get("/", headers={"x-clew-wait": "1"})).text
    total = (await client.get("/api/overview")).json()["total"]
    assert f"{total['sessions']:,} sessions" in html
    assert f"{total['people']:,} people, {total['raw_ids']:,} raw ids" in html
    assert "Last 28 days" in html
    assert "2026-10-27" in html
    assert "14:32:05" in html, "data as of, in the project's zone"


async def test_the_page_and_its_scripts_are_small(stage: Stage) -> None:
    client = await stage.logged_in()
    for query in ("", "?range=90d", "?range=365d", "?from=2024-01-01&to=2026-11-23"):
        assert len((await client.get(f"/{query}", headers={"x-clew-wait": "1"})).content) < 50_000, query


async def test_the_json_is_the_sql(stage: Stage, store: duckdb.DuckDBPyConnection) -> None:
    client = await stage.logged_in()
    query = "?from=2026-11-01&to=2026-11-20&source=web"
    answer = (await client.get(f"/api/overview{query}")).json()
    rows = store.cursor().execute((await client.get(f"/overview/overview_sessions.sql{query}")).text).fetchall()
    assert rows[0] == (None, answer["total"]["sessions"], answer["total"]["bounced"])
    assert {str(day): n for day, n, _ in rows[1:]} == {day["day"]: day["sessions"] for day in answer["days"] if day["sessions"]}
    assert len(answer["days"]) == len(answer["before"]) == 20


async def test_a_finished_range_is_compared_whole_an_unfinished_one_until_the_same_time(stage: Stage) -> None:
    client = await stage.logged_in()
    assert "until the same time of day" in (await client.get("/?range=today")).text
    assert "until the same time of day" not in (await client.get("/?range=yesterday")).text
    assert "compared with 20" not in (await client.get("/?range=yesterday&compare=off")).text
    today, yesterday = [(await client.get(f"/api/overview?range={name}")).json() for name in ("today", "yesterday")]
    assert today["before"][0]["sessions"] < yesterday["days"][0]["sessions"]


async def test_the_table_as_csv(stage: Stage) -> None:
    client = await stage.logged_in()
    answer = await client.get("/overview.csv?range=7d")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    days = (await client.get("/api/overview?range=7d")).json()["days"]
    assert [(row["day"], int(row["sessions"]), int(row["active_people"])) for row in rows] == [(d["day"], d["sessions"], d["people"]) for d in days]
    assert answer.headers["content-disposition"] == 'attachment; filename="overview_2026-11-17_2026-11-23.csv"'


async def test_a_hostile_source_is_text_everywhere(tmp_path: Path) -> None:
    hostile = msgspec.structs.replace(SOURCES[0], name=HOSTILE)
    with database([Event(1, HOSTILE, AS_OF, "a")], [Session(1, AS_OF, HOSTILE, is_bounced=True)]) as store:
        stage = Stage(tmp_path, store, sources=(hostile, SOURCES[1]), project=Project(name=HOSTILE))
        client = await stage.logged_in()
        query = f"?source={quote(HOSTILE)}"
        html = (await client.get(f"/{query}", headers={"x-clew-wait": "1"})).text
        assert "<script>alert" not in html
        assert (await client.get(f"/api/overview{query}")).json()["total"]["sessions"] == 1
        sql = (await client.get(f"/overview/overview_people.sql{query}")).text
        assert store.cursor().execute(sql).fetchall()[0] == (None, 1, 1)
        assert "<script>alert" not in (await client.get("/")).text
        assert "<script>alert" not in (await client.get("/live")).text


@pytest.mark.parametrize("query", ["range=fortnight", "from=x&to=y", "from=2026-11-23&to=2026-11-01", "from=1000-01-01&to=2026-01-01"])
async def test_what_cannot_be_asked_says_what_is_expected(stage: Stage, query: str) -> None:
    client = await stage.logged_in()
    for path in ("/", "/api/overview", "/overview.csv", "/overview/overview_people.sql"):
        answer = await client.get(f"{path}?{query}")
        assert answer.status_code == 400
        assert "expected" in answer.text


async def test_the_query_names_no_file(stage: Stage) -> None:
    client = await stage.logged_in()
    for name in ("x", "..%2F..%2Fsecret", "overview_people.sql"):
        assert (await client.get(f"/overview/{name}.sql")).status_code == 404


async def test_unknown_parameters_stay_in_the_links(stage: Stage) -> None:
    client = await stage.logged_in()
    html = (await client.get("/?metric=people&source=web&range=7d")).text
    assert "metric=people&amp;source=web&amp;range=90d" in html
    assert "metric=nonsense" in (await client.get("/?metric=nonsense")).text


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status(), "No events yet"),
        (Status(loaded_at=1), "The first build is being made"),
        (Status(loaded_at=1, error="the disk is <full>"), "the disk is &lt;full&gt;"),
    ],
)
async def test_before_the_first_build(stage: Stage, status: Status, said: str) -> None:
    stage.status = status
    client = await stage.logged_in()
    html = (await client.get("/")).text
    assert said in html
    if not status.loaded_at:
        assert "http://127.0.0.1:8471/v1/track -u web-key:" in html
    assert (await client.get("/api/overview")).status_code == 409


async def test_the_same_question_is_asked_once_per_build(stage: Stage) -> None:
    client = await stage.logged_in()
    first = (await client.get("/api/overview")).json()
    assert (await client.get("/api/overview")).json()["seconds"] == first["seconds"], "remembered"
    stage.status = msgspec.structs.replace(stage.status, build_id=2, data_as_of=micros(AS_OF) + 1)
    assert (await client.get("/api/overview")).json()["build_id"] == 2


async def test_a_failed_query_is_asked_again(tmp_path: Path) -> None:
    with duckdb.connect(":memory:", config={"threads": 1}) as empty:
        stage = Stage(tmp_path, empty)
        client = await stage.logged_in()
        assert (await client.get("/api/overview")).status_code == 503
        with database([], []) as store:
            stage.app.state.answers._warehouse = store
            assert (await client.get("/api/overview")).status_code == 200


async def test_without_sources_the_page_opens(tmp_path: Path, store: duckdb.DuckDBPyConnection) -> None:
    sources: tuple[Source, ...] = ()
    stage = Stage(tmp_path, store, sources=sources)
    client = await stage.logged_in()
    assert (await client.get("/")).status_code == 200
    stage.status = Status()
    assert "WRITE_KEY" in (await client.get("/live")).text
