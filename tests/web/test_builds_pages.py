"""The list of builds on the pages: why, what, how long, and what failed; as CSV and JSON; who may look."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import msgspec
import pytest

from clew.config import changed
from clew.models import full
from clew.models.history import Difference, Progress, prepare
from clew.web.builds.work import Work, of_build, of_trial
from clew.web.context import Status
from pages import Stage, form_token
from shop import HOSTILE, People

pytestmark = pytest.mark.anyio


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[People]:
    """Build 1; one that failed twice; build 2, incremental; build 3 by another rule."""
    made = People(tmp_path)
    made.call("track", 0, userId="ada", event="Viewed")
    made.build()
    made.call("track", 0.4, userId="ada", event="Viewed")

    def fail(*_: object) -> None:
        raise MemoryError(f"no room for {HOSTILE}")

    with monkeypatch.context() as patched:
        patched.setattr(full, "number_texts", fail)
        for _ in range(2):
            with pytest.raises(MemoryError):
                made.build()
    made.build()
    made.settings = changed(made.settings, {"sessions.end_events": f'["{HOSTILE}"]'})
    made.build()
    yield made
    made.close()


@pytest.fixture
def stage(tmp_path: Path, people: People) -> Iterator[Stage]:
    made = Stage(tmp_path, people.database)
    made.status = people.status()
    yield made
    made.state.close()


async def test_the_page(stage: Stage) -> None:
    html = (await (await stage.logged_in("vi", "viewer")).get("/builds")).text
    assert "<script>alert" not in html
    assert html.count('<tr id="') == 4
    assert html.count('<tr id="build-') == 3
    assert 'id="build-3" aria-current="true"' in html
    assert "<code>sessions.end_events</code>" in html
    assert "2 times: no room for &lt;script&gt;" in html
    assert "Nothing runs: all that was loaded is built." in html


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [3, 2, None, 1]),
        ("?kind=full", [3, 1]),
        ("?kind=incremental", [2, None]),
        ("?state=failed", [None]),
        ("?state=done&kind=incremental", [2]),
    ],
)
async def test_filters(stage: Stage, query: str, ids: list[int | None]) -> None:
    client = await stage.logged_in()
    told = (await client.get(f"/api/builds{query}")).json()
    assert ([b["build_id"] for b in told["builds"]], told["total"]) == (ids, len(ids))
    rows = list(csv.DictReader(io.StringIO((await client.get(f"/builds.csv{query}")).text)))
    assert [row["build_id"] for row in rows] == [str(n or "") for n in ids]
    assert (await client.get(f"/builds{query}")).text.count('<tr id="') == len(ids)


async def test_what_json_says(stage: Stage) -> None:
    stage.status = msgspec.structs.replace(stage.status, queued=True)
    told = (await (await stage.logged_in()).get("/api/builds")).json()
    assert told["now"] == {"state": "waiting", "percent": None, "words": "A build is waiting."}
    assert told["builds"][0]["changes"] == [{"name": "sessions.end_events", "before": [], "after": [HOSTILE]}]
    failed = told["builds"][2]
    assert (failed["state"], failed["tries"], failed["error"], failed["reason"]) == ("failed", 2, f"no room for {HOSTILE}", "new events")
    assert (told["builds"][1]["people"], told["builds"][1]["events"], told["builds"][1]["loads"]) == (1, 2, 1)


@pytest.mark.parametrize("query", ["?state=lost", "?kind=whole", "?page=0", "?page=x"])
async def test_what_no_list_has(stage: Stage, query: str) -> None:
    assert (await (await stage.logged_in()).get(f"/builds{query}")).status_code == 400


async def test_pages_that_are_not_there(stage: Stage) -> None:
    client = await stage.logged_in()
    assert "beyond the end" in (await client.get("/builds?page=9")).text
    assert "No build fits" in (await client.get("/builds?state=failed&kind=full")).text


async def test_before_the_first_build(tmp_path: Path) -> None:
    with duckdb.connect() as database:
        prepare(database)
        database.execute("CREATE TABLE clew.loads (load_id BIGINT)")
        stage = Stage(tmp_path, database)
        stage.status = Status()
        try:
            answer = await (await stage.logged_in()).get("/builds")
        finally:
            stage.state.close()
    assert answer.status_code == 200
    assert "No builds yet" in answer.text


async def test_every_page_leads_there(stage: Stage) -> None:
    html = (await (await stage.logged_in()).get("/people")).text
    assert 'href="/builds#build-3"' in html
    assert "from now on" not in html


async def test_numbers_by_old_rules_say_so(stage: Stage) -> None:
    waiting = (Difference("sessions.inactivity_minutes", 30, 10), Difference("identity.blocked", [], [HOSTILE]))
    progress = Progress(reason="rules changed", is_full=True, started_at=0).at("events", 6, 10)
    stage.status = msgspec.structs.replace(stage.status, changed=waiting, building=True, progress=progress)
    client = await stage.logged_in("vi", "viewer")
    html = (await client.get("/people")).text
    assert "<code>sessions.inactivity_minutes</code>" in html
    assert "<script>alert" not in html
    assert "A full build by the new rules is on its way" in html
    told = (await client.get("/api/status")).json()
    percent = told["work"]["percent"]
    assert 40 < percent < 80
    assert f'value="{percent}"' in html
    assert told["rules"].startswith("sessions.inactivity_minutes: 30 10; ")
    assert told["rules"].replace('"', "&#34;").replace("<", "&lt;").replace(">", "&gt;") in html
    assert told["work"]["words"].startswith(f"A full build runs, because of: rules changed. Placing events 6 of 10, {percent} %, for ")
    stage.status = msgspec.structs.replace(stage.status, building=False, progress=None, error="no room")
    assert "They stay until a build by the new rules comes through." in (await client.get("/people")).text


def test_words() -> None:
    assert of_build(Status(building=True)) == Work("beginning", 0, "A build begins.")
    assert of_build(Status(error="no room")) == Work("failed", None, "no room")
    assert of_trial(Status(building=True)).words == "Waiting for the build that runs."
    trial = Progress(reason="trial", is_full=True, started_at=0, expected_seconds=2.0).at("swap")
    assert of_trial(Status(trial=trial)).words.startswith("Putting the new tables in place, 99 %, for ")
    assert of_trial(Status(trial=trial)).words.endswith("; the last one took 2.0 s.")


async def test_a_build_that_runs_is_stopped_by_owners(stage: Stage) -> None:
    stops: list[str] = []
    stage.stop_build = stops.append
    owner = await stage.logged_in("olga", "owner")
    button = 'action="/builds/stop"'
    assert button not in (await owner.get("/builds")).text, "nothing runs"
    stage.status = msgspec.structs.replace(stage.status, building=True)
    html = (await owner.get("/builds")).text
    assert button in html
    assert (await owner.post("/builds/stop", data={})).status_code == 403
    answer = await owner.post("/builds/stop", data={"form_token": form_token(html)})
    assert (answer.status_code, answer.headers["location"], stops) == (303, "/builds", ["olga"])
    analyst = await stage.logged_in("ada", "analyst")
    html = (await analyst.get("/builds")).text
    assert button not in html
    assert (await analyst.post("/builds/stop", data={"form_token": form_token(html)})).status_code == 403
    assert stops == ["olga"]


async def test_a_build_that_was_stopped_is_said_until_another_begins(stage: Stage) -> None:
    stage.status = msgspec.structs.replace(stage.status, stopped="stopped by olga")
    now = (await (await stage.logged_in()).get("/api/builds")).json()["now"]
    assert (now["state"], "The last build was stopped by olga" in now["words"]) == ("stopped", True)
    assert of_build(msgspec.structs.replace(stage.status, queued=True)).state == "waiting"


async def test_no_page_shows_the_backticks_of_a_message(stage: Stage) -> None:
    stage.status = msgspec.structs.replace(stage.status, stopped="stopped by olga", error="no room: see `clew log verify`")
    client = await stage.logged_in()
    for path in ("/builds", "/reports", "/people", "/settings/rules", "/identity", "/funnel?step=A{", "/paths?depth=x", "/saved/9", "/nothing"):
        text = (await client.get(path, headers={"x-clew-wait": "1"})).text
        assert not re.search(r"`[^`\n]+`", re.sub(r"<(pre|script).*?</\1>", "", text, flags=re.DOTALL)), path
    assert "see <code>clew log verify</code>" in (await client.get("/builds")).text
    assert "<code>int</code>" in (await client.get("/paths?depth=x")).text
