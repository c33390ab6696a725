"""Simulated shoppers: what they send is what the libraries send, and the traffic looks like a shop's."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from typing import Any

import pytest

from clew import clock
from clew.app.simulate.calls import Call
from clew.app.simulate.traffic import Traffic
from clew.messages import TYPES

START = 1_790_000_000 * clock.SECOND
END = START + 7 * clock.DAY


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    return list(traffic().until(END))


@pytest.fixture(scope="module")
def bodies(calls: list[Call]) -> list[dict[str, Any]]:
    return [json.loads(call.body) for call in calls]


def traffic(seed: int = 1) -> Traffic:
    return Traffic(seed, START, END, per_day=300, busy_per_second=0.4)


def test_in_order_and_repeatable(calls: list[Call]) -> None:
    assert [c.at for c in calls] == sorted(c.at for c in calls)
    assert START <= calls[0].at <= calls[-1].at < END
    assert list(traffic().until(END)) == calls
    assert list(traffic(seed=2).until(END)) != calls


def test_the_same_calls_in_any_number_of_steps(calls: list[Call]) -> None:
    stepwise, again = traffic(), []
    choose, at = random.Random(1), START
    while at < END:
        at = min(END, at + choose.randrange(1, 20 * clock.HOUR))
        again += stepwise.until(at)
    assert again == calls


def test_message_ids_are_unique(bodies: list[dict[str, Any]]) -> None:
    ids = [b["messageId"] for b in bodies]
    assert len(set(ids)) == len(ids)


def test_all_six_types_and_three_libraries_labelled_as_simulated(calls: list[Call], bodies: list[dict[str, Any]]) -> None:
    assert {b["type"] for b in bodies} == set(TYPES)
    assert {c.library for c in calls} == {"browser", "app", "server"}
    assert {b["context"]["app"]["name"] for b in bodies} == {"simulated shoppers"}
    assert all(c.type == b["type"] for c, b in zip(calls, bodies, strict=True))


def test_a_shop_sells(bodies: list[dict[str, Any]]) -> None:
    names = Counter(b.get("event") for b in bodies)
    assert names["Product Viewed"] > names["Product Added"] > names["Checkout Started"] > names["Order Completed"] > names["Order Refunded"] > 0
    orders = [b["properties"] for b in bodies if b.get("event") == "Order Completed"]
    assert all(o["revenue"] == pytest.approx(sum(p["price"] for p in o["products"])) for o in orders)
    ordered = {o["order_id"] for o in orders}
    assert {b["properties"]["order_id"] for b in bodies if b.get("event") == "Order Refunded"} <= ordered


def test_people_have_several_devices_and_devices_are_shared(bodies: list[dict[str, Any]]) -> None:
    devices, users = defaultdict(set), defaultdict(set)
    for body in bodies:
        if body["type"] == "identify":
            devices[body["userId"]].add(body["anonymousId"])
            users[body["anonymousId"]].add(body["userId"])
    assert max(map(len, devices.values())) > 1
    assert max(map(len, users.values())) > 1


def test_bounces_campaigns_and_the_rhythm_of_the_day(calls: list[Call], bodies: list[dict[str, Any]]) -> None:
    by_device: dict[str, list[int]] = defaultdict(list)
    for call, body in zip(calls, bodies, strict=True):
        by_device[body["anonymousId"] or ""].append(call.at)
    assert 0.1 < sum(len(times) == 1 for times in by_device.values()) / len(by_device) < 0.6
    assert {b["context"]["campaign"]["source"] for b in bodies if "campaign" in b["context"]} >= {"google", "facebook", "newsletter"}
    hours = Counter(c.at // clock.HOUR % 24 for c in calls)
    assert hours[20] > 3 * hours[3]


def test_page_addresses_carry_the_campaign_only_on_landing(bodies: list[dict[str, Any]]) -> None:
    landings = [b for b in bodies if b["type"] == "page" and "utm_source=google" in b["properties"]["url"]]
    assert landings
    assert all(b["properties"]["referrer"].startswith("https://www.google.com") for b in landings)
    assert all(b["context"]["page"]["url"] == b["properties"]["url"] for b in landings)


def test_busy_from_now_on_and_after_a_pause() -> None:
    stream = traffic()
    list(stream.until(END))
    first_hour = sum(1 for _ in stream.until(END + clock.HOUR))
    assert first_hour > 3600
    later = END + 300 * clock.DAY
    stream.skip_to(later)
    after = list(stream.until(later + clock.HOUR))
    assert len(after) > 3600
    assert after[0].at >= later
