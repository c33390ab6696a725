"""The loader end to end: from lines in the log to Segment's tables."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.warehouse.project import Project, record, sealed

from clew.config import Paths, Settings
from clew.config import Warehouse as Options
from clew.errors import LoadError
from clew.eventlog import Cursor, CursorFile
from clew.warehouse.loading.repeats import same_content


def track(number: int, event: str = "Order Completed", /, **properties: Any) -> dict[str, Any]:
    return {"type": "track", "messageId": f"m{number}", "anonymousId": "a1", "event": event, "properties": properties}


def test_a_track_call_is_in_tracks_and_in_its_events_table(project: Project) -> None:
    result = project.feed(record(track(1, revenue=18.99, orderId="o-1", nested={"a": {"b": 1}}, products=[{"sku": "x"}])))
    assert (result.records, result.stored) == (1, 1)
    assert project.rows("SELECT id, event, event_text, anonymous_id FROM web.tracks") == [("m1", "order_completed", "Order Completed", "a1")]
    ((revenue, order, nested, products),) = project.rows("SELECT revenue::VARCHAR, order_id, nested_a_b, products FROM web.order_completed")
    assert (revenue, order, nested, products) == ("18.9900", "o-1", 1, '[{"sku":"x"}]')
    assert project.rows("SELECT source, id FROM main.order_completed") == [("web", "m1")]


def identify(number: int, user: str, /, **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "messageId": f"i{number}", "userId": user, "traits": traits}


def test_nothing_new_is_no_load(project: Project) -> None:
    assert project.loader.load().records == 0
    project.feed(record(track(1)))
    assert project.loader.load().records == 0
    assert project.rows("SELECT count(*) FROM clew.loads") == [(1,)]


def test_the_cursor_moves_with_the_rows_and_is_published(project: Project) -> None:
    project.feed(record(track(1)), record(track(2)))
    assert project.loader.cursor() == Cursor(1, 2)
    assert CursorFile(Paths(project.root).log, "warehouse").read() == Cursor(1, 2)
    project.feed(record(track(3)))
    assert project.rows("SELECT message_id, chunk, ordinal, load_id FROM clew.events ORDER BY load_id, ordinal") == [
        ("m1", 1, 0, 1),
        ("m2", 1, 1, 1),
        ("m3", 2, 0, 2),
    ]


def test_one_load_may_span_chunks(project: Project) -> None:
    for number in range(4):
        project.write(record(track(2 * number)), record(track(2 * number + 1)))
    (result,) = project.load()
    assert result.stored == 8
    assert project.rows("SELECT chunk, ordinal, message_id FROM clew.events ORDER BY ALL") == [(1 + n // 2, n % 2, f"m{n}") for n in range(8)]


def test_a_reopened_warehouse_goes_on(project: Project) -> None:
    project.feed(record(track(1, price=1)))
    project.close()
    project.open()
    assert project.loader.cursor() == Cursor(1, 1)
    result = project.feed(record(track(1, price=1)), record(track(2, price="dear")))
    assert (result.stored, result.duplicates) == (1, 1)
    assert project.rows("SELECT id, price FROM web.order_completed ORDER BY id") == [("m1", "1"), ("m2", "dear")]


def test_all_six_calls_have_their_tables(project: Project) -> None:
    project.feed(
        record(track(1)),
        record(identify(2, "u1", email="e")),
        record({"type": "page", "messageId": "p", "anonymousId": "a", "name": "Home", "category": "c", "properties": {"url": "http://x/?gclid=1"}}),
        record({"type": "screen", "messageId": "s", "anonymousId": "a", "properties": {"name": "Start"}}),
        record({"type": "group", "messageId": "g", "userId": "u1", "groupId": 17, "traits": {"plan": "pro"}}),
        record({"type": "alias", "messageId": "l", "userId": "u1", "previousId": "a"}),
    )
    assert project.rows("SELECT name, category, url FROM web.pages") == [("Home", "c", "http://x/?gclid=1")]
    assert project.rows("SELECT name FROM web.screens") == [("Start",)]
    assert project.rows("SELECT group_id, plan FROM web.groups") == [("17", "pro")]
    assert project.rows("SELECT id, plan FROM web.accounts") == [("17", "pro")]
    assert project.rows("SELECT user_id, previous_id FROM web.aliases") == [("u1", "a")]
    assert project.rows("SELECT id, email FROM web.users") == [("u1", "e")]
    assert project.rows("SELECT event, click_id, page_url FROM clew.model_events WHERE type IN ('page', 'screen') ORDER BY 1") == [
        ("Page Viewed", "gclid", "http://x/?gclid=1"),
        ("Screen Viewed", None, None),
    ]


def test_the_platform(project: Project) -> None:
    contexts = [
        ({"device": {"type": "iOS"}}, "ios"),
        ({"os": {"name": "Android"}}, "android"),
        ({"library": {"name": "analytics.js"}, "os": {"name": "Windows"}}, "web"),
        ({"library": {"name": "analytics-python"}, "userAgent": "Mozilla/5.0", "page": {"url": "x"}}, "server"),
        ({"channel": "mobile"}, "mobile"),
        ({"userAgent": "Mozilla/5.0"}, "web"),
        ({}, "server"),
    ]
    project.feed(*(record(track(n) | {"context": context}) for n, (context, _) in enumerate(contexts)))
    assert [row[0] for row in project.rows("SELECT platform FROM clew.events ORDER BY ordinal")] == [platform for _, platform in contexts]


def test_ids_are_text_and_empty_ones_are_null(project: Project) -> None:
    project.feed(record({"type": "track", "messageId": "m", "anonymousId": "", "userId": 12, "event": "E"}))
    assert project.rows("SELECT anonymous_id, user_id FROM clew.model_events") == [(None, "12")]


# --- repeats


def test_a_repeat_is_counted_and_not_stored(project: Project) -> None:
    message = track(1, price=1)
    again = message | {"sentAt": "2026-01-01T00:00:00Z", "_metadata": {"retryCount": 2}, "writeKey": "k", "context": {"ip": "10.0.0.2"}}
    result = project.feed(record(message), record(message, at=5), record(again | {"context": {}}), record(message | {"context": {}}))
    assert (result.records, result.stored, result.duplicates, result.id_reused) == (4, 1, 1, 2)
    assert project.feed(record(message, at=9)).duplicates == 1


def test_what_the_way_here_changes_is_no_content() -> None:
    one = '{"messageId":"m","properties":{"a":1},"context":{"ip":"1"}}'
    assert same_content(
        one, '{"context": {"ip":"2"}, "properties":{"a":1},"messageId":"m","sentAt":"x","receivedAt":"y","_metadata":{},"writeKey":"w"}'
    )
    assert not same_content(one, '{"messageId":"m","properties":{"a":2},"context":{"ip":"1"}}')
    assert not same_content(one, '{"messageId":"m","properties":{"a":1,"sentAt":2},"context":{"ip":"1"}}')


def test_the_same_id_with_other_content_is_kept_apart(project: Project) -> None:
    project.feed(record(track(1, total=10)))
    result = project.feed(record(track(2)), record(track(1, total=-10), at=7))
    assert (result.stored, result.duplicates, result.id_reused) == (1, 0, 1)
    ((reason, message_id, load, ordinal, first, message),) = project.rows(
        "SELECT reason, message_id, load_id, ordinal, first_load_id, message FROM clew.rejections"
    )
    assert (reason, message_id, load, ordinal, first) == ("id_reused", "m1", 2, 1, 1)
    assert json.loads(message)["properties"] == {"total": -10}
    assert project.rows("SELECT total FROM web.order_completed WHERE id = 'm1'") == [(Decimal(10),)]


def test_the_key_is_source_and_id(project: Project) -> None:
    result = project.feed(record(track(1)), record(track(1), source="app"))
    assert (result.stored, result.duplicates) == (2, 0)
    assert project.rows("SELECT source, id FROM main.tracks ORDER BY 1") == [("app", "m1"), ("web", "m1")]


# --- what cannot be loaded


STAMP = b'"source":"web","received_at":1,"type":"track","message_id":"bad","timestamp":1'
UNUSABLE = [
    (sealed(STAMP, b'{"event":"E","properties":{"a":"\\ud83d"}}'), "surrogate"),
    (sealed(STAMP, b'{"event":'), "JSON"),
    (sealed(STAMP, b'{"event":"\xff"}'), ""),
    (sealed(STAMP, b"[1]"), "expected a message that is an object"),
    (sealed(b'"source":"web"', b"{}"), "expected a type"),
    (sealed(b'"source":"web","received_at":99999999999999999999,"type":"track","message_id":"b","timestamp":1', b"{}"), "received_at"),
    (sealed(STAMP.replace(b"track", b"merge"), b"{}"), "merge"),
]


@pytest.mark.parametrize(("line", "reason"), UNUSABLE)
def test_what_cannot_be_loaded_is_set_aside_and_named(project: Project, line: bytes, reason: str) -> None:
    project.write(record(track(1)), line, record(track(2)), record(track(3)))
    results = project.load()
    assert sum(result.stored for result in results) == 3
    assert sum(result.set_aside for result in results) == 1
    ((chunk, ordinal, told, kept),) = project.rows("SELECT chunk, ordinal, reason, line FROM clew.set_aside")
    assert (chunk, ordinal) == (1, 1)
    assert reason in told
    assert kept == line[:-1].decode("utf-8", "backslashreplace")
    assert project.rows("SELECT list(id ORDER BY id) FROM web.tracks") == [(["m1", "m2", "m3"],)]
    assert project.rows("SELECT list(ordinal ORDER BY ordinal) FROM clew.events") == [([0, 2, 3],)]


def test_deleted_records_keep_the_others_places(project: Project) -> None:
    project.feed(record(track(1)), b"\n", record(track(2)), b"\n")
    assert project.rows("SELECT message_id, ordinal FROM clew.events ORDER BY 2") == [("m1", 0), ("m2", 2)]
    assert project.loader.cursor() == Cursor(1, 4)


def test_a_corrupt_record_is_named(project: Project) -> None:
    line = record(track(2)).replace(b"Order", b"Older")
    result = project.feed(record(track(1)), line)
    assert (result.stored, result.set_aside) == (1, 1)
    assert "checksum" in project.rows("SELECT reason FROM clew.set_aside WHERE ordinal = 1")[0][0]


def test_nothing_of_a_failed_load_stays(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.feed(record(track(1)))
    project.write(record(track(2, fresh=1)))

    def full(*_: object) -> None:
        raise duckdb.IOException("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("clew.warehouse.loading.transaction.make_views", full)
        with pytest.raises(LoadError, match="disk full"):
            project.loader.load()
    assert project.loader.cursor() == Cursor(1, 1)
    assert "fresh" not in project.columns("order_completed")
    assert project.load()[0].stored == 1
    assert project.rows("SELECT fresh FROM web.order_completed WHERE id = 'm2'") == [(1,)]


# --- names, limits, options


def test_hostile_names_are_names(project: Project) -> None:
    names = ['"; drop table clew.events', "<script>", "=cmd()", "tracks", "Sessions", "select", "3 doctors", "注文", "x" * 300, "a\u0000b"]
    project.feed(*(record(track(n, name, **{name: 1, "ok": n})) for n, name in enumerate(names)))
    found = {name for (name,) in project.rows("SELECT view_name FROM duckdb_views() WHERE schema_name = 'web'")}
    assert {"drop_table_clew_events", "script", "cmd", "_tracks", "_sessions", "_select", "_3_doctors", "a_b", "tracks"} <= found
    assert len(found) == len(names)  # all but the one without letters, and tracks
    assert project.rows("SELECT count(*) FROM web.tracks") == [(len(names),)]
    assert project.rows("SELECT reason, name FROM clew.warnings") == [("event_without_table", "注文")]


def test_a_hidden_property_is_reported(project: Project) -> None:
    project.feed(record(track(1, user_id="mine", timestamp="x", contextIp="y")), record(track(2, userId="mine")))
    assert project.rows("SELECT name FROM clew.warnings ORDER BY name") == [("timestamp",), ("user_id",)]
    assert project.rows("SELECT _context_ip, user_id FROM web.order_completed WHERE id = 'm1'") == [("y", None)]


def test_a_property_named_source_is_there_in_both_places(project: Project) -> None:
    project.feed(record(track(1, source="mail")))
    assert project.rows("SELECT source FROM web.order_completed") == [("mail",)]
    assert project.rows("SELECT source, _source FROM main.order_completed") == [("web", "mail")]


def test_the_union_takes_the_type_that_holds_both(project: Project) -> None:
    project.feed(record(track(1, n=5, t="2026-01-02T03:04:05Z", m=1)), record(track(2, n="x", t="later", price=2), source="app"))
    assert project.rows("SELECT source, n, t, m, price FROM order_completed ORDER BY 1") == [
        ("app", "x", "later", None, Decimal(2)),
        ("web", "5", "2026-01-02T03:04:05Z", 1, None),
    ]


def test_late_traits_do_not_overwrite_newer_ones(project: Project) -> None:
    project.feed(record(identify(1, "u", a=1, b=1), at=10))
    project.feed(record(identify(2, "u", a=2), at=30))
    project.feed(record(identify(3, "u", a=3, b=3, c=3), at=20))
    assert project.rows("SELECT a, b, c FROM web.users") == [(2, 3, 3)]
    project.feed(record(identify(4, "u", b=None), at=40), record(identify(5, "v", a=9), at=41))
    assert project.rows("SELECT id, a, b, c FROM web.users ORDER BY id") == [("u", 2, 3, 3), ("v", 9, None, None)]


def test_order_inside_a_request_is_the_batch_index(project: Project) -> None:
    project.feed(
        record(identify(1, "u", a=1), batch_index=2), record(identify(2, "u", a=2), batch_index=10), record(identify(3, "u", a=3), batch_index=1)
    )
    assert project.rows("SELECT a FROM web.users") == [(2,)]


def test_identify_without_user_makes_no_user(project: Project) -> None:
    project.feed(record({"type": "identify", "messageId": "i", "anonymousId": "a", "traits": {"x": 1}}))
    assert project.rows("SELECT x FROM web.identifies") == [(1,)]
    assert project.rows("SELECT count(*) FROM web.users") == [(0,)]


def test_traits_in_the_context_count_for_identify(project: Project) -> None:
    message = {"type": "identify", "messageId": "i", "userId": "u", "context": {"traits": {"a": 1, "b": 1}}, "traits": {"b": 2}}
    project.feed(record(message))
    assert project.rows("SELECT a, b, context_traits_a FROM web.identifies") == [(1, 2, 1)]


def with_options(tmp_path: Path, **options: Any) -> Project:
    return Project(tmp_path, Settings(warehouse=Options(threads=1, memory="500MB", **options)))


def test_beyond_the_most_columns_properties_stay_together(tmp_path: Path) -> None:
    project = with_options(tmp_path, max_columns=3)
    project.feed(record(track(1, a=1, b=2)), record(track(2, a=1, **{f"dyn{n}": n for n in range(50)})))
    assert {"a", "b", "dyn0", "_more"} <= project.columns("order_completed").keys()
    assert "dyn1" not in project.columns("order_completed")
    rows = project.rows("SELECT id, _more FROM web.order_completed ORDER BY id")
    assert rows[0] == ("m1", None)
    assert json.loads(rows[1][1])["dyn49"] == 49
    assert project.rows("SELECT reason, table_name FROM clew.warnings") == [("too_many_columns", "order_completed")]
    project.close()


def test_texts_are_cut_only_if_asked(tmp_path: Path) -> None:
    project = with_options(tmp_path, text_limit=5)
    project.feed(record(track(1, a="123456789", t="2026-01-02T03:04:05Z")))
    assert project.rows("SELECT a, t::VARCHAR FROM web.order_completed") == [("12345", "2026-01-02 03:04:05")]
    project.close()


def test_first_value_types_if_asked(tmp_path: Path) -> None:
    project = with_options(tmp_path, first_value_types=True)
    project.feed(record(track(1, a=1)))
    project.feed(record(track(2, a="x")), record(track(3, a=2)))
    assert project.rows("SELECT id, a FROM web.order_completed ORDER BY id") == [("m1", 1), ("m2", None), ("m3", 2)]
    project.close()
