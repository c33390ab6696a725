"""Whatever the order, lateness and batching of arrival, incremental builds leave the rows that a full one makes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.models.histories import histories, rules
from tests.models.stage import Stage
from tests.models.test_against_oracle import check_all, relaxed
from tests.oracle import Message

from clew.config import Settings
from clew.models import MODELS, build, build_if_needed

DENIALS = ((), (("a1", "u1"),), (("u1", "u2"), ("b", "ü")), (("a2", "u1", ""), ("a1", "u2")))


@st.composite
def arrivals(draw: st.DrawFn, most: int = 24) -> list[list[Message]]:
    """A history split into loads, as they arrive."""
    history = draw(histories(most))
    cuts = sorted(draw(st.lists(st.integers(0, len(history)), max_size=4)))
    parts = [history[a:b] for a, b in zip([0, *cuts], [*cuts, len(history)], strict=True)]
    return [[replace(m, load_id=number) for m in part] for number, part in enumerate((p for p in parts if p), 1)]


def dump(stage: Stage) -> dict[str, list[tuple[Any, ...]]]:
    return {m.name: stage.connection.execute(f"SELECT * FROM main.{m.name} ORDER BY ALL").fetchall() for m in MODELS}


def deny(settings: Settings, denied: tuple[tuple[str, ...], ...]) -> Settings:
    return msgspec.structs.replace(settings, identity=msgspec.structs.replace(settings.identity, denied=denied))


@relaxed(int(os.environ.get("CLEW_EXAMPLES", "60")))
@given(arrivals(), rules(), st.lists(st.sampled_from(DENIALS), min_size=6, max_size=6))
def test_incremental_equals_full_equals_the_oracle(
    tmp_path: Path, loads: list[list[Message]], rules: Settings, denials: list[tuple[tuple[str, ...], ...]]
) -> None:
    stage = Stage()
    last = rules
    for load, denied in zip([*loads, []], denials, strict=False):
        last = deny(rules, denied)
        stage.load(load)
        result, _ = build_if_needed(stage, last, tmp_path)
        assert result.is_full == (result.build_id == 1)
    found = dump(stage)
    check_all(stage, [m for load in loads for m in load], last)
    build(stage, last, tmp_path)
    assert found == dump(stage)
    stage.connection.close()
