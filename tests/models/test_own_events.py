"""An existing table or Parquet files as the events."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from clew.config import OwnEvents, Settings
from clew.errors import ConfigError
from clew.models import build, build_if_needed
from clew.warehouse import Warehouse

ROWS = """SELECT * FROM (VALUES
(TIMESTAMP '2026-01-01 10:00:00', 'Page Viewed', 'a1', NULL, '/one'),
(TIMESTAMP '2026-01-01 10:05:00', 'Bought', 'a1', 'u1', '/two'),
(TIMESTAMP '2026-01-01 12:00:00', 'Bought', '', 'u1', NULL),
(NULL, 'Bought', 'a1', 'u1', NULL)
) AS shop (moment, what, device, customer, address)"""
COLUMNS = {"time": "moment", "event": "what", "anonymous_id": "device", "user_id": "customer", "url": "address"}


def own_table(root: Path) -> None:
    with duckdb.connect(str(root / "shop.duckdb")) as db:
        db.execute(f"CREATE SCHEMA s; CREATE TABLE s.events AS {ROWS}")


def settings(**values: Any) -> Settings:
    return Settings(events=OwnEvents(**{**COLUMNS, **values}))


def built(root: Path, chosen: Settings) -> list[tuple[Any, ...]]:
    with Warehouse.open(root, chosen) as warehouse:
        build(warehouse, chosen, root)
        query = "SELECT universal_user_id, events, views, landing_page, exit_page FROM session_facts JOIN sessions USING (session_id) ORDER BY ALL"
        return warehouse.cursor().execute(query.replace("events, views", "session_facts.events, session_facts.views")).fetchall()


EXPECTED = [("u1", 1, 0, None, None), ("u1", 2, 1, "/one", "/two")]


def test_a_table_of_a_duckdb_file(tmp_path: Path) -> None:
    own_table(tmp_path)
    assert built(tmp_path, settings(table="s.events", database="shop.duckdb")) == EXPECTED


@pytest.mark.parametrize("pattern", ["data/*.parquet", "data/**/part-*.parquet", "data/year=2026/part-1.parquet"])
def test_parquet_files(tmp_path: Path, pattern: str) -> None:
    folder = tmp_path / "data" / "year=2026" if "year" in pattern or "**" in pattern else tmp_path / "data"
    folder.mkdir(parents=True)
    duckdb.sql(ROWS).write_parquet(str(folder / "part-1.parquet"))
    assert built(tmp_path, settings(files=pattern)) == EXPECTED


def test_a_person_column_needs_no_stitching(tmp_path: Path) -> None:
    own_table(tmp_path)
    chosen = Settings(events=OwnEvents(table="s.events", database="shop.duckdb", time="moment", event="what", person="customer"))
    assert [row[:2] for row in built(tmp_path, chosen)] == [("u1", 1), ("u1", 1)]


def test_message_ids_are_the_owners_where_there_are_some(tmp_path: Path) -> None:
    own_table(tmp_path)
    chosen = settings(table="s.events", database="shop.duckdb", message_id="address")
    with Warehouse.open(tmp_path, chosen) as warehouse:
        found = warehouse.cursor().execute("SELECT message_id FROM clew.model_events WHERE message_id IS NOT NULL ORDER BY 1").fetchall()
    assert found == [("/one",), ("/two",)]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"url": "adress"}, "events.url: expected a column named 'adress', found moment, what, device, customer, address"),
        ({"time": "what"}, "events.time: expected column 'what' to be a TIMESTAMP, found VARCHAR"),
        ({"anonymous_id": "", "user_id": ""}, "expected a column for events.person, events.user_id or events.anonymous_id"),
        ({"person": "customer"}, "expected either events.person or events.user_id and events.anonymous_id, found both"),
        ({"table": "s.event"}, "events.table: expected events at 's.event', found none"),
        ({"database": "other.duckdb"}, "events.database: expected a DuckDB file, found nothing at"),
        ({"table": "", "database": "", "files": "*.parquet"}, r"events.files: expected events at '\*.parquet', found none"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, values: dict[str, str], said: str) -> None:
    own_table(tmp_path)
    chosen = settings(**{"table": "s.events", "database": "shop.duckdb", **values})
    with pytest.raises(ConfigError, match=said):
        built(tmp_path, chosen)


def test_a_hostile_column_name_is_a_name(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as db:
        db.execute("""CREATE TABLE events AS SELECT TIMESTAMP '2026-01-01' AS "t""; DROP SCHEMA clew; --", 'X' AS "e'e", 'u' AS u""")
    chosen = Settings(events=OwnEvents(table="events", database="shop.duckdb", time='t"; DROP SCHEMA clew; --', event="e'e", user_id="u"))
    assert [row[:2] for row in built(tmp_path, chosen)] == [("u", 1)]


def test_a_build_is_needed_again_when_the_files_change(tmp_path: Path) -> None:
    part = tmp_path / "events.parquet"
    duckdb.sql(ROWS).write_parquet(str(part))
    chosen = settings(files="*.parquet")
    with Warehouse.open(tmp_path, chosen) as warehouse:
        assert build_if_needed(warehouse, chosen, tmp_path)[1]
        assert not build_if_needed(warehouse, chosen, tmp_path)[1]
        later = "SELECT moment + INTERVAL 1 DAY, what, device, customer, address"
        duckdb.sql(f"{ROWS} UNION ALL {later} FROM ({ROWS})").write_parquet(str(part))
        os.utime(part, ns=(2**61, 2**61))
        assert build_if_needed(warehouse, chosen, tmp_path)[1]
        assert warehouse.cursor().execute("SELECT count(*) FROM sessions").fetchone() == (4,)


def test_rows_added_with_a_load_number_are_built_alone(tmp_path: Path) -> None:
    chosen = settings(table="events", database="shop.duckdb", load_id="load")
    results = []
    for number in (0, 1):
        with duckdb.connect(str(tmp_path / "shop.duckdb")) as db:
            db.execute(f"CREATE TABLE IF NOT EXISTS events AS SELECT *, 0 AS load FROM ({ROWS}) LIMIT 0")
            db.execute(f"INSERT INTO events SELECT moment + INTERVAL {number} DAY, what, device, customer, address, {number} FROM ({ROWS})")
        with Warehouse.open(tmp_path, chosen) as warehouse:
            results.append(build_if_needed(warehouse, chosen, tmp_path)[0])
            sessions = warehouse.cursor().execute("SELECT count(*) FROM sessions").fetchone()
    assert [(r.is_full, r.events) for r in results] == [(True, 3), (False, 6)]
    assert sessions == (4,)


def test_a_load_that_was_taken_out_again_is_built_anew(tmp_path: Path) -> None:
    chosen = settings(table="events", database="shop.duckdb", load_id="load")
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as db:
        db.execute(f"CREATE TABLE events AS SELECT *, unnest([1, 2]) AS load FROM ({ROWS})")
    results = []
    for load in (None, 2, 1):
        with duckdb.connect(str(tmp_path / "shop.duckdb")) as db:
            db.execute("DELETE FROM events WHERE load = ?", [load])
        with Warehouse.open(tmp_path, chosen) as warehouse:
            results.append(build_if_needed(warehouse, chosen, tmp_path))
    assert [(r.is_full, r.load_id, r.events, made) for r, made in results] == [(True, 2, 6, True), (True, 1, 3, True), (True, 0, 0, True)]


def test_a_view_is_read_too(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as db:
        db.execute(f"CREATE TABLE shop AS SELECT *, 1 AS load FROM ({ROWS}); CREATE VIEW events AS FROM shop")
    assert built(tmp_path, settings(table="events", database="shop.duckdb")) == EXPECTED
    with pytest.raises(ConfigError, match=r"expected events\.table to name a table, found the view 'events'"):
        built(tmp_path, settings(table="events", database="shop.duckdb", load_id="load"))
