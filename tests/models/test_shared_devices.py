"""Whose the events of a device are that several people use: each mode's answer as a table, in every order of arrival."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.models.arrival import WAYS, built
from tests.models.test_identity_cases import START, message
from tests.oracle import Message

from clew.clock import HOUR
from clew.config import Identity, Settings

TABLE = """
hour  device  user  next_login  last  first
0     T       -     U1          U3    U1
1     T       U1    U1          U1    U1
2     T       -     U2          U3    U1
3     T       -     U2          U3    U1
3     T       U2    U2          U2    U2
4     T       null  U3          U3    U1
5     -       U2    U2          U2    U2
6     T       U3    U3          U3    U3
7     T       -     U3          U3    U1
"""
"""`null` is a user id that counts as absent. Of the two in hour 3, which are at one moment, the one alone stands before the log-in."""
COLUMNS, *ROWS = (line.split() for line in TABLE.strip().splitlines())
RENAMED = {"U1": "U9"}
JOINED = {"U1": "U3", "U2": "U3"}


def _used(prefix: str, renames: dict[str, str]) -> list[Message]:
    """The table's events, with names of their own, and what is renamed at the end."""
    events, names = [], {"-": None, "null": "null"}
    for hour, device, user, *_ in ROWS:
        who = names.get(user, prefix + user)
        events.append(message(0, None if device == "-" else prefix + device, who, at=int(hour) * HOUR))
    events += [message(0, None, prefix + new, previous=prefix + old, at=(20 + n) * HOUR) for n, (old, new) in enumerate(renames.items())]
    return [replace(m, message_id=f"{prefix}{n:02}") for n, m in enumerate(events)]


HISTORY = [*_used("a-", {}), *_used("b-", RENAMED), *_used("c-", JOINED)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["next_login", "last", "first"])
def test_who_owns_each_event(tmp_path: Path, mode: str, way: str) -> None:
    """As the table says; a user who is renamed later keeps the events; where the users turn out to be one, the device is theirs."""
    stage = built(tmp_path, HISTORY, Settings(identity=Identity(mode=mode)), way)
    owners = [row[COLUMNS.index(mode)] for row in ROWS]
    expected = {"a-": owners, "b-": [RENAMED.get(o, o) for o in owners], "c-": [JOINED.get(o, o) for o in owners]}
    found = stage.rows("SELECT message_id, universal_user_id FROM mapped_tracks ORDER BY message_id")
    assert found == [(f"{prefix}{n:02}", prefix + owner) for prefix, owners in expected.items() for n, owner in enumerate(owners)]
    shared = stage.rows("SELECT DISTINCT alias FROM identity_conflicts WHERE reason = 'shared_device' ORDER BY alias")
    assert shared == ([("a-T",), ("b-T",)] if mode == "next_login" else [])


@pytest.mark.parametrize("way", WAYS)
def test_the_intervals(tmp_path: Path, way: str) -> None:
    stage = built(tmp_path, _used("", {}), Settings(), way)
    first, second = (START + hour * HOUR + 1 for hour in (1, 3))
    found = stage.rows("SELECT valid_from, valid_to, universal_user_id FROM alias_intervals WHERE alias = 'T' ORDER BY valid_from NULLS FIRST")
    assert found == [(None, first, "U1"), (first, second, "U2"), (second, None, "U3")]
