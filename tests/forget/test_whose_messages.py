"""Which messages are a person's: as plain Python says it, and so that all others are as if these had never come."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import oracle
from tests.models.histories import ANONYMOUS, USERS, histories, rules
from tests.models.stage import Stage
from tests.models.test_against_oracle import check_all, relaxed
from tests.models.test_incremental import dump
from tests.oracle import Alias, Message

from clew.config import OwnEvents, Settings
from clew.errors import ConfigError, IdentityError
from clew.forget.person import THEIRS, built_schema, check, find
from clew.models import build, build_if_needed
from clew.state import Named


def theirs(stage: Stage, named: Named) -> set[tuple[str, str]]:
    with stage.cursor() as cursor:
        query = THEIRS.format(schema=built_schema(cursor), person=named.person_id)
        rows = cursor.execute(
            f"SELECT source, message_id FROM clew.model_events WHERE event_number IN ({query})", [named.space, named.own]
        ).fetchall()
    return {(source, message_id) for source, message_id in rows}


def expected(history: list[Message], settings: Settings, person: Alias) -> tuple[set[str], set[str], set[tuple[str, str]]]:
    """Identifiers that are theirs alone, devices that others used as well, and the keys of the messages."""
    identity = oracle.Identity(history, settings)
    lead = {alias: to for alias, (to, *_) in identity.mapping().items()}
    names = {alias for alias, to in lead.items() if to == person}
    devices = {identity.alias(m.source, m.anonymous_id) for m in history}
    shared = {alias for alias, user in _pairs(history, identity) if alias in names & devices and lead[user] != person}
    own = names - shared
    keys = {m.key for m in history if identity.person(m) == person}
    keys |= {m.key for m in history if own & {identity.alias(m.source, i) for i in (m.anonymous_id, m.user_id, m.previous_id)}}
    return {a.id for a in own}, {a.id for a in shared}, keys


def _pairs(history: list[Message], identity: oracle.Identity) -> Iterator[tuple[Alias, Alias]]:
    """Which identifier came with which user id, denied or not."""
    for m in history:
        user = identity.alias(m.source, m.user_id)
        for alias in (identity.alias(m.source, m.anonymous_id), identity.alias(m.source, m.previous_id) if m.type == "alias" else None):
            if alias and user and alias != user:
                yield alias, user


@relaxed(int(os.environ.get("CLEW_EXAMPLES", "25")))
@given(st.data(), histories(), rules())
def test_the_messages_and_what_is_left(tmp_path: Path, data: st.DataObject, history: list[Message], rules: Settings) -> None:
    stage = Stage(history)
    build(stage, rules, tmp_path)
    name, space = data.draw(st.sampled_from((*ANONYMOUS, *USERS))), data.draw(st.sampled_from(("", *sorted(set(rules.identity.space.values())))))
    mapping = oracle.Identity(history, rules).mapping()
    with stage.cursor() as cursor:
        if Alias(space, name) not in mapping:
            with pytest.raises(IdentityError):
                find(cursor, name, space)
            return
        named = find(cursor, name, space)
    own, shared, keys = expected(history, rules, mapping[Alias(space, name)][0])
    assert (set(named.own), set(named.shared)) == (own, shared)
    assert theirs(stage, named) == keys
    stage.delete(keys)
    build_if_needed(stage, rules, tmp_path)
    found = dump(stage)
    check_all(stage, [m for m in history if m.key not in keys], rules)
    build(stage, rules, tmp_path)
    assert found == dump(stage)
    assert not {(alias, space) for alias in own} & set(stage.rows("SELECT alias, space FROM universal_alias_mapping"))
    stage.connection.close()


def test_own_events_are_the_owners() -> None:
    with pytest.raises(ConfigError, match="are yours"):
        check(Settings(events=OwnEvents(files="events/*.parquet")))
