from __future__ import annotations

import datetime as dt

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from clew.analyses.text import Value, literal, runnable

values = st.none() | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")) | st.dates() | st.datetimes(dt.datetime(1900, 1, 1))
connection = duckdb.connect(":memory:", config={"threads": 1})


@given(values)
def test_a_literal_is_its_value(value: Value) -> None:
    assert connection.execute(f"SELECT {literal(value)}").fetchone() == (value,)


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))
def test_a_value_cannot_leave_its_place(value: str) -> None:
    sql = "-- $source, as a comment\nSELECT $source"
    assert connection.execute(runnable(sql, {"source": value})).fetchall() == [(value,)]
