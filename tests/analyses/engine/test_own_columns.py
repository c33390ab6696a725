"""The columns of a company's own events stand where properties do: in conditions, breakdowns and sums, by kernels and by SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.analyses.engine.test_engine import check

from clew.analyses import funnel, paths, trends
from clew.analyses.engine import Engine
from clew.analyses.registry import question
from clew.config import OwnEvents, Settings
from clew.errors import QueryError
from clew.models import build
from clew.timelines.upkeep import keep
from clew.warehouse import Warehouse

COLUMNS = {"time": "moment", "event": "what", "person": "customer", "message_id": "id"}
ROWS = """SELECT n AS id, TIMESTAMP '2026-01-01' + INTERVAL (n * 7) MINUTE AS moment, 'c' || n % 11 AS customer,
    CASE WHEN n % 20 = 19 THEN NULL WHEN n % 20 = 18 THEN '' ELSE ['Viewed', 'Added', 'Bought'][n % 3 + 1] END AS what,
    CAST(n % 10 AS DECIMAL(9, 2)) + 0.25 AS price, CASE WHEN n % 5 > 0 THEN 'kind ' || n % 5 END AS "a ""kind"" of", n % 2 = 0 AS gift
FROM range(600) AS numbers (n)"""
DAYS: dict[str, Any] = {"first": dt.date(2026, 1, 1), "last": dt.date(2026, 1, 31)}


@pytest.fixture(params=["table", "files"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Engine, Settings, Path]]:
    """A built project over a table, or over a Parquet file."""
    if request.param == "table":
        with duckdb.connect(str(tmp_path / "shop.duckdb")) as db:
            db.execute(f"CREATE TABLE events AS {ROWS}")
        rules = Settings(events=OwnEvents(table="events", database="shop.duckdb", **COLUMNS))
    else:
        duckdb.sql(ROWS).write_parquet(str(tmp_path / "events.parquet"))
        rules = Settings(events=OwnEvents(files="events.parquet", **COLUMNS))
    with Warehouse.open(tmp_path, rules) as warehouse:
        with warehouse.cursor() as cursor:
            assert keep(cursor, rules, tmp_path, build(warehouse, rules, tmp_path)).what == "base"
        yield Engine(warehouse, lambda: rules, tmp_path), rules, tmp_path


def count(condition: str) -> int:
    ((found,),) = duckdb.sql(f"SELECT count(*) FROM ({ROWS}) WHERE {condition}").fetchall()
    return int(found)


def test_conditions_and_breakdowns(shop: tuple[Engine, Settings, Path]) -> None:
    engine, rules, root = shop
    asked = trends.Params(event=('Bought{price>=5, gift=true, "a \\"kind\\" of"^=kind}',), by='"a \\"kind\\" of"', interval="quarter", **DAYS)
    rows = check(engine, "trends", asked, rules, root)
    kinds = range(1, 5)
    by_hand = {f"kind {k}": count(f"what = 'Bought' AND price >= 5 AND gift AND id % 5 = {k}") for k in kinds}
    assert {row["by_value"]: row["value"] for row in rows} == {kind: number for kind, number in by_hand.items() if number}


def test_funnels_and_paths(shop: tuple[Engine, Settings, Path]) -> None:
    engine, rules, root = shop
    rows = check(engine, "funnel", funnel.Params(step=("Viewed{price<7}", "Added", "Bought{price>2}"), hold="gift", **DAYS), rules, root)
    assert rows[0]["units"] == 11
    labelled = check(engine, "paths", paths.Params(label="gift", **DAYS), rules, root)
    assert {name for row in labelled for name in row["path"]} <= {"true", "false", "(exit)"}


def test_events_without_a_name(shop: tuple[Engine, Settings, Path]) -> None:
    engine, rules, root = shop
    rows = check(engine, "trends", trends.Params(event=("*{price>=5}",), interval="quarter", **DAYS), rules, root)
    assert [row["value"] for row in rows] == [count("price >= 5")]


def test_sums(shop: tuple[Engine, Settings, Path]) -> None:
    engine, rules, root = shop
    asked = trends.Params(event=("Bought",), measure="sum", property="price", interval="quarter", **DAYS)
    ((expected,),) = duckdb.sql(f"SELECT sum(price) FROM ({ROWS}) WHERE what = 'Bought'").fetchall()
    assert [row["value"] for row in check(engine, "trends", asked, rules, root)] == [expected]


def test_a_column_that_is_not_there_is_said_with_those_that_are(shop: tuple[Engine, Settings, Path]) -> None:
    engine, rules, root = shop
    with pytest.raises(QueryError, match=r"(?s)own_prise.*own_price"):
        engine.tell(question("trends", {"event": ["Bought{prise>1}"]}, rules, root), seconds=30)
