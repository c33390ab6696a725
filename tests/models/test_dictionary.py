"""The compiled pass over identifiers: what it finds is what a plain dictionary holds, and a build that goes its way has the oracle's rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.histories import rules
from tests.models.stage import Stage
from tests.models.test_against_oracle import check_all, relaxed
from tests.models.test_identity_cases import ARTICLE
from tests.models.test_incremental import Denials, arrivals, check, denials
from tests.oracle import Message

from clew.config import Settings
from clew.models import identity
from clew.models.dictionary import collect, shares
from clew.models.dictionary.arrays import ANONYMOUS, ROLES, SEEN, USER
from clew.models.dictionary.passes import find_texts, hash_texts, link
from clew.models.dictionary.read import Batch, arrays, batches
from clew.models.dictionary.shares import edges_of
from clew.models.dictionary.threads import Dictionary


class Row(NamedTuple):
    """One message."""

    space: int
    anonymous: bytes | None
    user: bytes | None
    previous: bytes | None
    is_alias: bool
    at: int


# Lengths on both sides of eight and sixteen bytes, and texts that begin or end alike.
_TEXTS = st.one_of(
    st.sampled_from([b"", b"a", b"b", b"ab", b"\0", b"\0\0", b"x" * 7, b"x" * 8, b"x" * 9, b"x" * 16, b"x" * 17, b"x" * 16 + b"y", b"y" + b"x" * 16]),
    st.binary(max_size=20),
)
_ROWS = st.builds(Row, st.integers(0, 2), *[st.none() | _TEXTS] * 3, st.booleans(), st.integers(-3, 9))


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is room for next to nothing, so that every batch needs more."""
    for name, value in {"_SLOTS": 2, "_TEXTS": 1, "_BYTES": 1, "_MORE": 1, "_NEAR": 3}.items():
        monkeypatch.setattr(shares, name, value)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every full build goes through the pass, by three threads."""
    monkeypatch.setattr(identity, "MANY", 0)
    monkeypatch.setattr(collect, "Dictionary", lambda threads: Dictionary(3))


def _batch(rows: list[Row]) -> Batch:
    texts = {"anonymous_id": [r.anonymous for r in rows], "user_id": [r.user for r in rows], "previous_id": [r.previous for r in rows]}
    columns = {name: pyarrow.array(values, pyarrow.binary()).view(pyarrow.string()) for name, values in texts.items()}
    rest = {"space": pyarrow.array([r.space for r in rows], pyarrow.int32()), "number": pyarrow.array([r.at for r in rows], pyarrow.int64())}
    return arrays(pyarrow.record_batch(rest | columns | {"is_alias": pyarrow.array([r.is_alias for r in rows])}))


Key = tuple[int, bytes]


def _found(dictionary: Dictionary) -> tuple[dict[Key, tuple[int, int, int]], dict[tuple[Key, Key], int]]:
    """What was seen of each identifier, and of each edge."""
    key, seen, edges = {}, {}, {}
    count = len(dictionary.shares)
    for number, share in enumerate(dictionary.shares):
        for place, (begin, shape, first, last) in enumerate(share.known[: share.used[0]].tolist()):
            key[place * count + number + 1] = (shape >> 8 & 0xFFFFFF, share.text[begin : begin + (shape >> 32)].tobytes())
            seen[key[place * count + number + 1]] = (shape & ROLES, first, last)
    for number, share in enumerate(dictionary.shares):
        first_ones = [(place, share.target[place], share.told[place]) for place in np.flatnonzero(share.target[: share.used[0]])]
        for place, code, told in [*first_ones, *zip(*edges_of(share), strict=True)]:
            edge = key[int(place) * count + number + 1], key[int(code)]
            assert edge not in edges
            edges[edge] = int(told)
    assert len(seen) == len(key) == dictionary.size
    return seen, edges


def _expected(rows: list[Row]) -> tuple[dict[Key, tuple[int, int, int]], dict[tuple[Key, Key], int]]:
    seen: dict[Key, tuple[int, int, int]] = {}
    edges: dict[tuple[Key, Key], int] = {}
    for row in rows:
        for text, role in ((row.anonymous, ANONYMOUS), (row.user, USER), (row.previous, 0)):
            if text is not None:
                before, first, last = seen.get((row.space, text), (0, row.at, row.at))
                seen[row.space, text] = (before | SEEN | role, min(first, row.at), max(last, row.at))
        for alias in (row.anonymous, row.previous if row.is_alias else None):
            if alias is not None and row.user is not None and alias != row.user:
                edge = (row.space, alias), (row.space, row.user)
                edges[edge] = max(edges.get(edge, row.at), row.at)
    return seen, edges


def _parts(rows: list[Row], size: int) -> Iterator[list[Row]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


@relaxed(int(os.environ.get("CLEW_EXAMPLES", "200")))
@given(st.lists(_ROWS, min_size=1, max_size=40), st.integers(1, 4), st.integers(1, 40))
@pytest.mark.usefixtures("narrow")
def test_what_it_holds_is_what_a_plain_dictionary_holds(rows: list[Row], threads: int, size: int) -> None:
    with Dictionary(threads) as dictionary:
        for part in _parts(rows, size):
            dictionary.see(_batch(part))
        assert _found(dictionary) == _expected(rows)


def test_two_texts_of_one_hash_are_two_identifiers() -> None:
    """The hash can be turned back: for any first half there is a second half that leads to the same number."""
    with Dictionary(1) as dictionary:
        factor, every = 0x9E3779B97F4A7C15, (1 << 64) - 1

        def mixed(hashed: int, bits: int) -> int:
            product = (hashed ^ bits) * factor & every
            return product ^ product >> 32

        begin = mixed(int(dictionary._seed), 16)
        halves = (int.from_bytes(b"12345678", "little"), int.from_bytes(b"abcdefgh", "little"))
        other = int.from_bytes(b"ABCDEFGH", "little")
        twin = halves[1] ^ mixed(begin, halves[0]) ^ mixed(begin, other)
        texts = [b"12345678abcdefgh", other.to_bytes(8, "little") + twin.to_bytes(8, "little")]
        rows = [Row(0, text, None, None, False, at) for at, text in enumerate([*texts, *texts])]
        batch = _batch(rows)
        found = dictionary._find(batch, "anonymous_id", batch.numbers)
        assert found.hash[0] == found.hash[1]
        dictionary.see(batch)
        assert _found(dictionary) == _expected(rows)


def test_rows_of_a_batch_that_begin_in_the_middle_of_a_column() -> None:
    rows = [Row(0, b"a" if n % 3 else None, b"u%d" % n, None, False, n) for n in range(20)]
    whole = pyarrow.record_batch(
        {
            "space": pyarrow.array([0] * 20, pyarrow.int32()),
            "number": pyarrow.array(range(20), pyarrow.int64()),
            "anonymous_id": pyarrow.array(["a" if n % 3 else None for n in range(20)]),
            "user_id": pyarrow.array([f"u{n}" for n in range(20)]),
        }
    )
    with Dictionary(2) as dictionary:
        dictionary.see(arrays(whole.slice(5, 11)))
        assert _found(dictionary) == _expected(rows[5:16])


@relaxed(int(os.environ.get("CLEW_EXAMPLES", "30")))
@given(arrivals(), rules(), denials)
@pytest.mark.usefixtures("compiled", "narrow")
def test_builds_equal_the_oracle(tmp_path: Path, loads: list[list[Message]], rules: Settings, denials: Denials) -> None:
    """The first build in full, then some for the people concerned, then one in full again, which knows the identifiers."""
    check(loads, rules, denials, tmp_path)


@pytest.mark.usefixtures("compiled")
def test_too_many_identifiers_go_the_other_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "MOST", 4)
    stage = Stage(ARTICLE)
    stage.build(Settings(), tmp_path)
    check_all(stage, ARTICLE, Settings())
    assert stage.rows("SELECT min(id), max(id) FROM clew.identifiers") == [(1, 5)]


@pytest.mark.usefixtures("compiled")
def test_numbers_go_on_after_those_of_the_pass(tmp_path: Path) -> None:
    """Whichever way an identifier came, it has a number of its own, and keeps it."""
    stage = Stage()
    numbers: dict[str, int] = {}
    for load in range(1, 4):
        stage.fill(2000, time="i", anonymous=f"'d{load}-' || i // 3", user=f"'u' || (i + {load * 100}) // 5", load=str(load), prefix=f"m{load}-")
        for _ in range(2):
            stage.build(Settings(), tmp_path)
            found = dict(stage.rows("SELECT alias, id FROM clew.identifiers"))
            assert len(set(found.values())) == len(found) == stage.rows("SELECT count(DISTINCT alias) FROM universal_alias_mapping")[0][0]
            assert found | numbers == found
            numbers = found


def test_what_the_database_says_half_way_is_raised_as_its_own() -> None:
    with duckdb.connect() as connection:
        rows = "SELECT CAST(0 AS INTEGER) AS space, i AS number, 'a' || i AS anonymous_id, 'u' AS user_id FROM range(5000000) AS numbers (i)"

        def stopped() -> None:
            for _ in batches(connection, rows):
                connection.interrupt()

        with pytest.raises(duckdb.InterruptException):
            stopped()
        assert sum(len(batch.space) for batch in batches(connection, rows)) == 5_000_000
        with pytest.raises(duckdb.Error, match="over here"):
            list(batches(connection, f"{rows} WHERE i < 4000000 OR error('over here') = 'x'"))


def test_no_message_compiles_it_twice() -> None:
    """Whatever columns a batch has, the arrays are of one type: a second compilation takes seconds."""
    plain = {"space": pyarrow.array([0], pyarrow.int32()), "number": pyarrow.array([1], pyarrow.int64())}
    some, none = pyarrow.array(["a"]), pyarrow.array([None], pyarrow.string())
    with Dictionary(1) as dictionary:
        dictionary.know(arrays(pyarrow.record_batch(plain | {"alias": some})))
        for anonymous, user in ((some, none), (none, some), (none, none), (some, some)):
            dictionary.see(arrays(pyarrow.record_batch(plain | {"anonymous_id": anonymous, "user_id": user})))
        dictionary.see(_batch([Row(0, b"a", b"b", b"c", True, 1)]))
    for each in (hash_texts, find_texts, link):
        assert len(each.signatures) == 1  # type: ignore[attr-defined] - what the compiler adds to a function, whose type it keeps
