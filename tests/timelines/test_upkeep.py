"""The timeline follows builds: base, overlay, what is lost and made anew; and a timeline that cannot be kept fails nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from tests.models.stage import Stage
from tests.oracle import Message
from tests.timelines.store.warehouse import held

from clew.config import Activity, Paths, Settings, Timelines
from clew.models import build, build_if_needed, touched_since
from clew.models.ledger import prepare
from clew.timelines.blocks import is_compiled
from clew.timelines.store import current_build, open_timeline
from clew.timelines.upkeep import keep

RULES = Settings(activity=Activity(exclude=("Ping",)))


def message(number: int, user: str | None, load: int = 1, event: str = "A") -> Message:
    return Message(
        message_id=f"m{number}", type="track", event=event, user_id=user, timestamp=10**15 + number, received_at=10**15 + number, load_id=load
    )


@pytest.fixture
def stage() -> Stage:
    return Stage([message(n, f"u{n % 40}") for n in range(120)])


def brought_up(stage: Stage, root: Path, rules: Settings = RULES) -> str:
    result, _ = build_if_needed(stage, rules, root)
    kept = keep(stage.cursor(), rules, root, result)
    assert kept.what in ("off", "failed") or current_build(Paths(root).timeline) == result.build_id
    return kept.what


def test_builds_are_followed(stage: Stage, tmp_path: Path) -> None:
    assert brought_up(stage, tmp_path) == "base"
    assert brought_up(stage, tmp_path) == "current"
    stage.load([message(200, "u1", 2), message(201, "new", 2), message(202, "u1", 2, "Ping")])
    assert brought_up(stage, tmp_path) == "overlay"
    overlaid = held(open_timeline(Paths(tmp_path).timeline))
    result = build(stage, RULES, tmp_path)
    assert keep(stage.cursor(), RULES, tmp_path, result).what == "base"
    whole = held(open_timeline(Paths(tmp_path).timeline))
    # Sessions have other numbers after a full build.
    assert {person: [e[:4] for e in events] for person, events in overlaid.items()} == {p: [e[:4] for e in events] for p, events in whole.items()}
    assert sum(not e[2] for events in whole.values() for e in events) == 1, "what is excluded from activity"


def test_a_timeline_that_missed_builds_takes_in_all_that_they_touched(stage: Stage, tmp_path: Path) -> None:
    assert brought_up(stage, tmp_path) == "base"
    for load in (2, 3):
        stage.load([message(300 + load, f"u{load}", load)])
        build_if_needed(stage, RULES, tmp_path)
    touched = touched_since(stage.cursor(), 1)
    assert touched is not None
    assert len(touched) == 2
    stage.load([message(400, "u9", 4)])
    assert brought_up(stage, tmp_path) == "overlay"
    assert sum(map(len, held(open_timeline(Paths(tmp_path).timeline)).values())) == 123


def test_events_of_nobody_are_person_0s(stage: Stage, tmp_path: Path) -> None:
    stage.load([message(130, None), message(129, None)])
    assert brought_up(stage, tmp_path) == "base"
    stage.load([replace(message(131, None, 2), timestamp=10**15, received_at=10**15)])
    assert brought_up(stage, tmp_path) == "overlay"
    found = held(open_timeline(Paths(tmp_path).timeline))
    assert [e[0] - 10**15 for e in found[0]] == [0, 129, 130]


def test_after_a_deletion_nothing_of_it_stays(stage: Stage, tmp_path: Path) -> None:
    assert brought_up(stage, tmp_path) == "base"
    prepare(stage.cursor())
    stage.connection.execute("INSERT INTO clew.deleted_events SELECT event_number FROM clew.model_events WHERE user_id = 'u7'")
    stage.connection.execute("DELETE FROM clew.test_events WHERE user_id = 'u7'")
    result, built = build_if_needed(stage, RULES, tmp_path)
    assert built
    assert not result.is_full
    assert keep(stage.cursor(), RULES, tmp_path, result).what == "base"
    timeline = open_timeline(Paths(tmp_path).timeline)
    assert [len(part.time) for part in timeline.parts] == [117]


def test_a_lost_timeline_is_made_again(stage: Stage, tmp_path: Path) -> None:
    brought_up(stage, tmp_path)
    (Paths(tmp_path).timeline / "manifest.json").write_text("{")
    stage.load([message(500, "u5", 2)])
    assert brought_up(stage, tmp_path) == "base"


def test_one_that_cannot_be_written_is_said(stage: Stage, tmp_path: Path) -> None:
    Paths(tmp_path).timeline.write_text("a file stands in its place")
    result = build(stage, RULES, tmp_path)
    kept = keep(stage.cursor(), RULES, tmp_path, result)
    assert kept.what == "failed"
    assert str(kept).startswith("the timeline was not kept up, reports are answered by SQL: ")


def test_switched_off_nothing_is_left(stage: Stage, tmp_path: Path) -> None:
    brought_up(stage, tmp_path)
    off = msgspec.structs.replace(RULES, timelines=Timelines(keep=False))
    assert brought_up(stage, tmp_path, off) == "off"
    assert not Paths(tmp_path).timeline.exists()


@pytest.mark.soak
def test_kernels_are_compiled_once(tmp_path: Path) -> None:
    """In a process of its own, into the cache; a second one at the same time does nothing."""
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    both = [subprocess.Popen([sys.executable, "-m", "clew.timelines.upkeep.compiled"], env=env) for _ in range(2)]
    assert sorted(process.wait() for process in both) == [0, 1]
    assert list(tmp_path.glob("compiled-*"))


def test_nothing_is_compiled_in_an_empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not is_compiled()
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    assert not is_compiled()
