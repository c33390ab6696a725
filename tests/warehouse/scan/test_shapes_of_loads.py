"""Loads whose plain lines the compiled pass takes apart: no column is missed because the pass has seen its shape in a record that was not stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.warehouse.project import SMALL, Project, record, sealed

from clew.config import Settings, Warehouse
from clew.errors import LoadError


@pytest.fixture(autouse=True)
def scanning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clew.warehouse.loading.scanning.SCAN_LINES", 1)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path, SMALL)
    yield made
    made.close()


def track(number: int, **properties: Any) -> bytes:
    return record({"type": "track", "messageId": f"m{number}", "anonymousId": "a", "event": "E", "properties": properties})


def test_types_widen_from_load_to_load(project: Project) -> None:
    for number, (value, kind) in enumerate([(1, "BIGINT"), (2, "BIGINT"), (1.5, "DOUBLE"), (2.5, "DOUBLE"), ("x", "VARCHAR")]):
        project.feed(track(number, n=value))
        assert project.columns("e")["n"] == kind
    assert project.rows("SELECT list(n ORDER BY id) FROM web.e") == [(["1", "2", "1.5", "2.5", "x"],)]


def test_a_repeat_brings_no_column_and_takes_none_away(project: Project) -> None:
    project.feed(track(1, a=1))
    result = project.feed(track(1, a=1, z="other"), track(2, b=1))
    assert (result.id_reused, result.stored) == (1, 1)
    assert "z" not in project.columns("e")
    project.feed(track(3, z=5), track(4, b=2))
    assert project.columns("e")["z"] == "BIGINT"
    project.close()
    project.open()
    result = project.feed(track(4, b=2), track(5, b="text"))
    assert (result.duplicates, result.stored) == (1, 1)
    assert project.columns("e")["b"] == "VARCHAR"


def test_what_a_failed_load_taught_is_forgotten(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(track(1, fresh=1))

    def full(*_: object) -> None:
        raise duckdb.IOException("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("clew.warehouse.loading.transaction.make_views", full)
        with pytest.raises(LoadError, match="disk full"):
            project.loader.load()
    assert project.load()[0].stored == 1
    assert project.rows("SELECT fresh FROM web.e") == [(1,)]


def test_what_is_set_aside_teaches_nothing(project: Project) -> None:
    stamp = b'"source":"web","received_at":1,"type":"track","message_id":"m2","timestamp":1'
    project.write(track(1, a=1), sealed(stamp, b'{"event":"E","properties":{"b":"\\ud800"}}'), track(3, c=1))
    assert sum(result.set_aside for result in project.load()) == 1
    assert {"a", "c"} <= project.columns("e").keys()
    assert "b" not in project.columns("e")


def test_beyond_the_most_columns_each_load_is_surveyed(tmp_path: Path) -> None:
    project = Project(tmp_path, Settings(warehouse=Warehouse(threads=1, memory="500MB", max_columns=2)))
    for number in range(3):
        project.feed(track(number, a=1, b=2, c=number))
    assert project.rows("SELECT count(_more) FROM web.e") == [(3,)]
    project.close()
