"""Texts written into SQL come out of the database as they went in, whatever they hold."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.models.render import texts
from clew.quoting import identifier, literal

HOSTILE = ("it's", "'; DROP TABLE people; --", 'say "hi"', "\\'", "a\0b", "\0", "", "$name $$ {x} {{ y }}", "é\u2028\n")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts(text: str) -> None:
    assert duckdb.execute(f"SELECT {literal(text)}").fetchone() == (text,)
    assert duckdb.execute(f"SELECT {literal(text)} IN {texts(HOSTILE)}").fetchone() == (True,)


@given(st.text())
def test_any_text(text: str) -> None:
    assert duckdb.execute(f"SELECT {literal(text)}").fetchone() == (text,)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_any_name(name: str) -> None:
    rows = duckdb.execute(f"SELECT 1 AS {identifier(name)}")
    assert [column[0] for column in rows.description or ()] == [name]
