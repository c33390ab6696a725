"""Answers as files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.warehouse.project import Project

from clew.errors import QueryError
from clew.warehouse.engine import stage_folder
from clew.warehouse.export import export, safe_cell

SQL = """SELECT * FROM (VALUES
    (1, '=cmd()', 1.50::DECIMAL(18,4), TIMESTAMP '2026-01-02 03:04:05.000006', true, 'nan'::DOUBLE, [1, 2], 'a,"b'),
    (-2, '-5', NULL, NULL, NULL, 0.5, NULL, NULL)) t(n, f, money, t, b, d, l, q)"""


def test_csv_is_safe_in_a_spreadsheet(project: Project, tmp_path: Path) -> None:
    export(project.database, SQL, tmp_path / "x", "csv")
    with (tmp_path / "x").open(newline="") as file:
        header, first, second = csv.reader(file)
    assert header == ["n", "f", "money", "t", "b", "d", "l", "q"]
    assert first == ["1", "'=cmd()", "1.5000", "2026-01-02T03:04:05.000006Z", "true", "nan", "[1,2]", 'a,"b']
    assert second == ["-2", "-5", "", "", "", "0.5", "", ""]


@given(st.text(min_size=1))
def test_no_text_stays_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")) or float(cell) is not None
    assert cell in (text, "'" + text)


@given(st.integers() | st.floats())
def test_numbers_stay_numbers(number: float) -> None:
    assert safe_cell(number) == str(number)


def test_json_holds_exact_values(project: Project, tmp_path: Path) -> None:
    export(project.database, SQL, tmp_path / "x", "json")
    text = (tmp_path / "x").read_text()
    assert '"money":1.5000' in text
    first, _ = json.loads(text)
    assert first["t"] == "2026-01-02T03:04:05.000006Z"
    assert (first["d"], first["l"], first["f"]) == (None, [1, 2], "=cmd()")


@pytest.mark.parametrize("sql", ["SELECT 1 AS a, 2 AS a", "SELECT 1 AS a, 2 AS a, 3 AS a_1"])
def test_json_keeps_every_column(project: Project, tmp_path: Path, sql: str) -> None:
    export(project.database, sql, tmp_path / "x", "json")
    ((_, *values),) = [[0, *row.values()] for row in json.loads((tmp_path / "x").read_text())]
    assert values == list(range(1, len(values) + 1))
    assert len(values) == sql.count(" AS ")


def test_json_of_nothing_is_an_empty_array(project: Project, tmp_path: Path) -> None:
    export(project.database, "SELECT 1 WHERE false", tmp_path / "x", "json")
    assert json.loads((tmp_path / "x").read_text()) == []


def test_parquet(project: Project, tmp_path: Path) -> None:
    export(project.database, SQL + " -- a comment", tmp_path / "x", "parquet")
    table = pyarrow.parquet.read_table(tmp_path / "x")
    assert table.column("n").to_pylist() == [1, -2]
    assert not list(stage_folder(project.root).iterdir())


def test_parquet_of_what_is_not_allowed(project: Project, tmp_path: Path) -> None:
    with pytest.raises(QueryError):
        export(project.database, "SELECT 1) TO '/tmp/x.csv' --", tmp_path / "x", "parquet")
    assert not list(stage_folder(project.root).iterdir())


def test_table(project: Project, tmp_path: Path) -> None:
    export(project.database, "SELECT 'a' AS name, 12 AS n UNION ALL SELECT 'line\nbreak', 5 ORDER BY n DESC", tmp_path / "x", "table")
    assert (tmp_path / "x").read_text() == "name          n\n-----------  --\na            12\nline\\nbreak   5\n"
