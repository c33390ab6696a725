"""The de-duplication index against a plain set, over reopenings, merges and lost files."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.errors import LoadError
from clew.warehouse.engine import sql_text
from clew.warehouse.loading import keys
from clew.warehouse.loading.keys import KeyIndex


def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(sql_text("tables.sql"))
    return connection


def load(index: KeyIndex, connection: duckdb.DuckDBPyConnection, load_id: int, hashes: list[int]) -> None:
    connection.execute("BEGIN")
    index.prepare(connection)
    for key in hashes:
        connection.execute("INSERT INTO clew.event_rows (load_id, key_hash) VALUES (?, ?)", [load_id, key])
    connection.execute("COMMIT")
    index.settle(np.sort(np.asarray(hashes, np.uint64)), load_id)


hashes = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2, 2**63, 2**64 - 1])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sets(hashes, max_size=12), st.booleans()), max_size=8), st.sets(hashes, max_size=10))
def test_knows_what_it_was_given(tmp_path_factory: pytest.TempPathFactory, loads: list[tuple[set[int], bool]], others: set[int]) -> None:
    folder = tmp_path_factory.mktemp("dedupe")
    with pytest.MonkeyPatch.context() as patch, database() as connection:
        patch.setattr(keys, "TAIL_KEYS", 8)
        index, known = KeyIndex(folder, connection), set[int]()
        for number, (some, reopened) in enumerate(loads, 1):
            fresh = sorted(some - known)
            load(index, connection, number, fresh)
            known |= some
            if reopened:
                index = KeyIndex(folder, connection)
        asked = np.sort(np.asarray(sorted(known | others), np.uint64))
        assert index.contains(asked).tolist() == [int(key) in known for key in asked]


def filled(folder: Path, connection: duckdb.DuckDBPyConnection) -> KeyIndex:
    index = KeyIndex(folder, connection)
    for number in range(1, 6):
        load(index, connection, number, list(range(number * 100, number * 100 + 50)))
    return index


def test_files_merge_and_only_named_ones_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "TAIL_KEYS", 50)
    with database() as connection:
        filled(tmp_path, connection)
        (tmp_path / "9-9.keys").write_bytes(b"left by a crash")
        named = {name for (name,) in connection.execute("SELECT file FROM clew.dedupe_runs").fetchall()}
        assert 0 < len(named) < 4
        KeyIndex(tmp_path, connection)
        assert {path.name for path in tmp_path.iterdir()} == named


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-9])])
def test_a_lost_or_cut_file_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: object) -> None:
    monkeypatch.setattr(keys, "TAIL_KEYS", 50)
    with database() as connection:
        filled(tmp_path, connection)
        for path in list(tmp_path.iterdir()):
            damage(path)  # type: ignore[operator]
        index = KeyIndex(tmp_path, connection)
        assert index.contains(np.asarray([99, 100, 149, 150, 549, 550], np.uint64)).tolist() == [False, True, True, False, True, False]


def test_a_database_that_lost_rows_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "TAIL_KEYS", 50)
    with database() as connection:
        filled(tmp_path, connection)
        for path in list(tmp_path.iterdir()):
            path.unlink()
        connection.execute("DELETE FROM clew.event_rows WHERE key_hash = 100")
        with pytest.raises(LoadError, match="Restore the project"):
            KeyIndex(tmp_path, connection)
