"""A large made-up shop: heavy-tailed visitors over 90 days, three devices each, a third of whom log in.

Made once, into ./bench-data or CLEW_BENCH_DATA. The same number of events gives the same events.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from clew.clock import DAY, HOUR, SECOND

Integers = npt.NDArray[np.int64]
FIRST = 1_785_542_400 * SECOND
DAYS = 90
EVENTS = {
    "Page Viewed": 30,
    "Product Viewed": 12,
    "Product Clicked": 6,
    "Product List Viewed": 9,
    "Products Searched": 5,
    "Product Added": 4,
    "Product Removed": 1.2,
    "Cart Viewed": 3,
    "Checkout Started": 1.6,
    "Checkout Step Viewed": 1.5,
    "Checkout Step Completed": 1.2,
    "Payment Info Entered": 1.1,
    "Order Completed": 0.9,
    "Order Refunded": 0.05,
    "Coupon Applied": 0.4,
    "Promotion Viewed": 4,
    "Promotion Clicked": 0.8,
    "Wishlist Product Added": 0.6,
    "Product Shared": 0.3,
    "Product Reviewed": 0.1,
    "Signed Up": 0.3,
    "Signed In": 1.5,
    "Signed Out": 0.6,
    "Email Opened": 2,
    "Email Link Clicked": 0.7,
    "Application Opened": 4,
    "Application Backgrounded": 3.5,
    "Application Installed": 0.2,
    "Video Playback Started": 1.5,
    "Video Playback Completed": 0.9,
}
HOURS = np.array([2, 1, 1, 1, 1, 2, 3, 5, 6, 7, 7, 8, 9, 8, 7, 7, 7, 8, 10, 12, 13, 12, 8, 4], float)
"""How busy each hour of the day is."""
CAMPAIGN_DAYS = (10, 31, 55, 76)


def database(events: int) -> Path:
    """The DuckDB file with table `ev` of that many events; made if it is not there."""
    folder = Path(os.environ.get("CLEW_BENCH_DATA", "bench-data"))
    path = folder / f"shop-{events}.duckdb"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        _make(unfinished, events)
        unfinished.rename(path)
    return path


def _make(path: Path, events: int) -> None:
    visitor, time, code = _visits(np.random.default_rng(42), events)
    with duckdb.connect(str(path), config={"threads": 2}) as db:
        db.execute("SET enable_progress_bar = false")
        db.register("made", {"uid": visitor, "micros": time, "code": code})
        db.register("names", {"code": np.arange(len(EVENTS)), "event": np.array(list(EVENTS), object)})
        db.execute(
            """CREATE TABLE ev AS
            SELECT
              row_number() OVER () AS message_id, make_timestamp(micros) AS ts, uid,
              'a-' || lpad(to_hex(hash(uid * 4 + CAST(hash(uid, micros // 86400000000) % 3 AS BIGINT))), 16, '0') AS anonymous_id,
              CASE WHEN uid % 100 < 33 AND hash(micros) % 100 < 55 THEN 'u-' || uid END AS user_id,
              event, '/p/' || (hash(micros, 1) % 5000) AS url,
              CASE WHEN event = 'Order Completed' THEN (hash(micros, 2) % 20000) / 100.0 END AS revenue
            FROM made JOIN names USING (code) ORDER BY micros, uid"""
        )


def _visits(random: np.random.Generator, events: int) -> tuple[Integers, Integers, Integers]:
    """(visitor, time, event code) of every event; a visitor's times differ."""
    visitors = max(events // 50, 1)
    sessions = np.minimum(1 + (random.pareto(1.35, visitors) * 1.9).astype(np.int64), 4000)
    owner = np.repeat(np.arange(visitors), sessions)
    while True:
        length = 1 + random.negative_binomial(0.9, 0.9 / 7.9, len(owner))
        if length.sum() >= events:
            break
        owner = np.concatenate([owner, random.choice(owner, len(owner) // 4 + 1)])
    shuffled = random.permutation(len(owner))
    owner, length = owner[shuffled], length[shuffled]
    kept = int(np.searchsorted(np.cumsum(length), events)) + 1
    owner, length = owner[:kept], length[:kept]
    length[-1] -= length.sum() - events
    start = _starts(random, kept)
    gap = random.exponential(45 * SECOND, events).astype(np.int64) + 1
    since = np.cumsum(gap)
    first = np.cumsum(length) - length
    time = np.repeat(start - since[first], length) + since
    weights = np.array(list(EVENTS.values()))
    code = random.choice(len(EVENTS), events, p=weights / weights.sum())
    return _distinct(np.repeat(owner, length), time, code)


def _starts(random: np.random.Generator, count: int) -> Integers:
    start = FIRST + random.integers(0, DAYS, count) * DAY + random.choice(24, count, p=HOURS / HOURS.sum()) * HOUR + random.integers(0, HOUR, count)
    rush = random.random(count) < 0.05
    start[rush] = FIRST + random.choice(CAMPAIGN_DAYS, rush.sum()) * DAY + 20 * HOUR + random.integers(0, HOUR // 2, rush.sum())
    return np.asarray(start, np.int64)


def _distinct(visitor: Integers, time: Integers, code: Integers) -> tuple[Integers, Integers, Integers]:
    """In order of (visitor, time), equal times of a visitor moved apart by microseconds."""
    order = np.lexsort((time, visitor))
    visitor, time, code = visitor[order], time[order], code[order]
    while True:
        late = np.flatnonzero((visitor[1:] == visitor[:-1]) & (time[1:] <= time[:-1])) + 1
        if not len(late):
            return visitor, time, code
        time[late] = time[late - 1] + 1
