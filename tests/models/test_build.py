"""A build is made beside what is served, swapped in whole, and leaves nothing behind when it does not come through."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import msgspec
import pytest
from tests.models.stage import Stage
from tests.models.test_identity_cases import ARTICLE, START, message
from tests.models.test_incremental import dump

from clew.config import Settings
from clew.errors import BuildError
from clew.models import MODELS, build, build_if_needed, current_build, finish, full, streams
from clew.models.frame import Frame

BROKEN = msgspec.convert({"identity": {"blocked": ["x"]}}, Settings)


def schemas(stage: Stage) -> set[str]:
    return {name for (name,) in stage.rows("SELECT schema_name FROM duckdb_schemas() WHERE schema_name LIKE 'build%'")}


def test_what_is_recorded(tmp_path: Path) -> None:
    stage = Stage(ARTICLE)
    assert current_build(stage.cursor()) is None
    result = stage.build(Settings(), tmp_path)
    assert (result.build_id, result.reason, result.load_id, result.data_as_of) == (1, "first build", 1, ARTICLE[-1].received_at)
    assert dict(result.rows)["mapped_tracks"] == 7
    assert current_build(stage.cursor()) == result


def test_every_public_model_has_its_columns(tmp_path: Path) -> None:
    stage = Stage(ARTICLE)
    result = stage.build(Settings(), tmp_path)
    for model in MODELS:
        found = [f"{name} {kind}" for name, kind, *_ in stage.rows(f"DESCRIBE {result.schema}.{model.name}")]
        assert [f.split("(")[0] for f in found] == list(model.columns), model.name


def test_blocks_of_any_size_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage([message(n, f"a{n * 7 % 11}" if n % 5 else None) for n in range(200)])
    stage.build(Settings(), tmp_path)
    before = dump(stage)
    monkeypatch.setattr(streams, "ROWS", 30)
    stage.build(Settings(), tmp_path)
    assert dump(stage) == before


def test_needed_only_when_something_changed(tmp_path: Path) -> None:
    stage = Stage(ARTICLE)
    first, made = build_if_needed(stage, Settings(), tmp_path)
    assert made
    assert build_if_needed(stage, Settings(), tmp_path) == (first, False)
    assert build_if_needed(stage, Settings(), tmp_path, full=True)[0].reason == "asked for"
    stage.load([with_load(message(20, "A9"), 2)])
    assert build_if_needed(stage, Settings(), tmp_path)[0].reason == "new events"
    assert build_if_needed(stage, BROKEN, tmp_path)[0].reason == "rules changed"
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels" / "referrers.csv").write_text("host,channel\nexample.org,friends\n")
    assert build_if_needed(stage, BROKEN, tmp_path)[0].reason == "tables or version changed"


def with_load(made: object, load_id: int):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(made, load_id=load_id)  # type: ignore[type-var]


def test_only_the_newest_build_is_kept(tmp_path: Path) -> None:
    stage = Stage(ARTICLE)
    for _ in range(3):
        stage.build(Settings(), tmp_path)
    assert schemas(stage) == {"build_3"}
    assert stage.rows("SELECT count(*) FROM clew.builds") == [(3,)]


def test_a_failed_build_leaves_the_old_one_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(ARTICLE)
    stage.build(Settings(), tmp_path)
    before = stage.rows("SELECT * FROM session_facts")

    def failing(frame: Frame, *_: object) -> None:
        frame.cursor.execute("SELECT error('no')")

    monkeypatch.setattr(finish, "finish", failing)
    with pytest.raises(BuildError, match="previous build is still served"):
        stage.build(Settings(), tmp_path)
    assert stage.rows("SELECT * FROM session_facts") == before
    assert schemas(stage) == {"build_1", "build_2"}
    monkeypatch.undo()
    assert stage.build(Settings(), tmp_path).build_id == 2
    assert schemas(stage) == {"build_2"}


def test_what_is_loaded_during_a_build_is_left_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(ARTICLE)
    number = full.number_texts

    def loading(frame: Frame) -> None:
        stage.load([with_load(message(30, "late"), 2)])
        number(frame)

    monkeypatch.setattr(full, "number_texts", loading)
    assert stage.build(Settings(), tmp_path).load_id == 1
    monkeypatch.undo()
    assert stage.rows("SELECT count(*) FROM mapped_tracks") == [(7,)]
    assert stage.build(Settings(), tmp_path).data_as_of == START + 30 * 3_600_000_000


def test_a_build_can_be_stopped(tmp_path: Path) -> None:
    stage = Stage()
    stage.connection.execute(
        """INSERT INTO clew.test_events BY NAME SELECT 'web' AS source, CAST(i AS VARCHAR) AS message_id, 'track' AS type, 'X' AS event,
        concat('a', i % 50000) AS anonymous_id, TIMESTAMP '2026-01-01' + INTERVAL (i) SECOND AS timestamp, timestamp AS received_at, 0 AS batch_index,
        1 AS load_id, true AS activity FROM range(1500000) AS t (i)"""
    )
    cursor, raised = stage.cursor(), []

    def run() -> None:
        try:
            build(stage, Settings(), tmp_path, cursor=cursor)
        except BuildError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive():
        time.sleep(0.02)
        cursor.interrupt()
    assert raised
    assert current_build(stage.cursor()) is None


CHILD = """
import sys, duckdb
from pathlib import Path
from clew.config import Settings
from clew.models import build
root = Path(sys.argv[1])
class Database:
    connection = duckdb.connect(str(root / "w.duckdb"))
    def cursor(self): return self.connection.cursor()
