"""Writers that are killed, files that are torn, and readers that come while a writer works."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.timelines.store.warehouse import SOURCE, Row, expected, held, replace, warehouse

from clew.errors import TimelineError
from clew.timelines.store import files, keep_up, open_timeline, write_base, write_overlay

TOP = Path(__file__).parents[3]
BASE = [Row(p, t, p * 10 + t, p % 3, p * 7, True) for p in range(6) for t in range(4)]


@pytest.mark.parametrize("how", ["base", "overlay", "compaction"])
def test_a_writer_killed_at_any_step_leaves_one_version_whole(tmp_path: Path, how: str) -> None:
    environment = os.environ | {"PYTHONPATH": f"{TOP}{os.pathsep}{TOP / 'tests'}"}
    command = [sys.executable, str(Path(__file__).with_name("killed.py")), str(tmp_path), how]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    steps, after = map(int, done.stdout.split())
    assert steps > 20
    assert 0 < after < steps


@pytest.fixture(autouse=True)
def _without_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


def made(root: Path) -> None:
    db = warehouse(BASE)
    write_base(db, root, SOURCE, 1)
    replace(db, [2], [row._replace(kind=4) for row in BASE if row.person == 2])
    write_overlay(db, root, SOURCE, 2, [2], since=1, compact_at=1)


@pytest.mark.parametrize("name", [*files.Columns._fields, "manifest.json"])
@pytest.mark.parametrize("damage", ["torn", "gone"])
def test_what_is_torn_or_gone_is_named_and_made_again(tmp_path: Path, name: str, damage: str) -> None:
    made(tmp_path)
    path = tmp_path / name if name == "manifest.json" else max(f for f in tmp_path.iterdir() if f.is_dir()) / name
    if damage == "torn":
        os.truncate(path, path.stat().st_size - 3)
    else:
        path.unlink()
    with pytest.raises(TimelineError, match=f"{tmp_path}.*: expected"):
        open_timeline(tmp_path)
    keep_up(warehouse(BASE), tmp_path, SOURCE, 3, [2], since=2)
    assert held(open_timeline(tmp_path)) == expected(BASE)


def test_a_manifest_of_another_format_is_not_guessed_at(tmp_path: Path) -> None:
    made(tmp_path)
    manifest = tmp_path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(TimelineError, match="expected format 1, found 2"):
        open_timeline(tmp_path)


def test_a_full_disk_leaves_the_version_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path)
    before = held(open_timeline(tmp_path))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(TimelineError, match="cannot be written, the one before is still read: No space left"):
            write_base(warehouse(BASE), tmp_path, SOURCE, 3)
    assert held(open_timeline(tmp_path)) == before
    assert len([f for f in tmp_path.iterdir() if f.is_dir()]) == 2


def test_readers_see_whole_versions_while_a_writer_works(tmp_path: Path) -> None:
    people = {build: [row._replace(time=row.time + build, kind=build) for row in BASE if row.person == 3] for build in range(1, 60)}
    db = warehouse(BASE)
    write_base(db, tmp_path, SOURCE, 0)
    seen, wrong = set(), []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            timeline = open_timeline(tmp_path)
            rows = people[timeline.build] if timeline.build else [row for row in BASE if row.person == 3]
            if held(timeline)[3] != expected(rows)[3]:
                wrong.append(timeline.build)
            seen.add(timeline.build)

    reader = threading.Thread(target=look)
    reader.start()
    for build, rows in people.items():
        replace(db, [3], rows)
        write_overlay(db, tmp_path, SOURCE, build, [3], since=build - 1, compact_at=1 if build % 5 else 0)
    over.set()
    reader.join()
    assert not wrong
    assert len(seen) > 5
