"""Schedules: a file a day from an hour on, whole or not at all, in the project's zone."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from clew import clock
from clew.app.schedules import Schedules
from clew.errors import StateError
from clew.state import saved, schedules
from clew.web.context import Status
from pages import Stage, form_token
from running import wait_until

MORNING = clock.parse_time("2026-11-24T05:30:00Z") or 0
"""06:30 in the project's zone."""


@pytest.fixture
def site(tmp_path: Path, shop: duckdb.DuckDBPyConnection) -> Iterator[Stage]:
    made = Stage(tmp_path, shop)
    saved.save(made.state, "People, by week!", "trends", "interval=week&measure=people&range=28d", "ada")
    yield made
    made.state.close()


def at(site: Stage, time: int) -> list[str]:
    return [path.name for path in Schedules(site.context, lambda: time).run_due()]


def test_a_file_a_day_from_its_hour_on(site: Stage) -> None:
    schedules.schedule(site.state, 1, "csv", "6", "ada")
    schedules.schedule(site.state, 1, "json", "07", "ada")
    assert at(site, MORNING - clock.HOUR) == []
    assert at(site, MORNING) == ["1_people_by_week_2026-11-24.csv"]
    assert at(site, MORNING) == []
    assert at(site, MORNING + 10 * clock.HOUR) == ["1_people_by_week_2026-11-24.json"]
    assert at(site, MORNING + clock.DAY) == ["1_people_by_week_2026-11-25.csv"]
    folder = site.root / "exports"
    told = json.loads((folder / "1_people_by_week_2026-11-24.json").read_text())
    rows = list(csv.DictReader((folder / "1_people_by_week_2026-11-24.csv").read_text().splitlines()))
    assert [(row["period"], int(row["value"])) for row in rows] == [(row["period"], row["value"]) for row in told["rows"]]
    assert told["report"] == "trends"
    assert sum(row["value"] for row in told["rows"]) > 0
    assert folder.stat().st_mode & 0o077 == 0


def test_what_cannot_be_written_is_noted_and_leaves_nothing(site: Stage) -> None:
    for name, report, query in (("Wrong", "trends", "measure=sum"), ("Gone", "nothing", ""), ("Escape", "escape", "")):
        schedules.schedule(site.state, saved.save(site.state, name, report, query, "ada").saved_id, "csv", "0", "ada")
    (site.root / "reports").mkdir()
    (site.root / "reports" / "escape.sql").write_text("SELECT * FROM '/etc/passwd'")
    assert at(site, MORNING) == []
    found = {each.name: each.last_error for each in schedules.all_schedules(site.state)}
    assert "expected one with sum" in found["Wrong"]
    assert "There is no report" in found["Gone"]
    assert "cannot be read" in found["Escape"]
    assert list((site.root / "exports").iterdir()) == []


def test_without_a_build_it_waits(site: Stage) -> None:
    schedules.schedule(site.state, 1, "csv", "0", "ada")
    site.status = Status()
    assert at(site, MORNING) == []
    assert schedules.all_schedules(site.state)[0].last_day == ""


def test_what_cannot_be_scheduled(site: Stage) -> None:
    schedules.schedule(site.state, 1, "csv", "6", "ada")
    for form, hour in (("csv", "06"), ("xml", "6"), ("csv", "24"), ("csv", "x")):
        with pytest.raises(StateError):
            schedules.schedule(site.state, 1, form, hour, "ada")
    with pytest.raises(StateError):
        schedules.schedule(site.state, 9, "csv", "6", "ada")
    saved.delete(site.state, 1)
    assert schedules.all_schedules(site.state) == []


def test_the_thread_writes_by_itself(site: Stage) -> None:
    schedules.schedule(site.state, 1, "csv", "0", "ada")
    running = Schedules(site.context, lambda: MORNING, every=0.01)
    running.start()
    wait_until(lambda: (site.root / "exports" / "1_people_by_week_2026-11-24.csv").exists(), "the file")
    running.stop()


@pytest.mark.anyio
async def test_on_the_page(site: Stage) -> None:
    client = await site.logged_in()
    token = {"form_token": form_token((await client.get("/reports")).text)}
    assert (await client.post("/saved/1", data={**token, "do": "schedule", "form": "json", "hour": "6"})).status_code == 303
    assert (await client.post("/saved/1", data={**token, "do": "schedule", "form": "json", "hour": "6"})).status_code == 409
    assert "JSON from 06:00" in (await client.get("/reports")).text
    at(site, MORNING)
    assert "last 2026-11-24" in (await client.get("/reports")).text
    assert (await client.post("/saved/1", data={**token, "do": "unschedule", "schedule": "1"})).status_code == 303
    assert (await client.post("/saved/1", data={**token, "do": "unschedule", "schedule": "1"})).status_code == 409
    assert "JSON from 06:00" not in (await client.get("/reports")).text
