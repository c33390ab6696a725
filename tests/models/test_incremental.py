"""Whatever the order, lateness and batching of arrival, incremental builds leave the rows that a full one makes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.histories import ANONYMOUS, USERS, histories, rules
from tests.models.stage import Stage
from tests.models.test_against_oracle import check_all, relaxed
from tests.oracle import Message

from clew.config import Settings
from clew.models import MODELS, build, build_if_needed

DENIALS = (
    (),
    (("a1", "u1"),),
    (("u1", "u2"), ("b", "ü")),
    (("a2", "u1", ""), ("a1", "u2")),
    (("u2", "u1"), ("a1", "u1")),
)


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


Denials = list[tuple[tuple[str, ...], ...]]
denials = st.lists(st.sampled_from(DENIALS), min_size=6, max_size=6)
"""What is denied at each build."""


@st.composite
def deletions(draw: st.DrawFn, loads: list[list[Message]]) -> list[set[tuple[str, str]]]:
    """For each load, what is deleted after its build: messages at random of all that came so far, or all that name an identifier."""
    there: dict[tuple[str, str], Message] = {}
    deleted = []
    for load in loads:
        there |= {m.key: m for m in load}
        if draw(st.booleans()):
            name = draw(st.sampled_from((*ANONYMOUS, *USERS)))
            some = {key for key, m in there.items() if name in (m.anonymous_id, m.user_id, m.previous_id)}
        else:
            some = set(draw(st.lists(st.sampled_from(sorted(there)), max_size=6))) if there else set()
        deleted.append(some)
        there = {key: m for key, m in there.items() if key not in some}
    return deleted


@relaxed(int(os.environ.get("CLEW_EXAMPLES", "12")))
@given(st.data(), arrivals().filter(bool), rules(), denials)
def test_after_deletions_too(tmp_path: Path, data: st.DataObject, loads: list[list[Message]], rules: Settings, denials: Denials) -> None:
    stage = Stage()
    there: dict[tuple[str, str], Message] = {}
    last = rules
    for load, denied, gone in zip(loads, denials, data.draw(deletions(loads)), strict=False):
        last = deny(rules, denied)
        stage.load(load)
        there |= {m.key: m for m in load}
        if data.draw(st.booleans()):
            build_if_needed(stage, last, tmp_path)
        stage.delete(gone)
        there = {key: m for key, m in there.items() if key not in gone}
        result, _ = build_if_needed(stage, last, tmp_path)
        assert result.is_full == (result.build_id == 1)
        assert not build_if_needed(stage, last, tmp_path)[1]
    found = dump(stage)
    check_all(stage, list(there.values()), last)
    full = build(stage, last, tmp_path)
    assert found == dump(stage)
    assert full.data_as_of == result.data_as_of
    stage.connection.close()


def check(loads: list[list[Message]], rules: Settings, denials: Denials, root: Path) -> None:
    stage = Stage()
    last = rules
    for load, denied in zip([*loads, []], denials, strict=False):
        last = deny(rules, denied)
        stage.load(load)
        result, _ = build_if_needed(stage, last, root)
        assert result.is_full == (result.build_id == 1)
    found = dump(stage)
    check_all(stage, [m for load in loads for m in load], last)
    build(stage, last, root)
    assert found == dump(stage)
    stage.connection.close()


@relaxed(int(os.environ.get("CLEW_EXAMPLES", "30")))
@given(arrivals(), rules(), denials)
def test_incremental_equals_full_equals_the_oracle(tmp_path: Path, loads: list[list[Message]], rules: Settings, denials: Denials) -> None:
    check(loads, rules, denials, tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(10800)
@relaxed(3000)
@given(arrivals(most=40), rules(), denials)
def test_many_more(tmp_path: Path, loads: list[list[Message]], rules: Settings, denials: Denials) -> None:
    check(loads, rules, denials, tmp_path)
