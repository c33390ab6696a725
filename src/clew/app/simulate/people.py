"""Shoppers and their devices, drawn from a seeded generator."""

from __future__ import annotations

import random
import uuid

import msgspec

LOCALES = (
    ("en-GB", "Europe/London", "United Kingdom"),
    ("de-DE", "Europe/Berlin", "Germany"),
    ("nl-NL", "Europe/Amsterdam", "Netherlands"),
    ("fr-FR", "Europe/Paris", "France"),
)
FIRST = ("Ada", "Bela", "Cleo", "Dirk", "Ella", "Finn", "Gita", "Hugo", "Iris", "Jan", "Kira", "Liam", "Mina", "Nils", "Olga", "Paul")
LAST = ("Berg", "Costa", "Dijk", "Evans", "Frank", "Grant", "Haas", "Jansen", "Keller", "Lund", "Meyer", "Novak", "Peters", "Roux")
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
)
PHONES = (
    ("ios", "Apple", "iPhone16,2", "iOS", "18.5"),
    ("android", "Google", "Pixel 9", "Android", "15"),
    ("android", "Fairphone", "FP5", "Android", "14"),
)
NUMBER_OF_DEVICES = (1, 1, 1, 1, 1, 2, 2, 2, 2, 3)


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A browser or an app, with the anonymous id that it keeps."""

    anonymous_id: str
    platform: str
    """`web`, `ios` or `android`."""
    locale: str
    timezone: str
    user_agent: str = ""
    device_id: str = ""
    maker: str = ""
    model: str = ""
    system: str = ""
    system_version: str = ""


class Shopper(msgspec.Struct, frozen=True, kw_only=True):
    """A person: who they are once they log in, and what they come with."""

    user_id: str
    name: str
    email: str
    country: str
    devices: tuple[Device, ...]
    eagerness: float
    """0 to 1: how readily they log in and buy."""
    company: str = ""
    """For those who buy for a company."""


def shopper(rng: random.Random) -> Shopper:
    """A new shopper."""
    number = f"{rng.getrandbits(32):08x}"
    locale, timezone, country = rng.choice(LOCALES)
    first, last = rng.choice(FIRST), rng.choice(LAST)
    return Shopper(
        user_id=f"sim-{number}",
        name=f"{first} {last}",
        email=f"{first}.{last}.{number}@shop.example".lower(),
        country=country,
        devices=tuple(_device(rng, locale, timezone) for _ in range(rng.choice(NUMBER_OF_DEVICES))),
        eagerness=rng.betavariate(2, 3),
        company=f"company-{rng.randrange(40)}" if rng.random() < 0.1 else "",
    )


def _device(rng: random.Random, locale: str, timezone: str) -> Device:
    anonymous_id = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    if rng.random() < 0.75:
        return Device(anonymous_id=anonymous_id, platform="web", locale=locale, timezone=timezone, user_agent=rng.choice(BROWSERS))
    platform, maker, model, system, version = rng.choice(PHONES)
    return Device(
        anonymous_id=anonymous_id,
        platform=platform,
        locale=locale,
        timezone=timezone,
        device_id=str(uuid.UUID(int=rng.getrandbits(128), version=4)).upper(),
        maker=maker,
        model=model,
        system=system,
        system_version=version,
    )
