"""How Segment's libraries word a call: a browser (analytics.js), an app (analytics-swift, analytics-kotlin), a server (analytics-python)."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from clew import clock
from clew.app.simulate.people import Device

Library = Literal["browser", "app", "server"]
encode = msgspec.json.Encoder(decimal_format="number").encode


class Call(NamedTuple):
    """One call, ready to be sent."""

    at: int
    """When it happens, microseconds."""
    library: Library
    type: str
    body: bytes
    """JSON object, without sentAt."""


class Page(NamedTuple):
    """`context.page`."""

    path: str
    title: str
    referrer: str = ""
    search: str = ""


SIMULATED = {"name": "simulated shoppers", "version": "1"}
SITE = "https://shop.example"
BROWSER = {"name": "analytics.js", "version": "next-1.84.3"}
SERVER = {"name": "analytics-python", "version": "2.4.0"}


def browser(rng: random.Random, at: int, device: Device, user: str | None, page: Page, campaign: Mapping[str, str], call: Mapping[str, Any]) -> Call:
    """A call as analytics.js words it; `call` holds type, event, properties or traits."""
    context = {
        "page": {"path": page.path, "referrer": page.referrer, "search": page.search, "title": page.title, "url": SITE + page.path + page.search},
        "userAgent": device.user_agent,
        "locale": device.locale,
        "library": BROWSER,
        "timezone": device.timezone,
        "app": SIMULATED,
        **({"campaign": campaign} if campaign else {}),
    }
    body = {
        "timestamp": _iso(at),
        "integrations": {},
        **call,
        "context": context,
        "messageId": f"ajs-next-{at // 1000}-{_uuid(rng)}",
        "anonymousId": device.anonymous_id,
        "userId": user,
        "_metadata": {"bundled": ["Segment.io"], "unbundled": [], "bundledIds": []},
    }
    return Call(at=at, library="browser", type=call["type"], body=encode(body))


def app(rng: random.Random, at: int, device: Device, user: str | None, call: Mapping[str, Any]) -> Call:
    """A call as the Swift and Kotlin libraries word it."""
    context = {
        "device": {"id": device.device_id, "type": device.platform, "manufacturer": device.maker, "model": device.model},
        "os": {"name": device.system, "version": device.system_version},
        "app": {**SIMULATED, "build": "1", "namespace": "example.shop"},
        "locale": device.locale,
        "timezone": device.timezone,
        "library": {"name": "analytics-swift" if device.platform == "ios" else "analytics-kotlin", "version": "1.6.2"},
        "network": {"bluetooth": False, "cellular": at % 2 == 0, "wifi": at % 2 == 1},
    }
    body = {**call, "context": context, "messageId": _uuid(rng), "anonymousId": device.anonymous_id, "integrations": {}, "timestamp": _iso(at)}
    if user is not None:
        body["userId"] = user
    return Call(at=at, library="app", type=call["type"], body=encode(body))


def server(rng: random.Random, at: int, user: str, event: str, properties: Mapping[str, Any]) -> Call:
    """A track call as analytics-python words it: about a user, from no device."""
    body = {
        "integrations": {},
        "anonymousId": None,
        "properties": properties,
        "timestamp": _iso(at),
        "context": {"library": SERVER, "app": SIMULATED},
        "userId": user,
        "type": "track",
        "event": event,
        "messageId": _uuid(rng),
    }
    return Call(at=at, library="server", type="track", body=encode(body))


def _iso(at: int) -> str:
    """Milliseconds, as the libraries send."""
    return clock.iso(at)[:23] + "Z"


def _uuid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
