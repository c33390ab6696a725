"""Long chains of renames, and renames that run in a circle, in every order of arrival."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.models.arrival import WAYS, built
from tests.models.test_identity_cases import mapping, message
from tests.oracle import Message

from clew.clock import HOUR
from clew.config import Settings

RENAMES = 1000
CYCLES = [(size, newest) for size in (2, 3, 4, 5) for newest in range(size)]
"""How many aliases, and which of them has the newest edge."""


@pytest.mark.parametrize("way", [*WAYS, "shuffled"])
def test_a_chain_of_a_thousand_renames(tmp_path: Path, way: str) -> None:
    """One person with 1,001 user ids, who came from a device and did something under each hundredth name."""
    names = [f"c{n}" for n in range(RENAMES + 1)]
    chain = [message(0, "phone", "c0"), *(message(n + 1, None, names[n + 1], previous=names[n]) for n in range(RENAMES))]
    chain += [message(2000 + n, None, names[n]) for n in range(100, RENAMES + 1, 100)]
    if way == "shuffled":
        random.Random(7).shuffle(chain)
    stage = built(tmp_path, chain, Settings(), "in loads" if way == "shuffled" else way)
    found = stage.rows("SELECT alias, hops FROM universal_alias_mapping WHERE universal_user_id = 'c1000'")
    assert dict(found) == {"phone": RENAMES + 1} | {name: RENAMES - n for n, name in enumerate(names)}
    assert stage.rows("SELECT count(*), max(session_sequence_number), count(DISTINCT person_id) FROM sessions") == [(11, 11, 1)]


def _cycle(size: int, newest: int) -> list[Message]:
    """`size` aliases, each renamed to the next and the last to the first; a device that leads into it; an event of each name."""
    name = [f"{size}.{newest}.{n}" for n in range(size)]
    first = 1000 * CYCLES.index((size, newest))
    edges = [message(first + n, None, name[(n + 1) % size], previous=name[n], at=(first + (90 if n == newest else n)) * HOUR) for n in range(size)]
    return [*edges, message(first + 99, f"phone {name[0]}", name[0]), *(message(first + 100 + n, None, name[n]) for n in range(size))]


@pytest.mark.parametrize("way", WAYS)
def test_cycles_end_where_their_newest_edges_lead(tmp_path: Path, way: str) -> None:
    stage = built(tmp_path, [m for cycle in CYCLES for m in _cycle(*cycle)], Settings(), way)
    expected = {}
    for size, newest in CYCLES:
        end = (newest + 1) % size
        hops = {f"{size}.{newest}.{n}": (end - n) % size for n in range(size)}
        hops[f"phone {size}.{newest}.0"] = end + 1
        expected |= {alias: (f"{size}.{newest}.{end}", count) for alias, count in hops.items()}
    found = stage.rows("SELECT alias, universal_user_id, hops FROM universal_alias_mapping")
    assert {alias: (person, hops) for alias, person, hops in found} == expected
    assert stage.rows("SELECT count(*) FROM identity_conflicts WHERE reason = 'cycle'") == [(sum(size for size, _ in CYCLES),)]
    assert stage.rows("SELECT count(DISTINCT universal_user_id), count(*) FROM mapped_tracks WHERE event = 'Viewed'") == [
        (len(CYCLES), sum(size + 1 for size, _ in CYCLES))
    ]


@pytest.mark.parametrize("way", WAYS)
def test_a_newer_rename_leads_everybody_out_of_a_cycle(tmp_path: Path, way: str) -> None:
    stage = built(tmp_path, [*_cycle(5, 2), message(99_999, None, "out", previous="5.2.1")], Settings(), way)
    assert set(mapping(stage).values()) == {"out"}
    assert stage.rows("SELECT count(*) FROM identity_conflicts WHERE reason = 'cycle'") == [(0,)]
