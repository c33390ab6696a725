"""A user agent's browser, operating system and kind of device, by the rules of the uap-core project (package `ua-parser`)."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Literal, NamedTuple

from ua_parser import Parser
from ua_parser.basic import Resolver
from ua_parser.loaders import load_lazy_builtins

DeviceType = Literal["desktop", "mobile", "tablet", "bot", "other"]

READ = 1000
"""Characters of a user agent that are looked at: real ones are shorter, and nobody's long one may keep the rules busy."""
REMEMBERED = 10_000
_RULES = 1
"""Grows when the rules below change, so that what was kept is made anew."""
_BOT = re.compile(r"bot\b|bot[/_;-]|crawl|spider|slurp|headless|lighthouse|pingdom|facebookexternalhit|bingpreview|scrapy|phantomjs", re.IGNORECASE)
_TABLET = re.compile(r"\bipad\b|tablet|kindle|silk/|playbook|sm-t\d|sm-x\d", re.IGNORECASE)
_MOBILE = re.compile(r"mobile|iphone|ipod|windows phone|blackberry|opera mini", re.IGNORECASE)
_MOBILE_SYSTEMS = frozenset(("iOS", "Android", "Windows Phone", "BlackBerry OS", "KaiOS", "Firefox OS", "watchOS"))
_DESKTOP_SYSTEMS = re.compile(r"Windows|Mac OS X|Linux|Ubuntu|Debian|Fedora|Chrome OS|FreeBSD|OpenBSD|NetBSD|Solaris")


class Agent(NamedTuple):
    """What a user agent says of itself. None where it says nothing that is known; `browser_version` is the major number."""

    browser: str | None
    browser_version: str | None
    os: str | None
    device_type: DeviceType

    @property
    def is_bot(self) -> bool:
        return self.device_type == "bot"


@lru_cache(REMEMBERED)
def agent(text: str) -> Agent:
    """What the user agent `text` says. The same text gives the same answer, as long as `agent_rules` does."""
    read = text[:READ]
    found = _parser().parse(read)
    browser, system = found.user_agent, found.os
    family = system.family if system and system.family != "Other" else None
    is_spider = bool(found.device and found.device.family == "Spider")
    return Agent(
        browser=browser.family if browser and browser.family != "Other" else None,
        browser_version=browser.major if browser else None,
        os=family,
        device_type="bot" if is_spider or _BOT.search(read) else _device_type(read, family or ""),
    )


def agent_rules() -> str:
    """Names the rules in force: what was said under others has to be asked again."""
    return f"{_RULES}/{version('ua-parser-builtins')}"


def _device_type(text: str, system: str) -> DeviceType:
    """Androids that do not say `Mobile` are tablets, as Google asks of makers. An iPad that calls itself a Macintosh cannot be told from one."""
    if "smart-tv" in text.lower() or "tv" in system.lower():
        return "other"
    if _TABLET.search(text) or (system == "Android" and not _MOBILE.search(text) and "Mozilla/" in text):
        return "tablet"
    if _MOBILE.search(text) or system in _MOBILE_SYSTEMS:
        return "mobile"
    return "desktop" if _DESKTOP_SYSTEMS.match(system) else "other"


@cache
def _parser() -> Parser:
    """The same rules and results on every machine: not whichever faster engine happens to be installed."""
    return Parser(Resolver(load_lazy_builtins()))
