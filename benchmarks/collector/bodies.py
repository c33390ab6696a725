"""What is sent: batches of 100 product events of about 950 bytes, and single ones, all with ids of their own."""

from __future__ import annotations

import gzip
import json
import random
import uuid
from typing import Any

BATCH = 100
EVENTS = ("Product Viewed", "Product Added", "Page Viewed", "Order Completed")
PROPERTIES = {
    "sku": "G-32",
    "category": "Games",
    "name": "Monopoly: 3rd Edition",
    "price": 18.99,
    "quantity": 1,
    "currency": "usd",
    "position": 3,
    "url": "https://www.example.com/product/path",
    "coupon": "MAYDEALS",
}
CONTEXT = {
    "ip": "10.1.2.3",
    "library": {"name": "analytics.js", "version": "2.11.1"},
    "locale": "en-US",
    "page": {
        "path": "/product/path",
        "referrer": "https://www.google.com/",
        "search": "?utm_source=x&utm_medium=cpc",
        "title": "Product",
        "url": "https://www.example.com/product/path?utm_source=x",
    },
    "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "timezone": "Europe/Amsterdam",
    "campaign": {"source": "x", "medium": "cpc"},
    "screen": {"width": 1440, "height": 900},
}


def event(chance: random.Random, number: int) -> dict[str, Any]:
    return {
        "type": "track",
        "messageId": f"ajs-{uuid.UUID(int=chance.getrandbits(128))}",
        "anonymousId": str(uuid.UUID(int=chance.getrandbits(128))),
        "userId": f"user-{chance.randrange(10**6)}" if number % 3 == 0 else None,
        "event": chance.choice(EVENTS),
        "timestamp": f"2026-11-23T13:{number % 60:02}:{number * 7 % 60:02}.123Z",
        "properties": {"product_id": f"p{chance.randrange(5000)}", **PROPERTIES},
        "context": CONTEXT,
    }


def batches(count: int, spaced: bool = False) -> list[bytes]:
    """Bodies of batches; `spaced` as Python's json module writes them."""
    chance = random.Random(3)
    separators = (", ", ": ") if spaced else (",", ":")
    return [json.dumps({"batch": [event(chance, number) for number in range(BATCH)]}, separators=separators).encode() for _ in range(count)]


def singles(count: int) -> list[bytes]:
    chance = random.Random(5)
    return [json.dumps(event(chance, number), separators=(",", ":")).encode() for number in range(count)]


def packed(bodies: list[bytes]) -> list[bytes]:
    return [gzip.compress(body, 6) for body in bodies]
