"""The views answer whatever is stored: odd JSON, hostile keys, objects where values stood, errors of our own."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st
from tests.warehouse.project import Project, record

from clew.errors import LoadError
from clew.warehouse.columns.extract import column_sql
from clew.warehouse.columns.kinds import DECIMAL, VARCHAR

TYPES = [VARCHAR, "BOOLEAN", "BIGINT", "DOUBLE", "TIMESTAMP", DECIMAL]
texts = st.text(max_size=8) | st.sampled_from(['"', "*", "", "0", "a.b", "$", "/", "~", "\\", "\x00", "[0]", "'", "#", "?", "\u2028"])
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda inner: st.dictionaries(texts, inner, max_size=3) | st.lists(inner, max_size=2), max_leaves=5)


def raw(number: int, properties: str, event: str = "E") -> bytes:
    """A line with `properties` as they are written here."""
    message = f'{{"type":"track","messageId":"m{number}","anonymousId":"a","event":"{event}","properties":{properties}}}'
    body = f'"source":"web","received_at":{number},"type":"track","message_id":"m{number}","timestamp":{number},"message":{message}}}'.encode()
    return b'{"xxh3":"' + xxhash.xxh3_64_hexdigest(body).encode() + b'",' + body + b"\n"


CONNECTION = duckdb.connect()


@given(values, st.lists(texts, min_size=1, max_size=3), st.sampled_from(TYPES))
def test_no_stored_value_makes_a_view_fail(value: Any, path: list[str], kind: str) -> None:
    stored: Any = value
    for key in reversed(path):
        stored = {"other": [1], key: stored}
    for document in (stored, value):
        answer = ask(json.dumps(document), tuple(path), kind)
        if document is stored and kind == VARCHAR and isinstance(value, str):
            assert answer == value


def ask(document: str, path: tuple[str, ...], kind: str) -> Any:
    # As in the warehouse: JSON as the database writes it.
    sql = f"SELECT {column_sql('j', (path,), kind)} FROM (SELECT from_json(?, '\"JSON\"') AS j)"
    row = CONNECTION.execute(sql, [document]).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, "1e-999", "0.1" + "0" * 400 + "1"])
def test_numbers_beyond_every_type(project: Project, number: str) -> None:
    project.feed(raw(1, f'{{"n":{number},"price":{number},"o":{{"n":{number}}}}}'), raw(2, '{"n":1,"price":2,"o":{"n":0.5}}'))
    assert project.rows("SELECT reason FROM clew.set_aside") == []
    assert len(project.rows("SELECT * FROM web.e")) == 2
    assert len(project.rows("SELECT * FROM main.e")) == 2


def test_of_a_key_that_stands_twice_the_first_is_taken(project: Project) -> None:
    twice = ['{"a":1,"a":"x"}', '{"a":2,"a":3}', '{"o":{"a":1,"a":{"b":1}}}', '{"a":{"b":7},"a":8}', '{"a":null,"a":5}']
    project.feed(*(raw(number, properties) for number, properties in enumerate(twice)))
    assert project.rows("SELECT reason FROM clew.set_aside") == []
    assert project.rows("SELECT a, a_b, o_a FROM web.e ORDER BY id") == [
        ("1", None, None),
        ("2", None, None),
        (None, None, 1),
        (None, 7, None),
        (None, None, None),
    ]


def test_an_object_that_came_before_the_value_is_no_value(project: Project) -> None:
    project.feed(raw(1, '{"a":{"only":null}}'))
    project.feed(raw(2, '{"a":"{x"}'))
    assert project.rows("SELECT id, a FROM web.e ORDER BY id") == [("m1", None), ("m2", "{x")]


def test_a_wider_type_shows_in_the_views_over_it(project: Project) -> None:
    first = {"type": "identify", "messageId": "1", "userId": "u", "traits": {"age": 5}}
    project.feed(record(first))
    assert project.rows("SELECT age FROM web.users") == [(5,)]
    project.feed(record(first | {"messageId": "2", "traits": {"age": "old", "plan": "pro"}}, at=5, source="app"))
    assert project.rows("SELECT source, age, plan FROM main.users ORDER BY 1") == [("app", "old", "pro"), ("web", "5", None)]
    assert project.rows("SELECT age FROM web.users") == [(5,)]


def test_an_error_in_our_own_sql_sets_nothing_aside(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(raw(1, "{}"), raw(2, "{}"))
    with monkeypatch.context() as patch:
        patch.setattr("clew.warehouse.columns.leaves.kind_sql", lambda _: "no_such_column")
        with pytest.raises(LoadError, match="no_such_column"):
            project.loader.load()
    assert project.load()[0].stored == 2


def test_a_checkpoint_when_idle(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.feed(raw(1, '{"a":1}'))
    wal = project.root / "warehouse.duckdb.wal"
    project.loader.load()
    assert wal.exists()
    monkeypatch.setattr("clew.warehouse.loading.load.IDLE_SECONDS", 0.0)
    project.loader.load()
    assert not wal.exists() or wal.stat().st_size == 0
    assert project.rows("SELECT a FROM web.e") == [(1,)]
