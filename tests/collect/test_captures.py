"""Every recording of a server library (and the browser's, as far as they need no pixel, OAuth or beacon) is stored as the table says."""

from __future__ import annotations

import base64
import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from clew.config import Source
from collect.door import Answer, CollectDoor, call, sent

DATA = Path(__file__).parents[1] / "data" / "captures"
TABLE = Path(__file__).parent / "expected_captures.tsv"
KEYS = ("WK_PY", "WK_PYO", "WK_NODE", "WK_NO", "WK_OLDPY", "WK_OLDNODE", "WK_RPY", "WK_RNODE", "WK_BR", "WK_MIN", "WK_RBR")
BROWSER_KEYS = ("WK_BR", "WK_MIN", "WK_RBR")
SOURCES = tuple(Source(name=key.lower(), write_key=key, client_side=key in BROWSER_KEYS) for key in KEYS)
EXPECTED = list(csv.DictReader(TABLE.read_text("utf-8").splitlines(), delimiter="\t"))
PER_TRY = {"context": 0, "sentAt": 0, "_metadata": 0}
"""What a client may change when it sends a message again, and where the collector fills in address and browser."""


def recorded(name: str) -> list[dict[str, Any]]:
    requests: list[dict[str, Any]] = json.loads((DATA / f"{name}.json").read_bytes())
    return requests


def replay(door: CollectDoor, name: str) -> list[Answer]:
    return [door._runner.run(_send(door, request)) for request in recorded(name)]


async def _send(door: CollectDoor, request: dict[str, Any]) -> Answer:
    raw = b"" if request["body"] is None else json.dumps(request["body"], separators=(",", ":"), ensure_ascii=False).encode()
    if request["gzip"]:
        raw = gzip.compress(raw)
    headers = [(name.lower().encode(), value.encode()) for name, value in request["headers"] if name.lower() != "content-length"]
    return await call(door.app, request["method"], request["path"], headers, [raw])


def messages(name: str) -> list[dict[str, Any]]:
    """The messages in a recording, with repeats."""
    found = []
    for request in recorded(name):
        body = request["body"]
        if request["method"] == "POST" and not request["path"].startswith("/v1/m"):
            found += body.get("batch", [body])
    return found


def test_the_table_names_every_recording() -> None:
    assert [row["recording"] for row in EXPECTED] == sorted(path.stem for path in DATA.glob("*.json"))


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row["recording"])
def test_a_recording_is_stored_as_the_table_says(tmp_path: Path, row: dict[str, str]) -> None:
    name = row["recording"]
    with CollectDoor(tmp_path, SOURCES) as door:
        answers = replay(door, name)
        assert {answer.status for answer in answers} <= {200, 204}
        stored = {(record.source, record.message_id) for record in door.log}
        types = sorted(record.type for record in door.log)
        assert (len(messages(name)), len(stored), len(door.log)) == (int(row["messages"]), int(row["distinct"]), int(row["records"]))
        assert " ".join(types) == row["types"]
        assert not door.refused
        expected = {message["messageId"]: message for message in messages(name)}
        assert {record.message_id for record in door.log} == expected.keys()
        for record in door.log:
            assert {**expected[record.message_id], **PER_TRY} == {**sent(record), **PER_TRY}


def test_all_recordings_together() -> None:
    """Of 235 messages, 161 distinct, in all recordings there are; four of them are in the OAuth and beacon recordings, which are not here."""
    occurrences = [m["messageId"] for row in EXPECTED for m in messages(row["recording"])]
    assert (len(occurrences), len(set(occurrences))) == (231, 157)
    assert sum(int(row["distinct"]) for row in EXPECTED) == 157


def test_replaying_all_recordings_twice_stores_each_message_once(tmp_path: Path) -> None:
    with CollectDoor(tmp_path, SOURCES) as door:
        for row in EXPECTED:
            replay(door, row["recording"])
        once = len(door.log)
        for row in EXPECTED:
            replay(door, row["recording"])
        assert len(door.log) == once


def test_the_key_of_a_recording_decides_its_source(tmp_path: Path) -> None:
    with CollectDoor(tmp_path, SOURCES) as door:
        replay(door, "segment_python")
        replay(door, "rudder_node_gzip")
        key = base64.b64decode("V0tfUFk6").decode().rstrip(":").lower()
        assert {record.source for record in door.log} == {key, "wk_rnode"}
