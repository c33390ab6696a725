"""Random histories and random rules: small pools of identifiers and times, so that ties, chains, cycles and shared devices are common."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st
from tests.oracle import Message

from clew import clock
from clew.clock import DAY, HOUR, MINUTE, SECOND
from clew.config import Activity, Bounce, Identity, Project, Sessions, Settings

# The days on which the offset changes in New York (twice), Lord Howe (by half an hour), and an ordinary one.
DAYS = tuple(clock.parse_time(day) or 0 for day in ("2026-03-08", "2026-11-01", "2026-04-04T12:00", "2026-07-01"))
STEPS = (0, 0, 1, SECOND, 10 * SECOND, 10 * SECOND + 1, 5 * MINUTE, 20 * MINUTE, 30 * MINUTE, 30 * MINUTE + 1, HOUR, 7 * HOUR, DAY)
SOON = (SECOND, 0, 1, 10 * SECOND, 10 * SECOND + 1, 5 * MINUTE)
DELAYS = (0, 0, 0, SECOND, 2 * HOUR, 9 * DAY, -30 * MINUTE, -HOUR, -HOUR - 1)
ANONYMOUS = ("a1", "a2", "a3", "é", "b")
USERS = ("u1", "u2", "u3", "b", "ü")
NOBODY = (None, None, "null", " Guest\t", "0-0", "", "\u2003none\u3000")
EVENTS = ("Viewed", "Bought", "Signed Out", "Application Opened", "Heartbeat", "Snapshot")
ZONES = ("UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
YEARS_OFF = (clock.parse_time("1999-12-31T23:59:59") or 0, clock.parse_time("2099-01-01") or 0)


class Scene(NamedTuple):
    """Who takes part in a history, and how busy it is: the fewer they are, the more often they meet and the more each one does."""

    anonymous: tuple[str | None, ...]
    users: tuple[str | None, ...]
    renamed: tuple[str | None, ...]
    """Both ends of alias calls: users for the most part, so that renames meet in chains and circles."""
    previous: tuple[str, ...]
    kinds: tuple[str, ...]
    steps: tuple[int, ...]


SIZES = (1, 2, 1, 2, 3, 5)
BUSY = (*["track"] * 8, "page", "page", "screen", "identify", "alias", "group")
MOVING = ("track", "track", "page", "identify", "alias", "alias", "alias")


@st.composite
def _scene(draw: st.DrawFn) -> Scene:
    devices, users = (names[: draw(st.sampled_from(SIZES))] for names in (ANONYMOUS, USERS))
    known = (None,) if draw(st.booleans()) else NOBODY
    return Scene(
        # As many draws of somebody as of nobody, however few there are to choose from.
        anonymous=(*(devices * 10)[:14], *known),
        users=(*(users * 10)[:10], *(known * 10)[:10]),
        renamed=(*(users * 10)[:10], *known[:2]),
        previous=(*(users * 10)[:10], devices[0], "null"),
        kinds=draw(st.sampled_from((BUSY, MOVING))),
        steps=draw(st.sampled_from((STEPS, STEPS[:-3], SOON))),
    )


@st.composite
def _message(draw: st.DrawFn, scene: Scene, number: int, time: int) -> Message:
    kind = draw(st.sampled_from(scene.kinds))
    anonymous = draw(st.sampled_from(scene.anonymous))
    timestamp = draw(st.sampled_from((*[time] * 20, *YEARS_OFF)))
    return Message(
        source=draw(st.sampled_from(("web", "app"))),
        message_id=f"{'mz'[number % 2]}{number}",
        type=kind,
        event={"track": draw(st.sampled_from(EVENTS)), "page": "Page Viewed", "screen": "Screen Viewed"}.get(kind),
        anonymous_id=anonymous or None,
        user_id=draw(st.sampled_from(scene.renamed if kind == "alias" else scene.users)) or None,
        previous_id=draw(st.sampled_from(scene.previous)) if kind == "alias" else None,
        timestamp=timestamp,
        received_at=time + draw(st.sampled_from(DELAYS)),
        batch_index=draw(st.sampled_from((0, 0, 1, 2))),
        platform=draw(st.sampled_from(("web", "ios", None))),
        device_id=draw(st.sampled_from((anonymous or None, anonymous or None, "d1", "a1"))),
        campaign=draw(st.sampled_from(((None, None, None), (None, None, None), ("g", None, None), ("g", "cpc", "x"), (None, "cpc", None)))),
        activity=draw(st.sampled_from((True, True, True, True, False))),
        page_path=draw(st.sampled_from((None, "/", "/p"))),
    )


@st.composite
def histories(draw: st.DrawFn, most: int = 24) -> list[Message]:
    """Messages in an order of arrival that is not that of their times."""
    time, scene, messages = draw(st.sampled_from(DAYS)), draw(_scene()), []
    for number in range(draw(st.sampled_from((0, most // 3, most // 2, *[most] * 5)))):
        time += draw(st.sampled_from(scene.steps))
        messages.append(draw(_message(scene, number, time)))
    return draw(st.permutations(messages))


def identities() -> st.SearchStrategy[Identity]:
    return st.builds(
        Identity,
        mode=st.sampled_from(("next_login", "last", "first")),
        max_aliases_per_person=st.sampled_from((1, 2, 1000)),
        space=st.sampled_from(({}, {}, {"app": "brand's"}, {"app": "a", "web": "b"})),
        denied=st.sampled_from(((), (), (("a1", "u1"),), (("u1", "u2"), ("b", "ü", ""), ("a1", "u1", "a")))),
    )


def session_rules() -> st.SearchStrategy[Sessions]:
    return st.builds(
        Sessions,
        inactivity_minutes=st.sampled_from((30, 30, 60, 20, 0.5)),
        platform_inactivity_minutes=st.sampled_from(({}, {}, {"ios": 5}, {"ios": 60, "o'web": 1})),
        buffer_minutes=st.sampled_from((30, 0, 120)),
        new_at_midnight=st.booleans(),
        new_on_campaign=st.sampled_from((False, False, True)),
        max_minutes=st.sampled_from((0, 0, 60, 25)),
        end_events=st.sampled_from(((), (), ("Signed Out",), ("Signed Out", "Bought"))),
        start_events=st.sampled_from(((), (), ("Application Opened",))),
        start_grace_seconds=st.sampled_from((10, 0)),
        ignore_events=st.sampled_from(((), (), ("Heartbeat",))),
        scope=st.sampled_from(("person", "person", "person", "platform", "device")),
    )


def rules() -> st.SearchStrategy[Settings]:
    return st.builds(
        Settings,
        project=st.builds(Project, timezone=st.sampled_from(ZONES)),
        identity=identities(),
        sessions=session_rules(),
        bounce=st.builds(
            Bounce,
            rule=st.sampled_from(("one_event", "arrival", "single_view")),
            settle_seconds=st.sampled_from((1, 0, 300)),
            engagement_events=st.sampled_from(((), ("Bought",))),
        ),
        activity=st.builds(Activity, exclude=st.sampled_from(((), (), ("Snapshot",)))),
    )
