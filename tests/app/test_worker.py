"""The background work of `serve`: what was acknowledged is loaded and modelled, and what goes wrong is said and tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from tests.enrich.mmdb import write

from clew import clock, config
from clew.app import project
from clew.app.worker import Worker
from clew.config import Paths
from clew.errors import BuildError, Stopped
from clew.eventlog import LogWriter, seal
from clew.messages import Stamp
from clew.models import Stop, full
from clew.models.frame import Frame
from clew.models.history import Difference
from clew.rules import change
from clew.state import State
from clew.timelines.store import current_build
from clew.warehouse import Warehouse


class Shop:
    """A project with a running worker, and a log to append to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sources = project.init(root)
        self.settings = config.load(root, {})
        self.writer = LogWriter(Paths(root).log, self.settings.log)
        self.warehouse = Warehouse.open(root, self.settings)
        self.state = State.open(Paths(root).state)
        self.worker = Worker(self.warehouse, root, self.settings, self.state)

    def track(self, *ids: str) -> None:
        now = clock.now()
        lines = [
            seal(
                Stamp(source="app", received_at=now, type="track", message_id=i, timestamp=now),
                msgspec.json.encode({"type": "track", "event": "Product Viewed", "anonymousId": "a", "messageId": i}),
            )
            for i in ids
        ]
        self.writer.append(b"".join(lines), len(lines))

    def one(self, sql: str) -> object:
        with self.warehouse.cursor() as cursor:
            row = cursor.execute(sql).fetchone()
        return row and row[0]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.worker.stop()
    shop.warehouse.close()
    shop.state.close()
    shop.writer.close()


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_a_build_waits_for_all_that_was_acknowledged(shop: Shop) -> None:
    shop.track("m1", "m2")
    shop.worker.start()
    for n in range(3):
        shop.track(f"n{n}")
        # Where the background was quicker, nothing is left to build.
        result, _ = shop.worker.build(full=False)
        assert shop.one("SELECT count(*) FROM mapped_tracks") == 3 + n
        assert shop.worker.status().build_id == result.build_id


def test_nothing_new_builds_nothing_unless_asked(shop: Shop) -> None:
    shop.track("m1")
    shop.worker.start()
    first, _ = shop.worker.build(full=False)
    assert shop.worker.build(full=False) == (first, False)
    second, built = shop.worker.build(full=True)
    assert built
    assert second.build_id > first.build_id


def test_what_arrives_is_modelled_without_being_asked(shop: Shop) -> None:
    shop.worker.start()
    shop.worker.build(full=False)
    shop.track("m1")
    until(lambda: shop.one("SELECT count(*) FROM mapped_tracks") == 1)
    until(lambda: not shop.worker.status().building)
    assert shop.worker.status().data_as_of is not None


def test_a_changed_rule_is_built_and_a_wrong_one_is_said(shop: Shop) -> None:
    shop.track("m1")
    shop.worker.start()
    shop.worker.build(full=False)
    path = Paths(shop.root).config
    good = path.read_text()
    path.write_text(good.replace("inactivity_minutes = 30", "inactivity_minutes = 'x'"))
    until(lambda: "inactivity_minutes" in (shop.worker.status().error or ""))
    assert shop.one("SELECT count(*) FROM sessions") == 1
    path.write_text(good.replace("inactivity_minutes = 30", "inactivity_minutes = 10"))
    until(lambda: shop.worker.status().error is None)
    until(lambda: shop.one("SELECT reason FROM clew.builds ORDER BY build_id DESC LIMIT 1") == "rules changed")


