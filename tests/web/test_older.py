"""After an upgrade: what pages read and the older build has not is said, until the full build that follows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from clew.models.history import Progress
from pages import Stage
from shop import People

pytestmark = pytest.mark.anyio
WAIT = {"x-clew-wait": "1"}


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    """A project whose build has what an older Clew knew: no `numbered_tracks`, and another fingerprint."""
    made = People(tmp_path)
    made.call("track", 0, userId="ada", anonymousId="phone", event="Viewed")
    made.build()
    with made.database.cursor() as cursor:
        cursor.execute("DROP VIEW main.numbered_tracks")
        cursor.execute("UPDATE clew.builds SET fingerprint = 'older'")
    yield made
    made.close()


@pytest.fixture
def stage(tmp_path: Path, people: People) -> Iterator[Stage]:
    made = Stage(tmp_path, people.database)
    made.status = people.status()
    yield made
    made.state.close()


async def test_the_page_says_that_a_build_makes_it(stage: Stage) -> None:
    progress = Progress(reason="rules changed", is_full=True, started_at=0).at("events", 6, 10)
    client = await stage.logged_in()
    before = stage.status
    stage.status = msgspec.structs.replace(before, building=True, progress=progress)
    answer = await client.get("/", headers=WAIT)
    assert answer.status_code == 503
    assert "<code>numbered_tracks</code>" in answer.text
    assert "A full build runs" in answer.text
    assert "this page opens by itself when it is through" in answer.text
    assert 'data-build="1"' in answer.text, "so that its script sees the next one"
    told = await client.get("/api/overview")
    assert (told.status_code, "has no numbered_tracks yet. A full build runs" in told.json()["error"]) == (503, True)
    stage.status = msgspec.structs.replace(before, error="no room")
    assert "<code>clew build --full</code>" in (await client.get("/", headers=WAIT)).text


async def test_the_first_build_after_it_is_full_and_opens_the_page(stage: Stage, people: People) -> None:
    assert people.build() == 2
    assert people.result.is_full
    stage.status = people.status()
    answer = await (await stage.logged_in()).get("/", headers=WAIT)
    assert answer.status_code == 200
    assert "Active people" in answer.text


async def test_a_column_that_is_not_there_yet(stage: Stage, people: People) -> None:
    people.build()
    with people.database.cursor() as cursor:
        cursor.execute(f"CREATE OR REPLACE VIEW main.session_facts AS SELECT * EXCLUDE (is_bounced) FROM {people.result.schema}.session_facts")
    stage.status = people.status()
    answer = await (await stage.logged_in()).get("/", headers=WAIT)
    assert (answer.status_code, "<code>session_facts</code>" in answer.text) == (503, True)


async def test_a_mistake_of_ours_stays_one(stage: Stage, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    people.build()
    stage.status = people.status()
    monkeypatch.setattr("clew.analyses.overview.sql_text", lambda name: "SELECT no_such FROM main.sessions")
    answer = await (await stage.logged_in()).get("/", headers=WAIT)
    assert (answer.status_code, "clew serve" in answer.text) == (500, True)
