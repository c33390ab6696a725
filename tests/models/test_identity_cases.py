"""Cases of identity whose answer is written down."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.models.arrival import WAYS, built
from tests.models.stage import Stage
from tests.oracle import Message

from clew.clock import HOUR, MINUTE
from clew.config import Identity, Settings

START = 1_767_225_600_000_000


def message(number: int, anonymous: str | None = None, user: str | None = None, previous: str | None = None, at: int | None = None) -> Message:
    time = START + (number * HOUR if at is None else at)
    return Message(
        message_id=f"m{number:06}",
        type="alias" if previous else "track",
        event=None if previous else "Viewed",
        anonymous_id=anonymous,
        user_id=user,
        previous_id=previous,
        timestamp=time,
        received_at=time,
        device_id=anonymous,
    )


ARTICLE = [
    message(0, "A1"),
    message(1, "A1", "U1"),
    message(2, "A2"),
    message(3, "A2", "U1"),
    message(4, None, "U2", previous="U1"),
    message(5, "A2", "U2"),
    message(6, "A3"),
    message(7, "A3", "U2"),
]


def mapping(stage: Stage) -> dict[str, str]:
    return dict(stage.rows("SELECT alias, universal_user_id FROM universal_alias_mapping"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["next_login", "last", "first"])
def test_the_article(tmp_path: Path, mode: str, way: str) -> None:
    stage = built(tmp_path, ARTICLE, Settings(identity=Identity(mode=mode)), way)
    assert mapping(stage) == dict.fromkeys(("A1", "A2", "A3", "U1", "U2"), "U2")
    assert stage.rows("SELECT DISTINCT universal_user_id FROM mapped_tracks") == [("U2",)]


def test_a_denied_edge_takes_people_apart_and_giving_it_back_joins_them(tmp_path: Path) -> None:
    stage = Stage(ARTICLE)
    stage.build(Settings(), tmp_path)
    before = stage.rows("SELECT person_id, universal_hash FROM clew.people")
    stage.build(Settings(identity=Identity(denied=(("U1", "U2"),))), tmp_path)
    assert mapping(stage) == {"A1": "U1", "A2": "U2", "A3": "U2", "U1": "U1", "U2": "U2"}
    stage.build(Settings(), tmp_path)
    assert set(mapping(stage).values()) == {"U2"}
    people = stage.rows("SELECT person_id, universal_hash FROM clew.people")
    assert set(before) < set(people)
    assert len({number for number, _ in people}) == len(people) == 2


def test_only_leaves_beyond_the_limit_are_held_back_and_listed(tmp_path: Path) -> None:
    stage = Stage([*(message(n, f"a{n}", "u") for n in range(5)), message(9, None, "v", previous="u")])
    stage.build(Settings(identity=Identity(max_aliases_per_person=3)), tmp_path)
    assert mapping(stage) == {"a0": "v", "a1": "v", "a2": "v", "a3": "a3", "a4": "a4", "u": "v", "v": "v"}
    assert stage.rows("SELECT alias, other FROM identity_conflicts WHERE reason = 'too_many_aliases' ORDER BY alias") == [("a3", "v"), ("a4", "v")]


def test_conflicts_are_listed_with_their_reason(tmp_path: Path) -> None:
    stage = Stage(
        [
            message(1, None, "old", previous="user"),
            message(2, None, "new", previous="user"),
            message(3, "both", "new"),
            message(4, "x", "both"),
            message(5, None, "c2", previous="c1"),
            message(6, None, "c1", previous="c2"),
            message(7, "null", "new"),
            *(message(10 + n, "T", user) for n, user in enumerate(("new", "other"))),
        ]
    )
    stage.build(Settings(), tmp_path)
    found = stage.rows("SELECT reason, alias, other, universal_user_id FROM identity_conflicts ORDER BY ALL")
    assert found == [
        ("anonymous_and_user", "both", None, "new"),
        ("blocked", "null", None, None),
        ("cycle", "c1", "c2", "c1"),
        ("cycle", "c2", "c1", "c1"),
        ("shared_device", "T", None, "other"),
        ("superseded_user_edge", "user", "old", "new"),
    ]


def test_brands_apart(tmp_path: Path) -> None:
    rows = [message(1, "a", "17"), message(2, "a", "17")]
    rows[1] = Message(source="app", message_id="z", event="Viewed", anonymous_id="a", user_id="17", timestamp=START, received_at=START)
    stage = Stage(rows)
    stage.build(Settings(identity=Identity(space={"app": "brand b"})), tmp_path)
    assert stage.rows(
        "SELECT count(DISTINCT person_id), count(DISTINCT universal_hash) FROM mapped_tracks JOIN universal_alias_mapping USING (person_id)"
    ) == [(2, 2)]


def test_the_hash_hides_the_id_behind_the_salt(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        stage = Stage(ARTICLE)
        stage.build(Settings(), tmp_path / name)
        found += stage.rows("SELECT DISTINCT universal_hash FROM universal_alias_mapping")
    assert len(set(found)) == 2
    assert all(0 <= number < 2**60 for (number,) in found)


def test_an_event_without_a_person_is_counted_nowhere_but_in_events(tmp_path: Path) -> None:
    stage = Stage([message(1), message(2, "null", "0"), message(3, "a")])
    stage.build(Settings(), tmp_path)
    assert stage.rows("SELECT count(*), count(person_id) FROM mapped_tracks") == [(3, 1)]
    assert stage.rows("SELECT count(*) FROM sessions") == [(1,)]
    assert stage.rows("SELECT count(*) FROM clew.people") == [(1,)]


def test_one_event_from_2099_does_not_own_the_latest_edge(tmp_path: Path) -> None:
    future = Message(message_id="f", event="X", anonymous_id="a", user_id="wrong", timestamp=4_070_908_800_000_000, received_at=START)
    stage = Stage([future, message(1, "a", "right", at=MINUTE)])
    stage.build(Settings(), tmp_path)
    assert mapping(stage)["a"] == "right"