print("ready", flush=True)
while True: build(Database(), Settings(), root)
"""


def test_killed_at_any_moment_the_last_whole_build_is_served(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "w.duckdb")) as db:
        db.execute("CREATE SCHEMA clew")
        db.execute(
            """CREATE TABLE clew.test_events AS SELECT 'web' AS source, CAST(i AS VARCHAR) AS message_id, 'track' AS type, 'X' AS event,
            concat('a', i % 50) AS anonymous_id, CAST(NULL AS VARCHAR) AS user_id, CAST(NULL AS VARCHAR) AS previous_id,
            CAST(NULL AS VARCHAR) AS group_id, TIMESTAMP '2026-01-01' + INTERVAL (i) MINUTE AS timestamp, timestamp AS received_at,
            CAST(0 AS INTEGER) AS batch_index, CAST(1 AS BIGINT) AS load_id, true AS activity, CAST(NULL AS VARCHAR) AS platform,
            anonymous_id AS device_id, CAST(NULL AS VARCHAR) AS page_url, CAST(NULL AS VARCHAR) AS page_path, CAST(NULL AS VARCHAR) AS page_title,
            CAST(NULL AS VARCHAR) AS referrer, CAST(NULL AS VARCHAR) AS utm_source, CAST(NULL AS VARCHAR) AS utm_medium,
            CAST(NULL AS VARCHAR) AS utm_campaign, CAST(NULL AS VARCHAR) AS utm_term, CAST(NULL AS VARCHAR) AS utm_content,
            CAST(NULL AS VARCHAR) AS click_id, CAST(NULL AS VARCHAR) AS country, CAST(NULL AS VARCHAR) AS user_agent,
            CAST(NULL AS VARCHAR) AS ip FROM range(5000) AS t (i)"""
        )
        db.execute("CREATE VIEW clew.model_events AS SELECT *, rowid AS event_number FROM clew.test_events")
    for turn in range(4):
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(0.25 + 0.17 * turn)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        with duckdb.connect(str(tmp_path / "w.duckdb")) as db:
            served = current_build(db)
            if served is not None:
                assert db.execute("SELECT count(*) FROM main.mapped_tracks").fetchone() == (5000,)
                assert db.execute("SELECT count(*) = count(DISTINCT person_id) FROM clew.people").fetchone() == (True,)
                assert dict(served.rows)["sessions"] == 5000
