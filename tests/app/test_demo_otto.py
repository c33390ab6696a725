"""The OTTO replay: every event of the file, in its order, in the last four weeks."""

from __future__ import annotations

import json
from collections import Counter

from clew import clock
from clew.app import otto

NOW = 1_795_000_000 * clock.SECOND


def test_all_events_are_replayed() -> None:
    bodies = [json.loads(call.body) for call in otto.replay(NOW)]
    assert Counter(b["event"] for b in bodies) == {"Product Viewed": 800, "Product Added": 52, "Order Completed": 5}
    assert sum(len(b["properties"]["products"]) for b in bodies if b["event"] == "Order Completed") == 10
    assert len({b["messageId"] for b in bodies}) == len(bodies) == 857
    assert len({b["anonymousId"] for b in bodies}) == 20
    assert {b["context"]["app"]["name"] for b in bodies} == {"OTTO shoppers, times shifted"}


def test_times_are_shifted_by_one_constant_to_the_last_four_weeks() -> None:
    calls = otto.replay(NOW)
    assert calls[-1].at == NOW - clock.MINUTE
    assert calls[0].at > NOW - 28 * clock.DAY - clock.MINUTE
    assert [clock.parse_time(json.loads(c.body)["timestamp"]) for c in calls] == [c.at for c in calls]
    shopper = otto.shoppers()[0]
    own = [c for c in calls if json.loads(c.body)["anonymousId"] == f"otto-{shopper.session}"]
    moments = sorted({e.ts for e in shopper.events})
    assert sorted({c.at - own[0].at for c in own}) == [(ts - moments[0]) * 1000 for ts in moments]


def test_the_same_moment_gives_the_same_bytes() -> None:
    assert otto.replay(NOW) == otto.replay(NOW)
