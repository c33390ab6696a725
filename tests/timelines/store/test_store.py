"""Timelines on disk: base, overlay and compaction hold what the warehouse holds, whatever changed."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.timelines.random_timelines import relaxed
from tests.timelines.store.warehouse import SOURCE, Row, add, expected, held, histories, replace, some_people, warehouse

from clew.errors import TimelineError
from clew.timelines.store import Source, current_build, keep_up, merge, open_timeline, rows, source, write_base, write_overlay
from clew.timelines.store.files import Columns

CHANGES = st.lists(st.tuples(some_people(5), some_people(5)), max_size=4)


def same_files(one: Columns, other: Columns) -> bool:
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(one, other, strict=True))


@relaxed(150)
@given(histories(some_people()), st.data(), st.sampled_from((0.0, 0.3, 100.0)), st.sampled_from((1, 3, 1000)))
def test_base_overlay_and_compaction_are_a_fresh_base(first: list[Row], data: st.DataObject, compact_at: float, block: int) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "ROWS", block)
        patch.setattr(merge, "ROWS", block)
        patch.setattr(os, "fsync", lambda _: None)
        kept, fresh, db = Path(folder) / "kept", Path(folder) / "fresh", warehouse(first)
        write_base(db, kept, SOURCE, 1)
        now = expected(first)
        assert held(open_timeline(kept)) == now
        for build, (gone, come) in enumerate(data.draw(CHANGES), 2):
            after = data.draw(histories(st.just(come), build * 10**12))
            people = data.draw(st.permutations(sorted({*gone, *come})))
            replace(db, people, after)
            now = {person: events for person, events in now.items() if person not in people} | expected(after)
            write_overlay(db, kept, SOURCE, build, people, since=build - 1, compact_at=compact_at)
            found = open_timeline(kept)
            assert held(found) == now
            assert found.build == current_build(kept) == build
            write_base(db, fresh, SOURCE, build)
            if compact_at == 0.0 and len(found.parts) == 1:
                assert same_files(found.columns[0], open_timeline(fresh).columns[0])
            assert held(open_timeline(fresh)) == now
            assert len([f for f in kept.iterdir() if f.is_dir()]) == len(found.parts)


def test_an_overlay_that_grew_becomes_part_of_the_base(tmp_path: Path) -> None:
    everybody = [Row(p, t, p * 100 + t, 0, 0, True) for p in range(100) for t in range(10)]
    db = warehouse(everybody)
    write_base(db, tmp_path, SOURCE, 1)
    parts = []
    for build in range(2, 9):
        changed = [build * 2, build * 2 + 1]
        replace(db, changed, [row._replace(kind=1) for row in everybody if row.person in changed])
        write_overlay(db, tmp_path, SOURCE, build, changed, since=build - 1)
        parts.append(len(open_timeline(tmp_path).parts))
    assert parts == [2, 2, 1, 2, 2, 1, 2]
    assert {p for p, events in held(open_timeline(tmp_path)).items() if events[0][1]} == set(range(4, 18))


def test_a_reader_holds_its_version_while_others_come_and_go(tmp_path: Path) -> None:
    db = warehouse([Row(1, 5, 10, 0, 0, True), Row(2, 6, 11, 0, 0, True)])
    write_base(db, tmp_path, SOURCE, 1)
    before = open_timeline(tmp_path)
    replace(db, [1], [Row(1, 7, 12, 3, 0, False)])
    write_overlay(db, tmp_path, SOURCE, 2, [1], since=1, compact_at=9)
    between = open_timeline(tmp_path)
    write_base(db, tmp_path, SOURCE, 3)
    assert held(before) == {1: [(5, 0, True, 10, None)], 2: [(6, 0, True, 11, None)]}
    assert held(between) == held(open_timeline(tmp_path)) == {1: [(7, 3, False, 12, None)], 2: [(6, 0, True, 11, None)]}
    assert (before.build, between.build, between.kinds, len(between.parts)) == (1, 2, 4, 2)


def test_an_overlay_of_another_build_is_refused_and_then_the_base_is_made(tmp_path: Path) -> None:
    db = warehouse([Row(1, 5, 10, 0, 0, True)])
    with pytest.raises(TimelineError, match="expected a timeline of build 1, found none"):
        write_overlay(db, tmp_path, SOURCE, 2, [1], since=1)
    keep_up(db, tmp_path, SOURCE, 2, [1], since=1)
    replace(db, [1], [Row(1, 9, 10, 0, 0, True)])
    with pytest.raises(TimelineError, match="expected a timeline of build 3, found of build 2"):
        write_overlay(db, tmp_path, SOURCE, 4, [], since=3)
    keep_up(db, tmp_path, SOURCE, 4, [], since=3)
    assert held(open_timeline(tmp_path)) == {1: [(9, 0, True, 10, None)]}
    keep_up(db, tmp_path, SOURCE, 5, [], since=4)
    assert current_build(tmp_path) == 5


def test_what_kernels_could_not_bear_is_refused(tmp_path: Path) -> None:
    good = [Row(1, 5, 10, 0, 0, True)]
    for bad, says in (
        (Row(1, 4, 11, 0, 0, True), "order of their times, found event 11"),
        (Row(1, 5, 11, -1, 0, True), "kinds from 0, found -1"),
        (Row(1, 5, 10, 0, 0, True), "each event number once, found 1 of 2"),
        (Row(1, 5, None, 0, 0, True), "expected `event` for every event"),  # type: ignore[arg-type]
    ):
        with pytest.raises(TimelineError, match=says):
            write_base(warehouse([*good, bad]), tmp_path, SOURCE, 1)
        assert [f.name for f in tmp_path.iterdir()] == ["lock"]


def test_sessions_of_one_person_may_overlap() -> None:
    person, session = np.array([1, 1, 1, 1, 2, 2]), np.array([50, 40, 50, -1, 40, 40])
    number, ids = rows.numbered(person, session)
    assert number.tolist() == [0, 1, 0, -1, 2, 2]
    assert ids.tolist() == [50, 40, 40]


def test_other_names_and_rows_without_a_person(tmp_path: Path) -> None:
    db = warehouse()
    db.execute(
        "CREATE TABLE mine AS SELECT * FROM (VALUES (2, 7, 30, 3), (NULL, 1, 31, 3), (1, 9, 32, 4), (1, 8, 33, 4)) AS t(who, moment, number, name)"
    )
    mine = Source(relation="mine", person="who", time="moment", kind="name", is_activity="name = 3", event="number", session="NULL", order="moment")
    write_base(db, tmp_path, mine, 1)
    assert held(open_timeline(tmp_path)) == {1: [(8, 4, False, 33, None), (9, 4, False, 32, None)], 2: [(7, 3, True, 30, None)]}


def test_uncommitted_rows_of_the_build_are_read(tmp_path: Path) -> None:
    db = warehouse([Row(1, 5, 10, 0, 0, True)])
    db.execute("BEGIN")
    add(db, [Row(2, 5, 11, 0, 0, True)])
    write_base(db, tmp_path, SOURCE, 1)
    db.execute("ROLLBACK")
    assert set(held(open_timeline(tmp_path))) == {1, 2}


@relaxed(100)
@given(histories(some_people()), st.lists(st.integers(0, 5 << 32), max_size=5))
def test_events_are_found_by_their_number(history: list[Row], others: list[int]) -> None:
    with TemporaryDirectory() as folder:
        write_base(warehouse(history), Path(folder), SOURCE, 1)
        timeline = open_timeline(Path(folder))
        (columns,) = timeline.columns
        everything = np.array([*(row.event for row in history), *others], np.int64)
        (place,) = timeline.find(everything)
        known = {int(e): n for n, e in enumerate(columns.event)}
        assert place.tolist() == [known.get(e, -1) for e in everything.tolist()]
