"""Edges that are taken away by hand: kept with who and when, merged with those of clew.toml, and what builds make of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.stage import Stage
from tests.models.test_identity_cases import ARTICLE, mapping

from clew.config import Identity, Settings
from clew.models import build_if_needed
from clew.state import Denial, State, denials, denied_edges, deny, undo

NOON = 1_795_000_000_000_000
IN_TOML = Settings(identity=Identity(denied=(("z", "y"), ("A2", "U1", ""))))


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(tmp_path / "state.sqlite", lambda: NOON) as opened:
        yield opened


def test_who_and_when_are_kept(state: State) -> None:
    assert deny(state, "A1", "U1", "", "ada")
    assert not deny(state, "A1", "U1", "", "bob"), "the first decision stands"
    assert deny(state, "A1", "U1", "brand", "bob")
    assert denials(state) == [Denial("brand", "A1", "U1", NOON, "bob"), Denial("", "A1", "U1", NOON, "ada")]


def test_what_is_given_back_can_be_taken_again_and_leaves_its_trace(state: State) -> None:
    assert not undo(state, "A1", "U1", "", "ada")
    deny(state, "A1", "U1", "", "ada")
    assert not undo(state, "U1", "A1", "", "ada"), "an edge has a direction"
    assert undo(state, "A1", "U1", "", "bob")
    assert denials(state) == []
    assert deny(state, "A1", "U1", "", "cy")
    assert state.all("SELECT denied_by, undone_by FROM denials ORDER BY rowid") == [("ada", "bob"), ("cy", None)]


def test_both_places_are_merged(state: State, tmp_path: Path) -> None:
    deny(state, "A1", "U1", "", "ada")
    deny(state, "A2", "U1", "", "ada")
    merged = denied_edges(tmp_path, IN_TOML)
    assert merged == (("A1", "U1", ""), ("A2", "U1", ""), ("z", "y"))
    again = msgspec.structs.replace(IN_TOML, identity=msgspec.structs.replace(IN_TOML.identity, denied=merged))
    assert denied_edges(tmp_path, again) == merged, "once more changes nothing"


def test_without_a_state_nothing_is_made(tmp_path: Path) -> None:
    assert denied_edges(tmp_path, IN_TOML) == tuple(sorted(IN_TOML.identity.denied))
    assert list(tmp_path.iterdir()) == []


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.sampled_from("ab"), st.sampled_from("ab"), st.sampled_from(["", "s"]))))
def test_the_table_is_a_set(steps: list[tuple[bool, str, str, str]]) -> None:
    expected: set[tuple[str, str, str]] = set()
    with TemporaryDirectory() as folder, State.open(Path(folder) / "state.sqlite") as state:
        for is_denial, *edge in steps:
            key = (edge[0], edge[1], edge[2])
            assert (deny if is_denial else undo)(state, *key, by="ada") == ((key not in expected) == is_denial)
            expected = expected | {key} if is_denial else expected - {key}
        assert {(d.alias, d.next_alias, d.space) for d in denials(state)} == expected


def test_people_come_apart_and_together_again(state: State, tmp_path: Path) -> None:
    stage = Stage(ARTICLE)
    build_if_needed(stage, Settings(), tmp_path)
    whole = mapping(stage)
    deny(state, "U1", "U2", "another space", "ada")
    result, made = build_if_needed(stage, Settings(), tmp_path)
    assert (made, result.reason, mapping(stage)) == (True, "edges denied or given back", whole), "an edge of another space"
    deny(state, "U1", "U2", "", "ada")
    build_if_needed(stage, Settings(), tmp_path)
    assert mapping(stage) == {"A1": "U1", "U1": "U1", "A2": "U2", "A3": "U2", "U2": "U2"}
    build_if_needed(stage, Settings(), tmp_path, full=True)
    assert mapping(stage)["A1"] == "U1", "a denial survives a rebuild"
    undo(state, "U1", "U2", "", "ada")
    undo(state, "U1", "U2", "another space", "ada")
    build_if_needed(stage, Settings(), tmp_path)
    assert mapping(stage) == whole
