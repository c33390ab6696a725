"""Builds in a process of their own, whose memory and processor time can be told: python -m tests.models.crowds KIND EVENTS FOLDER

One JSON object is printed: what was built in full, with the most memory (MB) and the processor time (seconds), and by the load after it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from tests.models.stage import Stage

from clew.config import Settings
from clew.models import build_if_needed

USERS = 1000
IN_SESSION = 100
KINDS: dict[str, dict[str, str]] = {
    # Ten events of each of many devices: what the others are compared with.
    "spread": {"anonymous": "concat('a', i // 10)"},
    # Of four events one names nobody, one the device `null` alone, one the device `null` and one of many users, one a device and the user `NULL `.
    "null": {
        "anonymous": "CASE i % 4 WHEN 1 THEN 'null' WHEN 2 THEN 'null' WHEN 3 THEN concat('a', i) ELSE 'undefined' END",
        "user": f"CASE i % 4 WHEN 0 THEN '0' WHEN 2 THEN concat('u', i // 4 % {USERS}) WHEN 3 THEN 'NULL ' END",
    },
    # One person's sessions of many events.
    "person": {"anonymous": "'phone'", "user": "CASE WHEN i % 7 = 0 THEN 'ada' END"},
}
TIME = f"i + i // {IN_SESSION} * 3600"
ONE_OF_EACH = 4
"""Messages of the second load: the kinds go by the number modulo four."""


def main(kind: str, events: int, root: Path) -> None:
    stage = Stage(path=root / "crowds.duckdb")
    stage.fill(events, time=TIME, **KINDS[kind])
    began = time.process_time()
    stage_result(stage, root)
    seconds, peak = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    full = counts(stage)
    stage.fill(ONE_OF_EACH, time=f"{events // 2}", load="2", prefix="later", **KINDS[kind])
    touched = stage_result(stage, root)
    print(json.dumps({"full": full, "then": counts(stage), "touched": touched, "seconds": seconds, "mb": peak}))


def stage_result(stage: Stage, root: Path) -> dict[str, Any]:
    result, _ = build_if_needed(stage, Settings(), root)
    return {"people": result.people, "events": result.events, "is_full": result.is_full}


def counts(stage: Stage) -> dict[str, int]:
    queries = {
        "events": "SELECT count(*) FROM mapped_tracks",
        "events of people": "SELECT count(person_id) FROM mapped_tracks",
        "people": "SELECT count(DISTINCT person_id) FROM mapped_tracks",
        "sessions": "SELECT count(*) FROM sessions",
        "conflicts": "SELECT count(*) FROM identity_conflicts WHERE reason <> 'blocked'",
    }
    return {name: stage.rows(query)[0][0] for name, query in queries.items()}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
