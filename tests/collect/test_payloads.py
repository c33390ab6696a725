"""The calls printed in Segment's documentation and its Go library's fixtures: each is stored or refused as the table says."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from collect.door import CollectDoor

LINES = (Path(__file__).parents[1] / "data" / "segment_payloads" / "payloads.ndjson").read_text("utf-8").splitlines()
TABLE = Path(__file__).parent / "expected_payloads.tsv"
EXPECTED = list(csv.DictReader(TABLE.read_text("utf-8").splitlines(), delimiter="\t"))


def path_of(payload: dict[str, Any]) -> str:
    """Where a call goes: a batch to /v1/batch, others to the path of their type, which older examples call `action`."""
    return "/v1/batch" if "batch" in payload else f"/v1/{payload.get('type') or payload['action']}"


def outcomes(door: CollectDoor) -> list[str]:
    """One text a line: what was stored, as type and message id (`*`: one was made), and what was refused, as its reason."""
    found = []
    for line in LINES:
        payload = json.loads(line)["payload"]
        log, refused = len(door.log), len(door.refused)
        assert door.post(path_of(payload), payload).status == 200
        given = {message.get("messageId") for message in payload.get("batch", [payload])}
        stored = [f"{record.type} {record.message_id if record.message_id in given else '*'}" for record in door.log[log:]]
        found.append("; ".join(stored + [str(reason) for reason in door.reasons[refused:]]) or "repeat")
    return found


def test_each_call_is_stored_or_refused_as_the_table_says(door: CollectDoor) -> None:
    sources = [json.loads(line)["_source"] for line in LINES]
    paths = [path_of(json.loads(line)["payload"]) for line in LINES]
    found = list(zip(sources, paths, outcomes(door), strict=True))
    assert found == [(row["source"], row["path"], row["outcome"]) for row in EXPECTED]


def test_the_counts_that_the_notes_give(door: CollectDoor) -> None:
    """89 messages in 87 lines; 45 carry a type and an id, 39 the path's type; of these 4 and 6 have no id that counts."""
    outcomes(door)
    messages = [message for line in LINES for message in json.loads(line)["payload"].get("batch", [json.loads(line)["payload"]])]
    assert len(messages) == 89
    assert len(door.log) + len(door.refused) + door.app.collector.intake.counts.duplicates == 89
    assert set(door.reasons) == {"no_user_anon_id"}
    assert len(door.refused) == 10


def test_twice_stores_those_with_an_id_once(door: CollectDoor) -> None:
    outcomes(door)
    once = [record for record in door.log if record.message_id in "".join(LINES)]
    outcomes(door)
    assert len([record for record in door.log if record.message_id in "".join(LINES)]) == len(once)
