"""The same messages in several orders of arrival: whatever was loaded when, the oracle's rows must be there in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path

from tests.models.stage import Stage
from tests.models.test_against_oracle import check_all
from tests.oracle import Message

from clew.config import Settings
from clew.models import build_if_needed

WAYS = ("at once", "in loads", "backwards", "odd ones first")
MOST = 4
"""Loads, and so builds, at most: a build takes a tenth of a second."""


def arriving(messages: Sequence[Message], way: str) -> list[list[Message]]:
    """The messages in loads: all in one, or in several, in their order or not."""
    order = list(messages)
    if way == "backwards":
        order.reverse()
    elif way == "odd ones first":
        order = order[1::2] + order[::2]
    size = len(order) if way == "at once" else ceil(len(order) / MOST)
    parts = [order[n : n + size] for n in range(0, len(order), size)]
    return [[replace(m, load_id=number) for m in part] for number, part in enumerate(parts, 1)]


def built(root: Path, messages: Sequence[Message], settings: Settings, way: str) -> Stage:
    """Built after each load: the first time in full, then only for the people concerned. The rows are the oracle's."""
    stage = Stage()
    loads = arriving(messages, way)
    for number, load in enumerate(loads, 1):
        stage.load(load)
        result, _ = build_if_needed(stage, settings, root)
        assert (result.build_id, result.is_full) == (number, number == 1)
    check_all(stage, [m for load in loads for m in load], settings)
    return stage
