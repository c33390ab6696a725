"""What a report's command loads: the answer waits for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DAYS = ["--from", "2026-03-02", "--to", "2026-03-29", "--format", "json"]
FUNNEL = ["funnel", "--step", "Product Viewed", "--step", "Order Completed"]
BY_KERNELS = [["retention"], ["lifecycle"], ["stickiness"], ["trends"], ["paths"], FUNNEL]
NEVER = {
    *("asyncio", "http.client", "ssl", "uvicorn", "starlette"),  # serving
    *("numba", "scipy", "pandas", "polars", "pyarrow", "plotly"),  # compiling, and what answers can be turned into
    *("jinja2", "ua_parser", "maxminddb", "clew.models.building", "clew.warehouse.loading.load", "clew.web", "clew.collect"),  # loading and building
}
CODE = """
import sys
from clew import cli
from clew.analyses.engine import tell
from clew.api import resting

tell.is_compiled, resting.KERNELS_FROM = lambda: {kernels}, 0
code = cli.run({arguments})
print(" ".join(sys.modules), file=sys.stderr)
sys.exit(code)
"""


def loaded(project: Path, arguments: list[str], *, kernels: bool) -> set[str]:
    code = CODE.format(arguments=["report", *arguments, "--project", str(project), *DAYS], kernels=kernels)
    found = subprocess.run([sys.executable, "-c", code], check=True, env=os.environ, capture_output=True, text=True)
    assert json.loads(found.stdout)["rows"]
    return set(found.stderr.split())


@pytest.mark.parametrize("arguments", BY_KERNELS, ids=lambda arguments: arguments[0])
def test_kernels_compiled_before(project: Path, arguments: list[str]) -> None:
    loaded(project, arguments, kernels=True)
    modules = loaded(project, arguments, kernels=True)
    assert "clew.timelines.kernels.objects" in modules
    assert modules & NEVER == set()


def test_by_sql(project: Path) -> None:
    modules = loaded(project, ["retention"], kernels=False)
    assert "clew.timelines.kernels.objects" not in modules
    assert modules & NEVER == set()
