"""What one load takes from the log: all lines once, in whole row groups where there are enough; and lines that are packed are the same lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.warehouse.project import Project, record

from clew.config import Paths
from clew.eventlog import Cursor, LogReader
from clew.warehouse.loading.batch import Batch, read_batch
from clew.warehouse.loading.lines import PART, Lines

GROUP = 4


def track(number: int, size: int = 1) -> bytes:
    return record({"type": "track", "messageId": f"m{number:04d}", "anonymousId": "a", "event": "E" * size})


def batches(project: Project, max_bytes: int) -> list[Batch]:
    found = []
    place = Cursor()
    with LogReader(Paths(project.root).log) as reader:
        while (batch := read_batch(reader, place, max_bytes)).lines:
            found.append(batch)
            place = batch.next
    return found


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (0.5, [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]),
        (1.0, [4, 4, 4, 4, 4, 2]),
        (1.9, [4, 4, 4, 4, 4, 2]),
        (2.5, [8, 8, 6]),
        (9.0, [22]),
    ],
)
def test_a_load_is_whole_row_groups(project: Project, monkeypatch: pytest.MonkeyPatch, groups: float, expected: list[int]) -> None:
    monkeypatch.setattr("clew.warehouse.loading.batch.ROW_GROUP", GROUP)
    lines = [track(number) for number in range(22)]
    for first in range(0, 22, 9):  # a chunk each
        project.write(*lines[first : first + 9])
    found = batches(project, int(groups * GROUP * (len(lines[0]) - 1)))
    assert [len(batch.lines) for batch in found] == expected
    assert [batch.lines[place] + b"\n" for batch in found for place in range(len(batch.lines))] == lines
    places = [batch.at(place) for batch in found for place in range(len(batch.lines))]
    assert places == [Cursor(1 + number // 9, number % 9) for number in range(22)]


def test_halves_are_all_of_it(project: Project) -> None:
    project.write(*(track(number) for number in range(7)))
    project.write(*(track(number) for number in range(7, 10)))
    (batch,) = batches(project, 10**6)
    first, second = batch.halves()
    assert (len(first.lines), len(second.lines)) == (5, 5)
    halves = [(half.lines[place], half.at(place)) for half in (first, second) for place in range(5)]
    assert halves == [(batch.lines[place], batch.at(place)) for place in range(10)]
    assert (first.next, second.next) == (second.at(0), batch.next)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 2 * PART + 5), max_size=4), st.integers(0, 5), st.data())
def test_packed_lines_are_the_same_lines(sizes: list[int], packed: int, data: st.DataObject) -> None:
    expected = [b"x" * (number % 7) for number in range(sum(sizes))]
    lines = Lines()
    for size in sizes:
        lines.add(expected[len(lines) : len(lines) + size])
    for number in range(min(packed, lines.parts)):
        assert lines.pack(number).lines == len(expected[number * PART : (number + 1) * PART])
    assert [lines[place] for place in range(len(lines))] == expected
    first = data.draw(st.integers(0, len(expected)))
    cut = lines.cut(first, len(expected))
    assert [cut[place] for place in range(len(cut))] == expected[first:]
