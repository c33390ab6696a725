"""When shoppers come: one endless stream of calls in order of time, the same for the same settings.

Visits arrive at random at a rate that follows the hour and the day of the week; after `busy_from` they arrive at a steady, higher rate.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Iterator

from clew import clock
from clew.app.simulate import journey
from clew.app.simulate.calls import Call
from clew.app.simulate.people import Device, Shopper, shopper
from clew.app.simulate.shop import ORIGINS
from clew.app.simulate.visit import Visit

HOURS = (4, 2, 1, 1, 1, 2, 5, 9, 12, 13, 13, 14, 15, 14, 13, 13, 14, 16, 19, 22, 24, 22, 15, 9)
"""Visits by hour of the day (UTC), relative."""
WEEKDAYS = (1.0, 0.95, 0.95, 1.0, 0.9, 1.15, 1.3)
"""Monday first. 1970-01-01 was a Thursday."""
GROWTH = 0.5
"""The quiet time's last day has this much more than its average day, and the first as much less."""
RETURNING = 0.45
"""Share of visits by a shopper who was here before."""
BORROWED = 0.04
"""Share of visits on a device that belongs to somebody else: a shared computer."""
REMEMBERED = 3000
"""Shoppers who may come back: the latest so many."""


class Crowd:
    """Who has been here, who has an account, and who is logged in where."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._known: deque[Shopper] = deque(maxlen=REMEMBERED)
        self._users: dict[str, str] = {}
        self._registered: set[str] = set()

    def visit(self, at: int) -> list[Call]:
        """The calls of one visit that begins at `at`."""
        person = self._who()
        device = self._device(person)
        origin = self._rng.choices(ORIGINS, [o.weight for o in ORIGINS])[0]
        logged_in = self._users.get(device.anonymous_id)
        # Nobody shops in somebody else's name: who borrows a device is logged out until they log in.
        visit = Visit(self._rng, person, device, logged_in if logged_in == person.user_id else None, origin, at)
        journey.go(visit, person.user_id in self._registered)
        self._remember(visit)
        return visit.calls

    def _who(self) -> Shopper:
        if self._known and self._rng.random() < RETURNING:
            back = int(self._rng.expovariate(6 / len(self._known)))
            return self._known[-1 - min(back, len(self._known) - 1)]
        person = shopper(self._rng)
        self._known.append(person)
        return person

    def _device(self, person: Shopper) -> Device:
        owner = self._rng.choice(self._known) if self._rng.random() < BORROWED else person
        return self._rng.choice(owner.devices)

    def _remember(self, visit: Visit) -> None:
        if visit.user is None:
            self._users.pop(visit.device.anonymous_id, None)
        else:
            self._users[visit.device.anonymous_id] = visit.user
            self._registered.add(visit.user)


class Traffic:
    """The stream. `until` goes on from where it stopped."""

    def __init__(self, seed: int, start: int, busy_from: int, per_day: float, busy_per_second: float) -> None:
        """On average `per_day` visits a day until `busy_from`, then `busy_per_second`; times in microseconds."""
        self._rng = random.Random(seed)  # noqa: S311  a simulation, no secret
        self._crowd = Crowd(self._rng)
        self._start = start
        self._busy_from = busy_from
        self._per_day = per_day
        self._busy_per_second = busy_per_second
        self._waiting: list[tuple[int, int, Call]] = []
        self._number = 0
        self._next_visit = self._arrival_after(start)

    def until(self, end: int) -> Iterator[Call]:
        """The calls before `end` that were not yet given, in order of time."""
        while self._next_visit < end:
            yield from self._due(self._next_visit)
            for call in self._crowd.visit(self._next_visit):
                self._number += 1
                heapq.heappush(self._waiting, (call.at, self._number, call))
            self._next_visit = self._arrival_after(self._next_visit)
        yield from self._due(end)

    def skip_to(self, now: int) -> None:
        """Nobody came and nothing was sent until `now`; whoever was here before may come back. What follows depends on `now`."""
        self._rng.seed(now)
        self._waiting.clear()
        self._next_visit = self._arrival_after(now)

    def _due(self, end: int) -> Iterator[Call]:
        while self._waiting and self._waiting[0][0] < end:
            yield heapq.heappop(self._waiting)[2]

    def _arrival_after(self, at: int) -> int:
        busy = at >= self._busy_from
        rate = self._busy_per_second / clock.SECOND if busy else self._per_day * self._growth(at) * rhythm(at) / clock.DAY
        arrival = at + 1 + int(self._rng.expovariate(rate))
        # The long gap of a quiet hour must not reach into the busy time.
        return arrival if busy or arrival < self._busy_from else self._arrival_after(self._busy_from)

    def _growth(self, at: int) -> float:
        return 1 + GROWTH * (2 * (at - self._start) / (self._busy_from - self._start) - 1)


def rhythm(at: int) -> float:
    """How busy the shop is at that time, 1 on average over a Monday."""
    return HOURS[at // clock.HOUR % 24] * 24 / sum(HOURS) * WEEKDAYS[(at // clock.DAY + 3) % 7]
