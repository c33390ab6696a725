"""A project with the story of `tests.analyses.story` in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.analyses import story

import clew
from clew import cli

OWN = """-- title: Orders by day
-- about: How many orders, and what they brought.
-- param at_least number = 0: only orders of at least this much
-- param category text: which category
-- chart: line day brought
SELECT CAST(timestamp AS DATE) AS day, count(*) AS orders, sum(total) AS brought
FROM order_completed
WHERE total >= $at_least AND category = $category
GROUP BY day
ORDER BY day
"""


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the story in its warehouse, and one report of its own."""
    root = tmp_path_factory.mktemp("story")
    assert cli.run(["init", str(root), "--write-key", "k"]) == 0
    story.collect(root, "app")
    (root / "reports").mkdir()
    (root / "reports" / "orders_by_day.sql").write_text(OWN)
    clew.open(root).build()
    return root
