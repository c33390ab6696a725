"""Kernels are compiled once for all runs of the tests."""

from __future__ import annotations

from pathlib import Path

from clew.timelines.blocks import keep_compiled

keep_compiled(Path(__file__).parents[2] / ".pytest_cache" / "kernels")
