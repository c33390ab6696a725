"""Any order and any batching of the same messages gives the same tables, and they are those of the plain-Python oracle."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.warehouse import oracle
from tests.warehouse.project import SMALL, T0, Project, record

from clew.warehouse.columns.naming import LOAD_COLUMNS
from clew.warehouse.loading.scanning import SCAN_LINES

SYSTEM = {"id", "anonymous_id", "user_id", "received_at", "sent_at", "timestamp", "original_timestamp", "event", "event_text", *LOAD_COLUMNS}
OWN = {"pages": {"name", "category"}, "screens": {"name", "category"}, "groups": {"group_id"}, "aliases": {"previous_id"}}

scalars = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, -1, 7, 2**53, 2**53 + 1, -(2**63), 2**63, 2**64, 10**14 - 1, 10**14, 10**30])
    | st.integers(-(10**6), 10**6)
    | st.sampled_from([0.5, 1.0, -0.25, 19.99, 56.849999999999994, 0.00001, 123456.789, 2.5e15])
    | st.sampled_from(["", "x", "12", "12.5", "true", "null", "{", "[1]", "1e5", "é\u2028", "'; DROP TABLE x", "=cmd()"])
    | st.sampled_from(["2026-01-02", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456+05:30", "2026-01-02 03:04"])
    | st.sampled_from(["2026-13-02T03:04:05Z", "2026-01-02T03:04:05.1234567Z"])
)
KEYS = ["a", "A", "price", "revenue", "orderId", "order_id", "user_id", "context_ip", "select", "3d", "é", "a b", "order", 'x"y', "n", "id"]
keys = st.sampled_from(KEYS)
values = st.recursive(scalars, lambda inner: st.dictionaries(keys, inner, max_size=3) | st.lists(inner, max_size=2), max_leaves=4)
payloads = st.dictionaries(keys, values, max_size=4)
contexts = st.dictionaries(st.sampled_from(["ip", "page", "library", "Page", "n"]), values, max_size=2)


@st.composite
def messages(draw: st.DrawFn) -> list[dict[str, Any]]:
    count = draw(st.integers(1, 9))
    made = []
    for number in range(count):
        kind = draw(st.sampled_from(["track", "track", "track", "identify", "page", "group", "alias"]))
        message: dict[str, Any] = {"type": kind, "messageId": f"m{number}", "anonymousId": "a", "userId": draw(st.sampled_from(["u1", "u2", ""]))}
        message |= {"context": draw(contexts)}
        message["traits" if kind in ("identify", "group", "alias") else "properties"] = draw(payloads)
        message |= {"track": {"event": draw(st.sampled_from(["E", "Sessions", "users", "3 x", "注"]))}, "group": {"groupId": "g"}}.get(kind, {})
        made.append(message)
    return made


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[list[int]]]:
    """Messages, and the order and batches in which they are loaded."""
    made = draw(messages())
    order = draw(st.permutations(range(len(made))))
    cuts = sorted(draw(st.sets(st.integers(1, len(made)), max_size=3)) | {0, len(made)})
    return made, [list(order[start:end]) for start, end in itertools.pairwise(cuts)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(arrivals(), st.sampled_from([1, SCAN_LINES]))
def test_tables_are_the_oracles(case: tuple[list[dict[str, Any]], list[list[int]]], scan_lines: int) -> None:
    made, batches = case
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("clew.warehouse.loading.scanning.SCAN_LINES", scan_lines)
        project = Project(Path(folder), SMALL)
        try:
            for batch in batches:
                project.feed(*(record(made[number], at=number) for number in batch))
            compare(project, made)
        finally:
            project.close()


def compare(project: Project, made: list[dict[str, Any]]) -> None:
    assert project.rows("SELECT reason, line FROM clew.set_aside") == []
    types, rows = oracle.tables(made)
    found = {table for (table,) in project.rows("SELECT view_name FROM duckdb_views() WHERE schema_name = 'web'")}
    assert found - {"users", "accounts"} == set(types)
    for table, expected in types.items():
        system = SYSTEM | OWN.get(table, set())
        assert {name: kind for name, kind in project.columns(table).items() if name not in system} == expected, table
        assert comparable(values_of(project, table, system)) == comparable(rows[table]), table
    for state, calls, key in (("users", "identifies", "userId"), ("accounts", "groups", "groupId")):
        if state in found:
            owners = {m["messageId"]: m.get(key) or None for m in made}
            order = {m["messageId"]: number for number, m in enumerate(made)}
            expected_state = oracle.latest(rows[calls], owners, order)
            assert comparable(values_of(project, state, {"id", "received_at", "message_id", *LOAD_COLUMNS})) == comparable(expected_state), state


def values_of(project: Project, table: str, system: set[str]) -> oracle.Columns:
    names = [name for name in project.columns(table) if name not in system]
    columns = "".join(', "' + name + '"' for name in names)
    return {
        key: {n: v for n, v in zip(names, row, strict=True) if v is not None} for key, *row in project.rows(f'SELECT id{columns} FROM web."{table}"')
    }


def comparable(rows: oracle.Columns) -> dict[str, dict[str, tuple[str, str]]]:
    return {key: {name: (type(value).__name__, text(value)) for name, value in row.items()} for key, row in rows.items()}


def text(value: Any) -> str:
    """Numbers inside JSON text and lone numbers as text: by their value, since 1e+16 and 1e16 are one number."""
    if isinstance(value, str):
        try:
            return repr(json.loads(value))
        except ValueError:
            return value
    return str(value)


def test_the_oracle_by_hand() -> None:
    made = [
        {"type": "track", "messageId": "1", "event": "E", "properties": {"n": 1, "price": "19.9", "t": "2026-01-02T03:04:05+01:00"}},
        {"type": "track", "messageId": "2", "event": "E", "properties": {"n": 1.5, "price": 3, "t": None, "o": {"k": [1]}}},
    ]
    types, rows = oracle.tables(made)
    assert types["e"] == {"n": "DOUBLE", "price": "DECIMAL(18,4)", "t": "TIMESTAMP", "o_k": "VARCHAR"}
    assert rows["e"]["1"] == {"n": 1.0, "price": Decimal("19.9"), "t": dt.datetime(2026, 1, 2, 2, 4, 5)}
    assert rows["e"]["2"] == {"n": 1.5, "price": Decimal(3), "o_k": "[1]"}
    assert T0 > 0
