"""Very many events of one kind: of nobody (`null`), of one person, of one device, of many devices. All counts are worked out by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from tests.models.crowds import IN_SESSION, USERS
from tests.models.stage import Stage

from clew.config import Identity, Settings
from clew.models import MODELS, build, build_if_needed
from conftest import TOP
from running import environment

SIZES = [50_000, pytest.param(1_000_000, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]


def told(kind: str, events: int, root: Path) -> dict[str, Any]:
    """What tests/models/crowds.py prints of one kind."""
    (root / kind).mkdir()
    command = [sys.executable, "-m", "tests.models.crowds", kind, str(events), str(root / kind)]
    done = subprocess.run(command, cwd=TOP, env=environment(PYTHONPATH=f"{TOP / 'src'}:{TOP}:{TOP / 'tests'}"), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    print(f"{events:,} events, {kind}: {answer['mb']:.0f} MB, {answer['seconds']:.1f} s of processor time, then touched {answer['touched']}")
    return answer


def expect_no_more_than_others(answer: dict[str, Any], events: int, root: Path) -> None:
    """Memory and time of a full build stay near those of as many events of many people."""
    others = told("spread", events, root)
    assert answer["mb"] < 2 * others["mb"]
    assert answer["seconds"] < 3 * others["seconds"]


@pytest.mark.parametrize("events", SIZES)
def test_null_is_nobody(tmp_path: Path, events: int) -> None:
    answer = told("null", events, tmp_path)
    quarter = events // 4
    # A user's events are 4 * USERS apart, which is over an hour; each is a session of its own, as a device's only event is.
    full = {"events": events, "events of people": 2 * quarter, "people": USERS + quarter, "sessions": 2 * quarter, "conflicts": 0}
    assert answer["full"] == full
    # The second load has one more event of user u0 and of device a3, which are made anew whole, and two of nobody.
    assert answer["touched"] == {"people": 2, "events": ceil(quarter / USERS) + 1 + 4, "is_full": False}
    assert answer["then"] == full | {"events": events + 4, "events of people": 2 * quarter + 2, "sessions": 2 * quarter + 2}
    expect_no_more_than_others(answer, events, tmp_path)


@pytest.mark.parametrize("events", SIZES)
def test_one_person_with_very_many_events(tmp_path: Path, events: int) -> None:
    answer = told("person", events, tmp_path)
    sessions = events // IN_SESSION
    full = {"events": events, "events of people": events, "people": 1, "sessions": sessions, "conflicts": 0}
    assert answer["full"] == full
    # A person is made anew whole: the cost of four late events is all events of the person.
    assert answer["touched"] == {"people": 1, "events": events + 4, "is_full": False}
    assert answer["then"]["events"] == events + 4
    expect_no_more_than_others(answer, events, tmp_path)


def digest(stage: Stage) -> dict[str, tuple[int, int]]:
    """The rows of each model, whatever their order."""
    return {m.name: stage.rows(f"SELECT count(*), coalesce(sum(hash(m)), 0) FROM main.{m.name} AS m")[0] for m in MODELS}


def expect_the_same_in_full(stage: Stage, rules: Settings, root: Path) -> None:
    before = digest(stage)
    build(stage, rules, root)
    assert digest(stage) == before


def test_a_log_in_on_a_device_with_a_hundred_thousand_events(tmp_path: Path) -> None:
    stage = Stage()
    stage.fill(100_000, time="i * 60", anonymous="'kiosk'")
    stage.fill(10_000, time="i * 60", anonymous="concat('a', i // 10)", user="CASE WHEN i // 10 = 5 THEN 'ada' END", prefix="others")
    build_if_needed(stage, Settings(), tmp_path)
    stage.fill(1, time="i", anonymous="'kiosk'", user="'ada'", load="2", prefix="log-in")
    result, _ = build_if_needed(stage, Settings(), tmp_path)
    print(f"a log-in on a device with 100,000 events: {result.people} people and {result.events:,} events touched of 110,001, {result.seconds:.1f} s")
    # The device as its own person, and Ada, who had ten events.
    assert (result.is_full, result.people, result.events) == (False, 2, 100_011)
    assert stage.rows("SELECT universal_user_id, count(*) FROM mapped_tracks WHERE anonymous_id = 'kiosk' GROUP BY ALL") == [("ada", 100_001)]
    # Somebody else logs in later: the device is shared, and what came after the last log-in changes hands.
    stage.fill(1, time="6000000", anonymous="'kiosk'", user="'bob'", load="3", prefix="later")
    result, _ = build_if_needed(stage, Settings(), tmp_path)
    assert (result.is_full, result.people, result.events) == (False, 2, 100_012)
    owners = stage.rows("SELECT universal_user_id, count(*) FROM mapped_tracks WHERE anonymous_id = 'kiosk' GROUP BY ALL ORDER BY ALL")
    # Events at second 0 (two, one of which is the log-in) are Ada's; all others up to Bob's log-in are Bob's.
    assert owners == [("ada", 2), ("bob", 100_000)]
    expect_the_same_in_full(stage, Settings(), tmp_path)


@pytest.mark.parametrize("load", ["1", "1 + i // 2500", "4 - i // 2500"], ids=["at once", "in loads", "backwards"])
def test_five_thousand_devices_of_one_user(tmp_path: Path, load: str) -> None:
    """Each device has an event alone and a log-in. The first 1,000 devices are the user's; the others stay people, except for what names the user."""
    stage = Stage()
    stage.fill(
        10_000, time="i", anonymous="concat('d', lpad(CAST(i // 2 AS VARCHAR), 4, '0'))", user="CASE WHEN i % 2 = 1 THEN 'clerk' END", load=load
    )
    loaded = stage.rows("SELECT max(load_id) FROM clew.test_events")[0][0]
    view = "CREATE OR REPLACE VIEW clew.model_events AS SELECT *, rowid AS event_number FROM clew.test_events WHERE load_id <= {}"
    for number in range(1, loaded + 1):
        stage.connection.execute(view.format(number))
        result, _ = build_if_needed(stage, Settings(), tmp_path)
        assert result.is_full == (number == 1)
    sizes = "SELECT count(*), min(universal_user_id), max(universal_user_id) FROM {} WHERE universal_user_id {} 'clerk'"
    assert stage.rows(sizes.format("universal_alias_mapping", "=")) == [(1001, "clerk", "clerk")]
    assert stage.rows(sizes.format("universal_alias_mapping", "<>")) == [(4000, "d1000", "d4999")]
    assert stage.rows(sizes.format("mapped_tracks", "=")) == [(6000, "clerk", "clerk")]
    assert stage.rows(sizes.format("mapped_tracks", "<>")) == [(4000, "d1000", "d4999")]
    listed = "SELECT count(*), min(alias), max(alias), min(other), max(other) FROM identity_conflicts WHERE reason = 'too_many_aliases'"
    assert stage.rows(listed) == [(4000, "d1000", "d4999", "clerk", "clerk")]
    expect_the_same_in_full(stage, Settings(), tmp_path)
    raised = Settings(identity=Identity(max_aliases_per_person=5000))
    build_if_needed(stage, raised, tmp_path)
    assert stage.rows("SELECT count(*), count(DISTINCT universal_user_id) FROM universal_alias_mapping") == [(5001, 1)]
    assert stage.rows("SELECT count(*), count(DISTINCT person_id) FROM mapped_tracks") == [(10_000, 1)]
    assert stage.rows("SELECT count(*) FROM identity_conflicts") == [(0,)]