def test_the_old_rules_are_told_until_the_numbers_are_new(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.track("m1")
    shop.worker.start()
    served = shop.worker.build(full=False)[0].build_id
    go_on, number_texts = threading.Event(), full.number_texts

    def wait(frame: Frame) -> None:
        assert go_on.wait(20)
        number_texts(frame)

    monkeypatch.setattr(full, "number_texts", wait)
    with State.open(Paths(shop.root).state) as state:
        change(shop.root, {"sessions.inactivity_minutes": "10"}, state, "ada", environment={})
    shop.worker.reload()
    until(lambda: (at := shop.worker.status().progress) is not None and at.step == "people")
    now = shop.worker.status()
    assert (now.building, now.build_id, now.changed) == (True, served, (Difference("sessions.inactivity_minutes", 30, 10),))
    assert now.progress is not None
    assert (now.progress.reason, now.progress.is_full, now.progress.step) == ("rules changed", True, "people")
    assert (shop.worker.settings().sessions.inactivity_minutes, shop.worker.wanted().sessions.inactivity_minutes) == (30, 10)
    assert [(b.state, b.build_id) for b in shop.worker.builds(2)] == [("running", None), ("done", served)]
    assert shop.worker.builds(5)[0].why() == "rules changed: sessions.inactivity_minutes 30 -> 10"
    go_on.set()
    until(lambda: shop.worker.status().build_id == served + 1)
    assert (shop.worker.status().changed, shop.worker.settings().sessions.inactivity_minutes) == ((), 10)
    until(lambda: not shop.worker.status().building)
    assert shop.worker.status().progress is None


def test_what_was_served_is_served_from_the_start(shop: Shop) -> None:
    shop.track("m1")
    shop.worker.start()
    served = shop.worker.build(full=False)[0].build_id
    shop.worker.stop()
    with State.open(Paths(shop.root).state) as state:
        change(shop.root, {"sessions.inactivity_minutes": "10"}, state, "ada", environment={})
    again = Worker(shop.warehouse, shop.root, config.load(shop.root, {}), shop.state)
    status = again.status()
    assert (status.build_id, status.changed) == (served, (Difference("sessions.inactivity_minutes", 30, 10),))
    assert again.settings().sessions.inactivity_minutes == 30


def test_an_editor_that_takes_the_file_away_for_a_moment(shop: Shop) -> None:
    shop.worker.start()
    path = Paths(shop.root).config
    text = path.read_text()
    path.unlink()
    until(lambda: "found no such file" in (shop.worker.status().error or ""))
    path.write_text(text)
    until(lambda: shop.worker.status().error is None)


def test_who_waits_when_it_stops_is_told(shop: Shop) -> None:
    shop.track("m1")
    shop.worker.stop()
    with pytest.raises(BuildError, match="stopping"):
        shop.worker.build(full=False)


def test_addresses_and_agents_are_looked_up_before_a_build(shop: Shop) -> None:
    now = clock.now()
    context = {"ip": "81.2.3.4", "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"}
    message = {"type": "track", "event": "Product Viewed", "anonymousId": "a", "messageId": "m1", "context": context}
    stamp = Stamp(source="app", received_at=now, type="track", message_id="m1", timestamp=now)
    shop.writer.append(seal(stamp, msgspec.json.encode(message)), 1)
    write(shop.root / "geo.mmdb", {"81.0.0.0/8": {"country": {"iso_code": "NL"}}})
    toml = (shop.root / "clew.toml").read_text()
    (shop.root / "clew.toml").write_text(f'{toml}\n[enrich]\ngeoip_file = "geo.mmdb"\n')
    shop.worker.start()
    shop.worker.build(full=False)
    until(lambda: shop.one("SELECT country FROM clew.ip_countries WHERE ip = '81.2.3.4'") == "NL")
    assert shop.one("SELECT browser || ', ' || os || ', ' || device_type FROM clew.user_agents") == "Firefox, Linux, desktop"
    (shop.root / "geo.mmdb").unlink()
    shop.track("m2")
    shop.worker.build(full=False)
    assert "geoip_file" in (shop.worker.status().error or "")
    assert shop.one("SELECT count(*) FROM main.mapped_tracks") == 2, "sessions are built without"


def test_the_timeline_follows_each_build(shop: Shop) -> None:
    shop.track("m1")
    shop.worker.start()
    shop.worker.build(False)
    shop.track("m2")
    result, _ = shop.worker.build(False)
    assert current_build(Paths(shop.root).timeline) == result.build_id
    assert shop.worker.status().error is None


def test_a_timeline_that_cannot_be_written_is_said_and_the_build_stands(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    Paths(shop.root).timeline.write_text("")
    shop.track("m1")
    shop.worker.start()
    shop.worker.build(False)
    assert shop.one("SELECT count(*) FROM main.mapped_tracks") == 1
    said = shop.worker.upkeep.trouble
    assert said.startswith("the timeline was not kept up, reports are answered by SQL: ")
    assert shop.worker.status().error == said
    assert said in capsys.readouterr().err
    Paths(shop.root).timeline.unlink()
    shop.track("m2")
    shop.worker.build(False)
    assert shop.worker.status().error is None


HEAVY = "SELECT sum((a.range * b.range) % 7) FROM range(1000000) AS a, range(1000000) AS b"
"""Would run for hours."""


@pytest.fixture
def heavy(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A shop with a build, whose next ones run for hours; set as soon as one does."""
    shop.track("m1")
    shop.worker.start()
    shop.worker.build(full=False)
    begun = threading.Event()

    def number(frame: Frame) -> None:
        begun.set()
        frame.cursor.execute(HEAVY)

    monkeypatch.setattr(full, "number_people", number)
    yield begun
    shop.worker.stop_build("the end")


def in_thread(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """What it answers or raises."""
    said: list[object] = []

    def run() -> None:
        try:
            said.append(call())
        except Exception as error:  # noqa: BLE001  whatever it raises is handed to the test, which looks at it
            said.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, said


@pytest.mark.parametrize("is_full", [True, False])
def test_a_build_is_stopped_and_not_begun_again(shop: Shop, heavy: threading.Event, is_full: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    served = shop.worker.status().build_id
    if not is_full:
        shop.track("m2")
    waiting, said = in_thread(lambda: shop.worker.build(full=is_full))
    assert heavy.wait(20)
    other, counted = in_thread(lambda: shop.one("SELECT sum((a.range * b.range) % 7) FROM range(20000) AS a, range(20000) AS b"))
    shop.worker.stop_build("ann")
    waiting.join(20)
    assert [(type(each), str(each)) for each in said] == [(Stopped, "stopped by ann")]
    other.join(60)
    assert isinstance(counted[0], int), "no other work is stopped"
    until(lambda: not shop.worker.status().building)
    status, (stopped, before) = shop.worker.status(), shop.worker.builds(2)
    assert (status.stopped, status.build_id, status.error, status.queued) == ("stopped by ann", served, None, False)
    assert (stopped.state, stopped.error, stopped.is_full) == ("stopped", "stopped by ann", is_full)
    assert (before.state, before.build_id) == ("done", served)
    assert shop.one("SELECT count(*) FROM mapped_tracks") == 1
    heavy.clear()
    assert not heavy.wait(2 * shop.settings.build.pause_seconds), "it waits for another reason"
    monkeypatch.undo()
    shop.track("m3")
    until(lambda: shop.one("SELECT count(*) FROM mapped_tracks") == (2 if is_full else 3))
    until(lambda: not shop.worker.status().building)
    assert shop.worker.status().stopped == ""


def test_what_is_loaded_while_a_build_runs_does_not_begin_it_again(shop: Shop, heavy: threading.Event) -> None:
    shop.track("m2")
    assert heavy.wait(20)
    loaded = shop.worker.status().load_id
    shop.track("m3")
    until(lambda: shop.worker.status().load_id > loaded)
    shop.worker.stop_build("ann")
    until(lambda: shop.worker.status().stopped == "stopped by ann" and not shop.worker.status().building)
    heavy.clear()
    assert not heavy.wait(2 * shop.settings.build.pause_seconds)


def test_a_trial_is_stopped_by_its_rules(shop: Shop, heavy: threading.Event) -> None:
    trial, said = in_thread(lambda: shop.worker.trials.run({"sessions.inactivity_minutes": "10"}))
    assert heavy.wait(20)
    shop.worker.trials.stop({"sessions.inactivity_minutes": "11"}, "bob")
    shop.worker.stop_build("bob")
    assert trial.is_alive()
    shop.worker.trials.stop({"sessions.inactivity_minutes": "10"}, "ann")
    trial.join(20)
    assert [(type(each), str(each)) for each in said] == [(Stopped, "stopped by ann")]
    assert shop.one("SELECT count(*) FROM duckdb_schemas() WHERE schema_name = 'trial'") == 0
    assert {build.state for build in shop.worker.builds(5)} == {"done"}
    assert shop.worker.status().trial is None


def test_a_stop_that_comes_too_early_is_heeded_and_one_that_comes_too_late_is_not(shop: Shop) -> None:
    stop = Stop()
    with shop.warehouse.cursor() as cursor:
        with stop.heeded(cursor):
            cursor.execute("SELECT 1")
        stop.ask("ann")
        assert cursor.execute("SELECT 2").fetchall() == [(2,)]
        with pytest.raises(Stopped, match="stopped by ann"), stop.heeded(cursor):
            pytest.fail("it was stopped before")
