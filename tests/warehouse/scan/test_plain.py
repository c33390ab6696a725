"""Lines taken apart by the compiled pass give what the database's own parser makes of them; what the pass has not seen, the survey sees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.warehouse.project import SMALL, Project, sealed

from clew.warehouse.columns import kinds
from clew.warehouse.loading.lines import PART, Lines
from clew.warehouse.loading.scan import kinds as sorts
from clew.warehouse.loading.scan.plain import Scanner
from clew.warehouse.loading.scan.shapes import PATHS
from clew.warehouse.loading.stage import _CONTEXT, clear, stage

STAMP = b'"source":"web","received_at":1,"type":"track","message_id":"m","timestamp":1'
MESSAGE = b'{"type":"track","event":"E","userId":"u","properties":{"a":[1,{"b":-0.25}],"c":"x\\ny"},"context":{"ip":"i","page":{"url":"/","n":null}}}'
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.decimals(allow_nan=False, allow_infinity=False, places=5).map(float)
moments = st.datetimes().map(lambda moment: moment.isoformat() + "Z")
texts = st.text(max_size=5) | st.from_regex(r"-?[0-9]{1,16}([.][0-9]{1,5})?|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", fullmatch=True)
scalars = st.none() | st.booleans() | numbers | texts | moments
KEYS = ["a", "A", "ip", "page", "url", "userAgent", "os", "name", "library", "campaign", "price", "traits", 'q"', "é", "message", "event", ""]
values = st.recursive(scalars, lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=3) | st.lists(inner, max_size=2), max_leaves=6)
objects = st.dictionaries(st.sampled_from(KEYS), values, max_size=4)
OBJECTS = ["properties", "traits", "context"]
MEMBERS = [*OBJECTS, "event", "anonymousId", "userId", "groupId", "previousId", "name", "category", "activity", "other", "Event"]


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A record with any members, as some client may write it."""
    kind = draw(st.sampled_from(["track", "identify", "page", "screen", "group", "alias", "merge"]))
    members = draw(st.dictionaries(st.sampled_from(MEMBERS), st.just("E") | values | objects, max_size=5))
    members |= {name: draw(objects) for name in draw(st.sets(st.sampled_from(OBJECTS)))}
    separators = draw(st.sampled_from([(",", ":"), (",", ":"), (", ", ": ")]))
    message = json.dumps(members, separators=separators, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    numbers = draw(st.sampled_from([b"", b',"sent_at":-5,"batch_index":3', b',"clock_shift":1.5', b',"batch_index":99999999999', b',"sent_at":null']))
    return sealed(STAMP.replace(b"track", kind.encode()) + numbers, message)[:-1]


PIECES = [*(bytes([byte]) for byte in b'{}[]:,"\\0-.eEtn \x01\xff\xc3'), b"", b"\\u0041"]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A record with some bytes put in, taken out or changed."""
    line = bytearray(sealed(STAMP, MESSAGE)[:-1])
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(27, len(line)))
        line[place : place + draw(st.integers(0, 2))] = draw(
            st.sampled_from([*(bytes([c]) for c in b'{}[]:,"\\0-.eEtn \x01\xff\xc3'), b"", b"\\u0041"])
        )
    return bytes(line)


SAME = " AND ".join(f"parts.{path} IS NOT DISTINCT FROM c.{path}" for path in ('"' + '"."'.join(path) + '"' for path in PATHS))


@pytest.fixture(scope="module")
def cursor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    project = Project(tmp_path_factory.mktemp("project"), SMALL)
    yield project.database.loading_cursor()
    project.close()


def staged(cursor: duckdb.DuckDBPyConnection, some: list[bytes], scanner: Scanner | None) -> Any:
    """What the stage holds, or that it refuses the lines."""
    columns = f"* EXCLUDE (learned, parts, message, c), clew.whole(message, payload, context), parts IS NULL OR ({SAME})"
    rows = "(SELECT *, from_json(context, $1) AS c FROM stage)"
    try:
        unusable = stage(cursor, Lines(some), scanner)
        found = cursor.execute(f"SELECT {columns} FROM {rows} ORDER BY place", [json.dumps(_CONTEXT)]).fetchall()
    except (duckdb.DataError, duckdb.InvalidInputException):
        return "refused"
    finally:
        clear(cursor)
    assert all(row[-1] for row in found)
    return unusable, [row[:-1] for row in found]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(lines() | damaged())
@example(sealed(STAMP, MESSAGE)[:-1])
@example(sealed(STAMP, b'{"event":"E","properties":{"a":1,"a":2},"properties":{"b":1}}')[:-1])
@example(sealed(STAMP.replace(b'"received_at":1', b'"received_at":253402300800000000'), MESSAGE)[:-1])
@example(sealed(STAMP.replace(b'"timestamp":1', b'"timestamp":-253402300800000000'), MESSAGE)[:-1])
@example(sealed(STAMP, b'{"groupId":17,"context":{"page":{"url":"a"},"page":{"path":"b"}}}')[:-1])
@example(sealed(STAMP, b'{"context":{"ip":{"x":1},"page":"/","os":{"name":5},"userAgent":"a\\"b"}}')[:-1])
def test_the_stage_is_the_same_both_ways(cursor: duckdb.DuckDBPyConnection, line: bytes) -> None:
    assert staged(cursor, [b"", line], Scanner()) == staged(cursor, [b"", line], None)


def test_a_usual_line_is_plain() -> None:
    scanner = Scanner()
    assert scanner.read(Lines([sealed(STAMP, MESSAGE)[:-1], b"", sealed(STAMP, b"{}")[:-1]])).num_rows == 2
    assert scanner.left == []
    assert scanner.read(Lines([sealed(STAMP, b'{"a": 1}')[:-1]])).num_rows == 0
    assert scanner.left == [0]


def test_what_is_not_utf8_is_left() -> None:
    scanner = Scanner()
    assert scanner.read(Lines([sealed(STAMP, b"{}")[:-1], sealed(STAMP, b'{"event":"\xff"}')[:-1]])).num_rows == 0
    assert scanner.left == [0, 1]


@pytest.mark.parametrize("row_group", [2 * PART, 100 * PART])
def test_many_lines_are_each_read_once(monkeypatch: pytest.MonkeyPatch, row_group: int) -> None:
    monkeypatch.setattr("clew.warehouse.loading.scan.plain.ROW_GROUP", row_group)
    scanner = Scanner(3)
    some = [sealed(STAMP, b'{"event": 1}' if number % 1000 == 7 else b'{"event":"a long name, %d"}' % number)[:-1] for number in range(10_000)]
    some[100] = sealed(STAMP, b'{"event":"\xff"}')[:-1]
    lines = Lines([*some[:5_000], b"", *some[5_000:]])
    found = scanner.read(lines)
    assert len(found.to_batches()) == 3
    plain = dict(zip(found["place"].to_pylist(), found["event"].to_pylist(), strict=True))
    texts = {place: f"a long name, {place - (place > 5_000)}" for place in range(10_001)}
    assert plain == {place: texts[place] for place in plain}
    # All of a part are left where one is not UTF-8.
    strange = range(PART)
    assert scanner.left == sorted({*range(7, 5_000, 1000), *range(5_008, 10_000, 1000), *strange})
    assert sorted([5_000, *plain, *scanner.left]) == list(range(10_001))


# --- sorts and shapes


def learned(scanner: Scanner, properties: str, context: str = "{}") -> list[Any]:
    rows = scanner.read(Lines([sealed(STAMP, f'{{"event":"E","properties":{properties},"context":{context}}}'.encode())[:-1]]))
    return [rows["learned"][0].as_py() if rows["told"][0].as_py() else None]


def test_a_shape_is_new_once() -> None:
    scanner = Scanner()
    for properties in ('{"a":1}', '{"b":1,"a":1}', '{"a":"x"}', '{"a":{"b":1}}', '{"a":null,"c":true}'):
        assert learned(scanner, properties) == [True], properties
        assert learned(scanner, properties) == [False], properties
    assert learned(scanner, '{"b":2,"a":5,"c":false}') == [False]
    assert learned(scanner, "{}", '{"a":1}') == [True]
    assert learned(scanner, "{}", '{"a":1}') == [False]
    scanner.forget()
    assert learned(scanner, '{"a":1}') == [True]


def test_what_is_not_sure_is_for_the_database_each_time() -> None:
    scanner = Scanner()
    for _ in range(2):
        assert learned(scanner, '{"a":"2026-02-29T00:00:00Z"}') == [None]
    assert learned(scanner, '{"a":"2026-02-29T00:00:00Z","b":1}') == [True]


def test_a_full_memory_asks_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clew.warehouse.loading.scan.shapes.NODES", 8)
    scanner = Scanner()
    found = [learned(scanner, f'{{"k{number}":1}}')[0] for number in range(9)]
    assert found == [True] * 4 + [None] * 5
    assert learned(scanner, '{"k0":1}') == [False]


# Sort -> the kind of column, and whether it is money where money is asked for.
KINDS = {
    sorts.BOOLEAN: (kinds.BOOLEAN, False),
    sorts.WHOLE_MONEY: (kinds.INTEGER, True),
    sorts.WHOLE: (kinds.INTEGER, False),
    sorts.LONG: (kinds.LONG, False),
    sorts.MONEY: (kinds.DOUBLE, True),
    sorts.FRACTION: (kinds.DOUBLE, False),
    sorts.MOMENT: (kinds.DATETIME, False),
    sorts.TEXT_MONEY: (kinds.TEXT, True),
    sorts.TEXT: (kinds.TEXT, False),
    sorts.ARRAY: (kinds.ARRAY, False),
}


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scalars | st.integers(2**53 - 2, 2**53 + 2) | st.integers(-(10**16), 10**16) | st.decimals(0, 10**6, places=6).map(float) | st.lists(numbers))
@example(56.849999999999994)
@example(1234.00001)
@example(99999999999.99995)
@example("2026-01-31T23:59:59.123456Z")
@example("2026-04-31T00:00:00Z")
@example("0000-01-01T00:00:00Z")
def test_a_sort_has_one_kind(cursor: duckdb.DuckDBPyConnection, value: Any) -> None:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    scanner = Scanner()
    rows = scanner.read(Lines([sealed(STAMP, f'{{"event":"E","properties":{{"price":{text}}}}}'.encode("utf-8", "surrogatepass"))[:-1]]))
    sort = sorts_of(scanner)
    if rows.num_rows and sort is not None:
        sql = f"SELECT {kinds.kind_sql('v')}, {kinds.money_sql(chr(39) + 'price' + chr(39), 'v')} FROM (SELECT CAST($1 AS JSON) AS v)"
        assert cursor.execute(sql, [text]).fetchall() == [KINDS[sort]]


def sorts_of(scanner: Scanner) -> int | None:
    """The sort of the only value seen."""
    seen = [int(bits) for bits in scanner._shapes[0].seen if bits]
    return seen[0].bit_length() - 1 if seen else None
