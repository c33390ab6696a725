"""Refused messages: seen, counted, and replayed after what stood in their way is gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clew.cli.refused import refused as command
from clew.clock import HOUR, iso, now
from clew.collect.reasons import REASONS
from clew.collect.refusals import Choice, Replayed, count, read
from clew.collect.replay import replay
from clew.config import Collect, Paths, Settings
from clew.errors import ConfigError
from clew.eventlog import Cursor
from collect.door import SOURCES, CollectDoor, records, sent, track
from collect.server import CONFIG, serving

DOCS = Path(__file__).parents[2] / "docs" / "refusals.md"
WIDE = Settings(sources=SOURCES, collect=Collect(max_message_bytes=100_000))


def test_the_docs_name_every_reason_and_no_other() -> None:
    rows = [line.split("|")[1].strip().strip("`") for line in DOCS.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert rows == list(REASONS)


def fill(root: Path) -> None:
    """Two refused messages of one kind, one of another, one that is no JSON, and one that is accepted."""
    with CollectDoor(root) as door:
        sent_at = iso(now() - HOUR)
        door.post("/v1/batch", {"batch": [track(messageId="big", x="y" * 40_000, timestamp=sent_at), track()], "sentAt": sent_at})
        door.post("/v1/batch", {"batch": [track(x="y" * 50_000), {"type": "track", "event": "e"}]})
        door.post("/v1/batch", b'{"batch":[NaN,{"type":"page","userId":"u"}]}')


def test_they_are_counted_by_source_and_reason(tmp_path: Path) -> None:
    fill(tmp_path)
    assert count(tmp_path, Choice()) == [("server", "invalid_json", 1), ("server", "message_too_large", 2), ("server", "no_user_anon_id", 1)]
    assert count(tmp_path, Choice(reasons=frozenset({"invalid_json"}))) == [("server", "invalid_json", 1)]
    assert count(tmp_path, Choice(sources=frozenset({"other"}))) == []
    assert [refusal.message for refusal in read(tmp_path, Choice(reasons=frozenset({"invalid_json"})))] == [b"NaN"]


def test_a_project_without_refusals_has_none(tmp_path: Path) -> None:
    assert count(tmp_path, Choice()) == []
    assert replay(tmp_path, WIDE, Choice()).accepted == 0


def test_an_unknown_reason_is_an_error() -> None:
    with pytest.raises(ConfigError, match="message_too_large"):
        Choice(reasons=frozenset({"too_big"}))


def test_replay_brings_in_what_now_passes(tmp_path: Path) -> None:
    fill(tmp_path)
    before = {refusal.record.received_at for refusal in read(tmp_path, Choice(reasons=frozenset({"message_too_large"})))}
    outcome = replay(tmp_path, WIDE, Choice())
    assert (outcome.accepted, outcome.refused) == (2, {"no_user_anon_id": 1, "invalid_json": 1})
    big = next(record for record in records(Paths(tmp_path).log) if record.message_id == "big")
    assert big.received_at in before
    assert big.timestamp == big.received_at, "corrected by the clock as it was when the message came"
    assert len(sent(big)["x"]) == 40_000
    assert count(tmp_path, Choice()) == [("server", "invalid_json", 1), ("server", "no_user_anon_id", 1)]
    assert sum(row.messages for row in count(tmp_path, Choice(replayed=True))) == 4


def test_replaying_again_stores_nothing_twice(tmp_path: Path) -> None:
    fill(tmp_path)
    replay(tmp_path, WIDE, Choice())
    first = [(record.source, record.message_id) for record in records(Paths(tmp_path).log)]
    assert replay(tmp_path, WIDE, Choice()).accepted == 0
    (Paths(tmp_path).refused / "replayed.ndjson").unlink()  # as if the process had died before it wrote this
    assert replay(tmp_path, WIDE, Choice()).accepted == 2
    again = [(record.source, record.message_id) for record in records(Paths(tmp_path).log)]
    assert set(again) == set(first)


def test_messages_beyond_a_batchs_limit_come_in_by_replay(tmp_path: Path) -> None:
    with CollectDoor(tmp_path, max_batch_messages=1) as door:
        door.batch(track(messageId="1"), track(messageId="2"))
    assert replay(tmp_path, Settings(sources=SOURCES, collect=Collect(max_batch_messages=1)), Choice()).accepted == 1
    assert [(record.message_id, record.batch_index) for record in records(Paths(tmp_path).log)] == [("1", 0), ("2", 1)]


def test_a_source_that_is_gone_is_left_alone(tmp_path: Path) -> None:
    fill(tmp_path)
    outcome = replay(tmp_path, Settings(), Choice())
    assert (outcome.accepted, outcome.unknown_source) == (0, 4)


def test_a_torn_note_of_what_was_replayed(tmp_path: Path) -> None:
    done = Replayed(tmp_path)
    done.add([Cursor(1, 2)])
    with (tmp_path / "replayed.ndjson").open("ab") as file:
        file.write(b"[1,")
    assert done.read() == {Cursor(1, 2)}
    done.add([Cursor(1, 3)])
    assert done.read() == {Cursor(1, 2), Cursor(1, 3)}


def run(root: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(command, [arguments[0], "--project", str(root), *arguments[1:]], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def test_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "clew.toml").write_text(CONFIG)
    fill(tmp_path)
    assert [row["reason"] for row in json.loads(run(tmp_path, "list", "--format", "json").stdout)] == [
        "message_too_large",
        "message_too_large",
        "no_user_anon_id",
        "invalid_json",
    ]
    assert json.loads(run(tmp_path, "counts", "--format", "json", "--reason", "invalid_json").stdout) == [
        {"source": "server", "reason": "invalid_json", "messages": 1}
    ]
    assert "expected userId or anonymousId, found neither" in run(tmp_path, "list", "--lines", "2").stdout
    assert "2  server  message_too_large: larger than" in run(tmp_path, "counts").stdout
    assert "0 accepted, 4 still refused" in run(tmp_path, "replay").stdout


def test_a_running_collector_replays_itself(tmp_path: Path) -> None:
    (tmp_path / "clew.toml").write_text(CONFIG)
    fill(tmp_path)
    (tmp_path / "clew.toml").write_text(CONFIG + "[collect]\nmax_message_bytes = 100000\n")
    with serving(tmp_path) as server:
        outcome = json.loads(run(tmp_path, "replay", "--format", "json").stdout)
        assert outcome == {"accepted": 2, "refused": {"invalid_json": 1, "no_user_anon_id": 1}, "unknown_source": 0}
        assert server.stop() == 0
    assert "big" in {record.message_id for record in records(Paths(tmp_path).log)}
