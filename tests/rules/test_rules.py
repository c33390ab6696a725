"""The rules as a person changes them: listed, read from what was written, and put into clew.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clew import config
from clew.app import project
from clew.config import Settings, changed
from clew.errors import ConfigError
from clew.rules import Rule, change, mark, read, rules, written
from clew.state import State, rule_changes
from clew.tomlfile import literal

BY_NAME = {rule.name: rule for rule in rules(Settings(), {})}


def rule(name: str) -> Rule:
    return BY_NAME[name]


def test_every_setting_of_the_sections_is_a_rule() -> None:
    wanted = [row.name for row in config.settings_table() if row.name.split(".")[0] in ("sessions", "bounce", "identity", "activity")]
    assert sorted(BY_NAME) == sorted(set(wanted) - {"identity.denied"})
    assert all(rule.help for rule in BY_NAME.values())
    assert rule("sessions.inactivity_minutes")._replace(help="") == Rule("sessions.inactivity_minutes", "", "number", 30, 30, above=0)
    assert rule("identity.mode").choices == ("next_login", "last", "first")
    assert {rule.kind for rule in BY_NAME.values()} == {"number", "flag", "choice", "texts", "numbers_by_name", "texts_by_name"}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("sessions.inactivity_minutes", " 10 ", 10),
        ("sessions.inactivity_minutes", "7.5", 7.5),
        ("sessions.buffer_minutes", "0", 0),
        ("sessions.new_at_midnight", "true", True),
        ("sessions.end_events", "Signed Out\n\n  Left \r\n", ["Signed Out", "Left"]),
        ("sessions.end_events", "", []),
        ("sessions.platform_inactivity_minutes", "ios = 5\nweb=7.5", {"ios": 5, "web": 7.5}),
        ("identity.space", "app = brand = b", {"app": "brand = b"}),
        ("identity.max_aliases_per_person", "12", 12),
        ("bounce.rule", "arrival", "arrival"),
    ],
)
def test_what_is_written(name: str, text: str, value: Any) -> None:
    assert read(rule(name), text) == value


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("sessions.inactivity_minutes", "0", "a number greater than 0; found '0'"),
        ("sessions.inactivity_minutes", "ten", "found 'ten'"),
        ("sessions.inactivity_minutes", "", "found nothing"),
        ("sessions.inactivity_minutes", "inf", "found 'inf'"),
        ("sessions.inactivity_minutes", "nan", "found 'nan'"),
        ("sessions.inactivity_minutes", "1_0", "found '1_0'"),
        ("sessions.inactivity_minutes", "١٠", "found"),
        ("sessions.buffer_minutes", "-1", "a number of at least 0; found '-1'"),
        ("identity.max_aliases_per_person", "1.5", "a whole number of at least 1; found '1.5'"),
        ("sessions.scope", "house", "one of person, platform, device; found 'house'"),
        ("sessions.new_at_midnight", "yes", "one of true, false"),
        ("sessions.platform_inactivity_minutes", "ios: 5", "lines such as ios = 5; found 'ios: 5'"),
        ("sessions.platform_inactivity_minutes", "ios = 0", "a number greater than 0; found '0'"),
        ("identity.space", "app =", "lines such as app = brand-b"),
    ],
)
def test_what_cannot_be_is_said(name: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(rule(name), text)


@example(BY_NAME["identity.max_aliases_per_person"], "9007199254740992")
@given(st.sampled_from(list(BY_NAME.values())), st.text(st.sampled_from("0123456789.e-=\n ax\"'#")))
def test_what_is_read_can_be_used(rule: Rule, text: str) -> None:
    """A value that the field takes is one that clew.toml takes, and is shown again as what makes it."""
    try:
        value = read(rule, text)
    except ConfigError:
        return
    taken = {each.name: each.value for each in rules(changed(Settings(), {rule.name: literal(value)}), {})}[rule.name]
    assert list(taken) == value if rule.kind == "texts" else taken == value
    assert read(rule, written(rule, value)) == value


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    project.init(tmp_path / "shop", "key")
    return tmp_path / "shop"


@pytest.fixture
def state(shop: Path) -> Iterator[State]:
    with State.open(shop / "state.sqlite") as state:
        yield state


def test_rules_are_changed_in_the_file(shop: Path, state: State) -> None:
    path = shop / "clew.toml"
    path.chmod(0o600)
    before = path.read_text()
    done = change(shop, {"sessions.inactivity_minutes": "10", "bounce.rule": "one_event", "identity.mode": "last"}, state, "ada", environment={})
    assert done == [("sessions.inactivity_minutes", 30, 10), ("identity.mode", "next_login", "last")]
    assert path.read_text() == before.replace("= 30", "= 10") + '\n[identity]\nmode = "last"\n'
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(p.name for p in shop.iterdir() if "toml" in p.name) == ["clew.toml"]
    assert [(c.changed_by, c.name, c.before, c.after) for c in rule_changes(state, 5)] == [
        ("ada", "identity.mode", '"next_login"', '"last"'),
        ("ada", "sessions.inactivity_minutes", "30", "10"),
    ]
    assert change(shop, {"sessions.inactivity_minutes": "10"}, state, "ada", environment={}) == []
    assert len(rule_changes(state, 5)) == 2


def test_a_link_to_the_file_stays_a_link(shop: Path, state: State) -> None:
    real = (shop / "clew.toml").rename(shop.parent / "kept.toml")
    (shop / "clew.toml").symlink_to(real)
    change(shop, {"sessions.scope": "device"}, state, "ada", environment={})
    assert (shop / "clew.toml").is_symlink()
    assert tomllib.loads(real.read_text())["sessions"]["scope"] == "device"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"sessions.inactivity_minutes": "0"}, "inactivity_minutes"),
        ({"sessions.inactivity_minutes": "10", "sessions.scope": "house"}, "house"),
        ({"web.address": "x"}, "name of a rule"),
        ({"identity.denied": "[]"}, "name of a rule"),
        ({"sessions": "x"}, "name of a rule"),
        ({"sessions.buffer_minutes": "3"}, "CLEW_SESSIONS_BUFFER_MINUTES, which wins"),
    ],
)
def test_nothing_is_changed_where_something_is_wrong(shop: Path, state: State, wanted: dict[str, str], said: str) -> None:
    before = (shop / "clew.toml").read_bytes()
    with pytest.raises(ConfigError, match=said):
        change(shop, wanted, state, "ada", environment={"CLEW_SESSIONS_BUFFER_MINUTES": "3"})
    assert (shop / "clew.toml").read_bytes() == before
    assert rule_changes(state, 5) == []


def test_who_decided_on_other_rules_is_told(shop: Path, state: State) -> None:
    seen = mark(rules(config.load(shop, {}), {}))
    change(shop, {"sessions.inactivity_minutes": "10"}, state, "bob", environment={}, seen=seen)
    with pytest.raises(ConfigError, match="meanwhile"):
        change(shop, {"sessions.inactivity_minutes": "20"}, state, "ada", environment={}, seen=seen)
    assert config.load(shop, {}).sessions.inactivity_minutes == 10
