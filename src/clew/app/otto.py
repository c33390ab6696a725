"""The OTTO shoppers: real events of a real shop (see data/otto/SOURCE.md), replayed as Segment's e-commerce calls.

clicks become `Product Viewed`, carts `Product Added`; the articles that a shopper ordered at one moment become one `Order Completed`.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from itertools import groupby

import msgspec

from clew import clock
from clew.app.simulate.calls import Call, encode

APP = {"name": "OTTO shoppers, times shifted", "version": "2022-08"}
LAST_BEFORE_NOW = clock.MINUTE
"""The last event is shown as this long before the demo began."""
EVENTS = {"clicks": "Product Viewed", "carts": "Product Added", "orders": "Order Completed"}


class Event(msgspec.Struct, frozen=True):
    """What a shopper did with an article; `ts` in milliseconds."""

    aid: int
    ts: int
    type: str


class Shopper(msgspec.Struct, frozen=True):
    """One line of the file."""

    session: int
    events: tuple[Event, ...]


def shoppers() -> list[Shopper]:
    """The shoppers of the file that ships with the package."""
    data = resources.files("clew.app").joinpath("data/otto/train.jsonl").read_bytes()
    return msgspec.json.Decoder(Shopper).decode_lines(data)


def replay(now: int) -> list[Call]:
    """Their calls in order of time, shifted so that the last was a minute before `now`. The same `now` gives the same bytes."""
    people = shoppers()
    shift = now - LAST_BEFORE_NOW - max(e.ts for s in people for e in s.events) * 1000
    calls = (call for shopper in people for call in _calls(shopper, shift))
    return sorted(calls, key=lambda call: call.at)


def _calls(shopper: Shopper, shift: int) -> Iterator[Call]:
    moments = groupby(shopper.events, key=lambda e: (e.ts, e.type) if e.type == "orders" else e)
    for number, (_, events) in enumerate(moments):
        yield _call(shopper.session, number, list(events), shift)


def _call(session: int, number: int, events: list[Event], shift: int) -> Call:
    at = events[0].ts * 1000 + shift
    body = {
        "type": "track",
        "event": EVENTS[events[0].type],
        "anonymousId": f"otto-{session}",
        "messageId": f"otto-{session}-{number}",
        "timestamp": clock.iso(at),
        "properties": _properties(session, number, events),
        "context": {"app": APP, "library": {"name": "clew-demo", "version": "1"}},
    }
    return Call(at=at, library="server", type="track", body=encode(body))


def _properties(session: int, number: int, events: list[Event]) -> dict[str, object]:
    if events[0].type != "orders":
        return {"product_id": str(events[0].aid)}
    return {"order_id": f"otto-{session}-{number}", "products": [{"product_id": str(e.aid), "quantity": 1} for e in events]}
