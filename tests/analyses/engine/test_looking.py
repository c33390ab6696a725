"""The database is asked once for all that a question reads of messages, and never again for what is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from tests.analyses import built
from tests.analyses.behaviour import History
from tests.models.stage import Stage
from tests.oracle import Message

from clew.analyses.engine import Engine, looking
from clew.analyses.registry import question
from clew.models import build_if_needed
from clew.timelines.predicates import look
from clew.timelines.upkeep import keep

RULES = built.rules("UTC")
NAMES = ("A", "B", "C")
ALL = {"from": "2026-01-01", "to": "2026-12-31"}


def history() -> History:
    """Three people do A, B and C again and again, with properties and now and then a user id."""
    messages, properties = [], {}
    for number in range(90):
        time = built.DAY * 20_500 + number * built.HOUR
        ids = {"anonymous_id": f"a{number % 3}", "user_id": f"u{number % 3}" if number % 7 == 0 else None}
        messages.append(
            Message(source="web", message_id=f"m{number}", type="track", event=NAMES[number // 3 % 3], timestamp=time, received_at=time, **ids)
        )
        properties[messages[-1].key] = {"p": "xyz"[number % 5 % 3], "price": number}
    return History(messages, properties)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    told = history()
    stage: Stage = built.stage_of(told, [told.messages])
    result, _ = build_if_needed(stage, RULES, tmp_path)
    keep(stage.cursor(), RULES, tmp_path, result)
    yield Engine(stage, lambda: RULES, tmp_path)
    stage.connection.close()


def looks(engine: Engine, root: Path, report: str, **params: Any) -> int:
    """How often the database was asked; kernels and SQL say the same."""
    asked = question(report, {**params, **ALL}, RULES, root)
    with patch.object(looking, "look", wraps=look) as looked:
        kernel = engine.tell(asked, seconds=30, by="kernel")
    assert kernel.rows == engine.tell(asked, seconds=30, by="sql").rows
    assert len(kernel.rows) > 2
    return looked.call_count


def test_conditions_breakdown_and_held_property_are_one_look(engine: Engine, tmp_path: Path) -> None:
    steps = ["A{price<60}", "B{price>5}", "C"]
    assert looks(engine, tmp_path, "funnel", step=steps, by="p", hold="p", exclude=["*{p=nothing}@1-2"]) == 1
    assert looks(engine, tmp_path, "funnel", step=steps, by="p") == 0
    assert looks(engine, tmp_path, "funnel", step=["B{price>5}", "A{price<60}", "C"]) == 0
    assert looks(engine, tmp_path, "funnel", step=["A{price<60}", "B{price>6}", "C"], by="p") == 1


def test_all_reports_look_ahead(engine: Engine, tmp_path: Path) -> None:
    assert looks(engine, tmp_path, "trends", event=["A{price<60}"], divided_by=["B{price>5}"], by="p") == 1
    assert looks(engine, tmp_path, "paths", event=["A{price<61}", "B", "C"], goal=["C{price>4}"], label="p", scope="history", show="links") == 1
    assert looks(engine, tmp_path, "retention", interval="day", cohort=["A{price<62}"], returning=["B{price>3}"]) == 1


def test_what_comes_by_joins_is_asked_one_by_one(engine: Engine, tmp_path: Path) -> None:
    steps = ["A{@user_id}", "B{price>5}", "C{@anonymous_id=a1} | C{p=x}"]
    assert looks(engine, tmp_path, "funnel", step=steps, by="@user_id") == 4
    assert looks(engine, tmp_path, "funnel", step=steps, by="p") == 1
