"""The list of builds: why each ran, what it touched, those that failed or were killed, and how far one is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.config import Identity, Log, OwnEvents, Paths, Sessions, Settings, changed
from clew.errors import ClewError
from clew.eventlog import LogWriter
from clew.models import build_if_needed, full, ledger, try_rules
from clew.models.history import Difference, Listed, Progress, Rules, differences, listed
from clew.models.history import rules as rules_of
from shop import People, settings


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[People]:
    shop = People(tmp_path)
    yield shop
    shop.close()


def builds(shop: People, **chosen: object) -> list[Listed]:
    with shop.database.cursor() as cursor:
        return listed(cursor, 50, **chosen).builds  # type: ignore[arg-type]


def change(shop: People, **rules: str) -> None:
    shop.settings = changed(shop.settings, {f"sessions.{name}": value for name, value in rules.items()})


def test_what_each_build_did(shop: People) -> None:
    shop.call("track", 0, userId="ada", event="Viewed")
    shop.call("track", 0.4, userId="ada", event="Viewed")
    shop.call("track", 0.4, userId="bob", event="Viewed")
    shop.build()
    shop.call("track", 0.5, userId="bob", event="Viewed")
    shop.build()
    change(shop, inactivity_minutes="10")
    shop.build()
    newest, middle, first = builds(shop)
    assert [b.build_id for b in (newest, middle, first)] == [3, 2, 1]
    assert (first.state, first.reason, first.is_full, first.loads, first.people, first.events) == ("done", "first build", True, 1, 2, 3)
    assert (middle.reason, middle.is_full, middle.loads, middle.load_id, middle.people, middle.events) == ("new events", False, 1, 2, 1, 2)
    assert (newest.reason, newest.is_full, newest.loads, newest.people) == ("rules changed", True, 2, 2)
    assert newest.changes == (Difference("sessions.inactivity_minutes", 30, 10),)
    assert middle.changes == first.changes == ()
    assert newest.started_at > middle.started_at > first.started_at
    assert all(b.error is None and b.tries == 1 and (b.seconds or 0) > 0 for b in (newest, middle, first))
    assert first.as_json()["data_as_of"].startswith("2026-11-23T")


def test_a_build_that_fails_is_there_with_its_error(shop: People, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.call("track", 0, userId="ada", event="Viewed")
    shop.build()
    shop.call("track", 1, userId="ada", event="Viewed")

    def fail(*_: object) -> None:
        raise MemoryError("no room for <people>")

    with monkeypatch.context() as patched:
        patched.setattr(full, "number_texts", fail)
        for _ in range(3):
            with pytest.raises(MemoryError):
                shop.build()
    failed, served = builds(shop)
    assert (failed.state, failed.build_id, failed.reason, failed.is_full) == ("failed", None, "new events", False)
    assert (failed.error, failed.tries, failed.load_id) == ("no room for <people>", 3, 2)
    assert served.build_id == 1
    shop.build()
    assert [(b.state, b.build_id, b.people) for b in builds(shop)] == [("done", 2, 1), ("failed", None, None), ("done", 1, 1)]
    with monkeypatch.context() as patched:
        patched.setattr(full, "number_texts", fail)
        change(shop, inactivity_minutes="10")
        with pytest.raises(MemoryError):
            shop.build()
    newest = builds(shop)[0]
    assert (newest.tries, newest.reason, newest.is_full) == (1, "rules changed", True)
    assert newest.changes == (Difference("sessions.inactivity_minutes", 30, 10),)
    assert shop.database.cursor().execute("SELECT max(build_id) FROM clew.builds").fetchone() == (2,), "what reports read names builds alone"


def test_a_build_that_cannot_begin_is_there_too(tmp_path: Path) -> None:
    orders = tmp_path / "orders.parquet"
    duckdb.execute(f"COPY (SELECT TIMESTAMP '2026-11-23' AS timestamp, 'Bought' AS event, 'ada' AS who) TO '{orders}'")
    shop = People(tmp_path, settings(events=OwnEvents(files=orders.name, person="who")))
    try:
        shop.build()
        orders.write_text("no such thing")
        with pytest.raises(ClewError):
            shop.build()
        failed, done = builds(shop)
        assert (failed.state, failed.reason, done.state, done.loads) == ("failed", "not known yet", "done", None)
        assert "orders.parquet" in (failed.error or "")
    finally:
        shop.close()


def test_chosen_ones_and_pages(shop: People) -> None:
    for n in range(4):
        shop.call("track", n, userId="ada", event="Viewed")
        shop.build()
    assert [b.build_id for b in builds(shop, full=True)] == [1]
    assert [b.build_id for b in builds(shop, full=False)] == [4, 3, 2]
    assert builds(shop, state="failed") == []
    with shop.database.cursor() as cursor:
        page = listed(cursor, 2, 2)
        assert ([b.build_id for b in page.builds], page.total) == ([2, 1], 4)
        beyond = listed(cursor, 2, 10)
        assert (beyond.builds, beyond.total) == ([], 4)


def test_the_list_keeps_the_newest_incremental_builds_and_all_full_ones(shop: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "LISTED", 3)
    for n in range(9):
        if n in (1, 5):
            change(shop, inactivity_minutes=str(10 + n))
        shop.call("track", n, userId="ada", event="Viewed")
        shop.build()
    kept = builds(shop)
    assert [(b.build_id, b.is_full) for b in kept] == [(9, False), (8, False), (7, False), (6, True), (2, True), (1, True)]
    assert [b.loads for b in kept] == [1, 1, 1, 6, 2, 1]
    assert [[c.before for c in b.changes] for b in kept] == [[], [], [], [11], [30], []], "rules before are those of the build before"
    shop.call("track", 10, userId="ada", event="Viewed")
    shop.build()
    with shop.database.cursor() as cursor:
        assert ledger.seconds_of_last(cursor, False) == builds(shop)[0].seconds
        assert ledger.seconds_of_last(cursor, True) == builds(shop, full=True)[0].seconds
        assert ledger.current_build(cursor) == shop.result
    assert [b.build_id for b in builds(shop)] == [10, 9, 8, 6, 2, 1]
    assert [b.loads for b in builds(shop)] == [1, 1, None, 6, 2, 1], "what was before the oldest one is not known any more"


def test_how_far_it_is(shop: People) -> None:
    heard: list[Progress] = []
    for n in range(30):
        shop.call("track", n, userId=f"u{n % 3}", event="Viewed")
    shop.build()
    build_if_needed(shop.database, shop.settings, shop.root, full=True, tell=heard.append)
    assert [p.share for p in heard] == sorted(p.share for p in heard)
    assert [p.step for p in heard if p.step != "events"] == ["identifiers", "people", "sessions", "swap"]
    counted = [(p.done, p.total) for p in heard if p.step == "events"]
    assert (counted[0], counted[-1]) == ((0, 30), (30, 30))
    assert {(p.reason, p.is_full, (p.expected_seconds or 0) > 0) for p in heard} == {("asked for", True, True)}
    heard.clear()
    shop.call("track", 40, userId="u1", event="Viewed")
    while shop.loader.load().records:
        pass
    shop.build()
    with shop.database.cursor() as cursor:
        try_rules(cursor, shop.settings, shop.root, heard.append)
    assert {p.reason for p in heard} == {"trial"}
    assert heard[-1].step == "swap"


def interrupted_by_itself(_: object) -> None:
    raise duckdb.InterruptException("INTERRUPT Error: Interrupted!")


def interrupted_in_a_stream(_: object) -> None:
    """A query that is told to stop while Arrow reads its rows."""
    with duckdb.connect() as database:
        rows = database.execute("SELECT i, md5(i::VARCHAR) FROM range(100_000_000) AS t(i)").to_arrow_reader(1000)
        next(rows)
        database.interrupt()
        for _row in rows:
            pass


def interrupted_in_a_stream_that_another_reads(_: object) -> None:
    with duckdb.connect() as database, duckdb.connect() as other:
        rows = database.execute("SELECT i, md5(i::VARCHAR) FROM range(100_000_000) AS t(i)").to_arrow_reader(1000)
        next(rows)
        database.interrupt()
        other.register("rows", rows)
        other.execute("SELECT count(*) FROM rows").fetchall()


@pytest.mark.parametrize("interrupt", [interrupted_by_itself, interrupted_in_a_stream, interrupted_in_a_stream_that_another_reads])
def test_a_build_that_is_interrupted_was_stopped(shop: People, monkeypatch: pytest.MonkeyPatch, interrupt: Callable[[object], None]) -> None:
    shop.call("track", 0, userId="ada", event="Viewed")
    shop.build()
    monkeypatch.setattr(full, "number_texts", interrupt)
    shop.call("track", 1, userId="ada", event="Viewed")
    with pytest.raises((ClewError, OSError)):
        shop.build()
    assert (builds(shop)[0].state, builds(shop)[0].error) == ("stopped", "the process ended before the build was done")


def test_an_error_that_quotes_these_words_failed(shop: People, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.call("track", 0, userId="ada", event="Viewed")
    shop.build()

    def fail(_: object) -> None:
        raise ValueError("no such event: INTERRUPT Error: Interrupted!")

    monkeypatch.setattr(full, "number_texts", fail)
    shop.call("track", 1, userId="ada", event="Viewed")
    with pytest.raises(ValueError, match="no such event"):
        shop.build()
    assert builds(shop)[0].state == "failed"


KILLED = """
import os, sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from clew.models import full
from shop import People
shop = People(Path({root!r}))
full.number_texts = lambda frame: os._exit(9)
shop.build()
"""


def test_a_build_that_was_killed_is_seen(tmp_path: Path) -> None:
    shop = People(tmp_path)
    shop.call("track", 0, userId="ada", event="Viewed")
    shop.build()
    shop.call("track", 1, userId="ada", event="Viewed")
    with LogWriter(Paths(tmp_path).log, Log()) as writer:
        writer.append(b"".join(shop.lines), len(shop.lines))
    shop.close()
    code = KILLED.format(tests=str(Path(__file__).parents[1]), root=str(tmp_path))
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 9
    again = People(tmp_path)
    try:
        newest = builds(again)[0]
        assert (newest.state, newest.error, newest.seconds) == ("stopped", "the process ended before the build was done", None)
        assert builds(again, running=True)[0].state == "running", "while a build runs it is that one"
        assert builds(again, state="stopped") == [newest]
        again.build()
        assert [(b.state, b.build_id) for b in builds(again)] == [("done", 2), ("stopped", None), ("done", 1)]
    finally:
        again.close()


words = st.text(max_size=5)
some_sessions = st.builds(
    Sessions,
    inactivity_minutes=st.floats(0.1, 1e6),
    platform_inactivity_minutes=st.dictionaries(words, st.floats(0.1, 1e6), max_size=2),
    new_at_midnight=st.booleans(),
    end_events=st.lists(words, max_size=3).map(tuple),
    scope=st.sampled_from(["person", "platform", "device"]),
)
some_identity = st.builds(Identity, mode=st.sampled_from(["next_login", "last", "first"]), space=st.dictionaries(words, words, max_size=2))
some_settings = st.builds(Settings, sessions=some_sessions, identity=some_identity)


@given(some_settings, some_settings)
def test_rules_are_kept_whole(before: Settings, after: Settings) -> None:
    kept = rules_of.decoded(rules_of.encoded(Rules.of(before)).decode())
    assert kept == Rules.of(before)
    assert kept is not None
    assert kept.within(after) == msgspec.structs.replace(after, sessions=before.sessions, identity=before.identity)
    told = {d.name: d.after for d in differences(kept, Rules.of(after))}
    assert {**kept.named(), **told} == Rules.of(after).named()
    assert differences(kept, kept) == ()


def test_rules_of_another_clew_are_not_known() -> None:
    assert rules_of.decoded('{"timezone": "UTC", "moon": 1}') is None
    assert rules_of.decoded(None) is None
