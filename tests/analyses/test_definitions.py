from __future__ import annotations

import msgspec
import pytest

from clew.analyses import definitions
from clew.config import Activity, Bounce, Identity, Project, Sessions, Settings


def test_the_defaults() -> None:
    assert definitions.sessions(Settings()) == (
        "A session is a run of one person's activity. An event begins a new one when the idle time before it is more than 30 min. "
        "Sessions count on the day they start, in UTC."
    )
    assert "exactly one event" in definitions.bounce_rate(Settings())
    assert "logs in there next" in definitions.people(Settings())


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (Sessions(inactivity_minutes=12.5), "more than 12.5 min"),
        (Sessions(platform_inactivity_minutes={"ios": 5}), "(ios: 5 min)"),
        (Sessions(new_at_midnight=True), "a new local day begins one"),
        (Sessions(new_on_campaign=True), "another campaign begins one"),
        (Sessions(max_minutes=240), "none is longer than 240 min"),
        (Sessions(end_events=("Signed Out",)), "“Signed Out” ends one"),
        (Sessions(start_events=("Opened",)), "“Opened” begins one"),
        (Sessions(ignore_events=("Ping", "Pong")), "“Ping”, “Pong” touches none"),
        (Sessions(scope="device"), "each device of a person has its own"),
    ],
)
def test_every_rule_in_force_is_said(rules: Sessions, said: str) -> None:
    assert said in definitions.sessions(Settings(sessions=rules))
    assert said not in definitions.sessions(Settings())


def test_every_session_rule_has_its_words() -> None:
    """A rule that is added to the settings must be added to the definition."""
    assert {field.name for field in msgspec.structs.fields(Sessions)} == {
        "inactivity_minutes", "platform_inactivity_minutes", "buffer_minutes", "new_at_midnight", "new_on_campaign", "max_minutes", "end_events",
        "start_events", "start_grace_seconds", "ignore_events", "scope",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Bounce(rule="arrival", settle_seconds=2), "later than 2 s"),
        (Bounce(rule="single_view", engagement_events=("Played",)), "at most one page or screen view and none of “Played”"),
    ],
)
def test_bounce_rules(rule: Bounce, said: str) -> None:
    assert said in definitions.bounce_rate(Settings(bounce=rule))


@pytest.mark.parametrize(("mode", "said"), [("last", "last of all"), ("first", "there first")])
def test_whose_a_shared_device_is(mode: str, said: str) -> None:
    assert said in definitions.people(Settings(identity=Identity(mode=mode)))  # type: ignore[arg-type]


def test_what_is_no_activity_and_the_zone() -> None:
    chosen = Settings(activity=Activity(exclude=("Heartbeat",)), project=Project(timezone="Asia/Tokyo"))
    assert "“Heartbeat”" in definitions.people(chosen)
    assert "Asia/Tokyo" in definitions.sessions(chosen)
