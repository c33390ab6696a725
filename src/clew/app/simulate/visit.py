"""One visit in the making: a clock that moves on, who is logged in, what is in the cart, and the calls so far."""

from __future__ import annotations

import random
from typing import Any

from clew import clock
from clew.app.simulate import calls
from clew.app.simulate.calls import Call, Page
from clew.app.simulate.people import Device, Shopper
from clew.app.simulate.shop import Origin, Product


class Visit:
    """What a shopper does on one device, from `at` on. The verbs below add calls; `user` is who the device is logged in as."""

    def __init__(self, rng: random.Random, shopper: Shopper, device: Device, user: str | None, origin: Origin, at: int) -> None:
        self.rng = rng
        self.shopper = shopper
        self.device = device
        self.user = user
        self.origin = origin
        self.at = at
        self.cart: list[Product] = []
        self.calls: list[Call] = []
        self._page = Page("/", "Home", origin.referrer, origin.search)

    @property
    def on_web(self) -> bool:
        return self.device.platform == "web"

    def pause(self, seconds: float = 18) -> None:
        """Time passes: `seconds` at the median, sometimes much more."""
        self.at += int(self.rng.lognormvariate(0, 0.9) * seconds * clock.SECOND)

    def view(self, path: str, title: str) -> None:
        """A page, or the app's screen of the same name."""
        if not self.calls:
            self._page = Page(path, title, self.origin.referrer, self.origin.search)
        else:
            self._page = Page(path, title, calls.SITE + self._page.path + self._page.search)
        page = self._page
        properties = {
            "path": page.path,
            "referrer": page.referrer,
            "search": page.search,
            "title": title,
            "url": calls.SITE + page.path + page.search,
        }
        self._add({"type": "page", "properties": properties} if self.on_web else {"type": "screen", "name": title, "properties": {}})

    def track(self, event: str, **properties: Any) -> None:
        """An event, a moment after what came before."""
        self.at += self.rng.randrange(2, 40) * 1000
        self._add({"type": "track", "event": event, "properties": properties})

    def log_in(self, event: str) -> None:
        """`event` (Signed Up or Signed In), the identify call, and the company's group call."""
        first = self.user is None
        self.user = self.shopper.user_id
        if event == "Signed Up" and not self.on_web and first:
            self._add({"type": "alias", "previousId": self.device.anonymous_id})
        self._add(
            {"type": "identify", "traits": {"name": self.shopper.name, "email": self.shopper.email, "address": {"country": self.shopper.country}}}
        )
        self.track(event, method="email")
        if self.shopper.company:
            self._add({"type": "group", "groupId": self.shopper.company, "traits": {"name": self.shopper.company.replace("-", " ").capitalize()}})

    def server(self, at: int, event: str, **properties: Any) -> None:
        """What the shop's server says about the logged-in user, at another time."""
        if self.user is not None:
            self.calls.append(calls.server(self.rng, at, self.user, event, properties))

    def _add(self, call: dict[str, Any]) -> None:
        if self.on_web:
            self.calls.append(calls.browser(self.rng, self.at, self.device, self.user, self._page, self.origin.as_campaign, call))
        else:
            self.calls.append(calls.app(self.rng, self.at, self.device, self.user, call))
