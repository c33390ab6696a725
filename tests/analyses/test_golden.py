"""The SQL of reports as golden files, each of which also runs as it stands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.analyses import built
from tests.analyses.story import STORY

from clew.analyses.files import playbook
from clew.analyses.registry import question
from clew.config import Settings

GOLDEN = Path(__file__).parents[1] / "golden" / "analyses" / "reports"
THREE = ["Product Viewed", "Product Added{category=Games}", "Order Completed"]
SEVEN = ["Page Viewed", "Product Viewed", "Product Added", "Checkout Started", "Payment Entered", "Order Completed", "Order Rated"]
DAYS = {"from": "2026-03-02", "to": "2026-03-29"}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "funnel_2": ("funnel", {"step": THREE[::2]}),
    "funnel_3": ("funnel", {"step": THREE, **DAYS}),
    "funnel_7": ("funnel", {"step": SEVEN, **DAYS}),
    "funnel_strict": ("funnel", {"step": THREE, "order": "strict", **DAYS}),
    "funnel_consecutive": ("funnel", {"step": THREE, "order": "consecutive", **DAYS}),
    "funnel_any": (
        "funnel",
        {"step": ["Product Viewed", "Product Added | Product Viewed{category=Games}", "Order Completed"], "order": "any", **DAYS},
    ),
    "funnel_exclude": ("funnel", {"step": THREE, "exclude": ["Product Removed@2-3", "Signed Out@1-3"], **DAYS}),
    "funnel_hold": ("funnel", {"step": THREE[::2], "hold": "category", **DAYS}),
    "funnel_within": ("funnel", {"step": THREE, "within": "90m", **DAYS}),
    "funnel_account": ("funnel", {"step": THREE, "unit": "account", **DAYS}),
    "funnel_session": ("funnel", {"step": THREE, "scope": "session", **DAYS}),
    "funnel_by": ("funnel", {"step": THREE, "by": "@platform", **DAYS}),
    "funnel_by_day": ("funnel", {"step": THREE, "by_day": True, "complete_only": True, **DAYS}),
    "funnel_dropped": ("funnel", {"step": THREE, "dropped": 2, **DAYS}),
    "trends": ("trends", {}),
    "trends_people_by": ("trends", {"event": ["Product Viewed"], "measure": "people", "by": "category", "interval": "week", "compare": True, **DAYS}),
    "trends_sum": ("trends", {"event": ["Order Completed"], "measure": "sum", "property": "total", "interval": "month", **DAYS}),
    "trends_ratio": (
        "trends",
        {"event": ["Order Completed"], "divided_by": ["Product Viewed"], "interval": "hour", "from": DAYS["to"], "to": DAYS["to"]},
    ),
    "trends_who": ("trends", {"measure": "people", "cell": ["2026-03-03"], **DAYS}),
    "paths": ("paths", DAYS),
    "paths_backward": ("paths", {"anchor": "Order Completed", "direction": "backward", "show": "links", "within": "2h", **DAYS}),
    "paths_history": ("paths", {"scope": "history", "label": "category", "goal": ["Order Completed"], "show": "steps", "repeats": True, **DAYS}),
    "paths_who": ("paths", {"cell": ["Page Viewed", "Product Viewed", "(exit)"], **DAYS}),
    "retention": ("retention", DAYS),
    "retention_elapsed": (
        "retention",
        {"index": "elapsed", "count": "unbounded", "cohort": ["Product Viewed"], "returning": ["Order Completed"], **DAYS},
    ),
    "retention_bracket": ("retention", {"count": "bracket", "bracket": ["0", "1-3"], "interval": "day", "unit": "account", **DAYS}),
    "retention_who": ("retention", {"cell": ["2026-03-02", "1", "1"], **DAYS}),
    "lifecycle": ("lifecycle", DAYS),
    "lifecycle_who": ("lifecycle", {"cell": ["2026-03-09", "returning"], **DAYS}),
    "stickiness": ("stickiness", DAYS),
    "stickiness_histogram": ("stickiness", {"show": "histogram", "unit": "session", **DAYS}),
    **{file.name: (file.name, {}) for file in playbook()},
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    stage = built.build(STORY, Settings(), tmp_path_factory.mktemp("built"))
    yield stage
    stage.connection.close()


@pytest.mark.parametrize("case", CASES)
def test_golden(stage: Any, case: str) -> None:
    """With CLEW_GOLDEN=write the files are written anew: look at the difference."""
    name, given = CASES[case]
    sql = question(name, given, Settings(), Path()).sql
    path = GOLDEN / f"{case}.sql"
    if os.environ.get("CLEW_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql)
    assert sql == path.read_text()
    rows = stage.connection.execute(path.read_text()).fetchall()
    assert rows or case in NOTHING, "the story has something of each"


NOTHING = ("funnel_account", "retention_bracket", "slip_away", "interventions")
"""What nobody in the story has."""
