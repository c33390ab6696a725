"""What sessions can be broken down by, and filtered by: each a text that follows from one row of `main.session_facts`."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

REFERRER_HOST = r"lower(regexp_extract(f.first_referrer, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(?:[Ww]{3}\.)?([^/:?#]*)', 1))"
"""As `models/sql/session_facts.sql` reads it for the channel: without user, port and www."""


class Dimension(NamedTuple):
    """`key` is its name in a URL, and the name of the value that is bound. `expression` is of the row `f`; NULL and '' both mean none."""

    key: str
    title: str
    expression: str
    column: str
    """The column that it needs."""
    none: str = "(none)"
    """What a session without a value is called."""


def _column(key: str, title: str, none: str = "(none)") -> Dimension:
    return Dimension(key, title, f"f.{key}", key, none)


DIMENSIONS = (
    _column("channel", "Channel"),
    _column("utm_source", "Campaign source (utm_source)"),
    _column("utm_medium", "Campaign medium (utm_medium)"),
    _column("utm_campaign", "Campaign (utm_campaign)"),
    _column("utm_term", "Campaign term (utm_term)"),
    _column("utm_content", "Campaign content (utm_content)"),
    Dimension("referrer", "Referrer host", REFERRER_HOST, "first_referrer", "(no referrer)"),
    _column("country", "Country", "(not known)"),
    _column("platform", "Platform"),
    Dimension("device", "Device type", "f.device_type", "device_type", "(not known)"),
    _column("browser", "Browser", "(not known)"),
    _column("os", "Operating system", "(not known)"),
    Dimension("landing", "Landing page", "f.landing_page", "landing_page", "(no page)"),
    Dimension("exit", "Exit page", "f.exit_page", "exit_page", "(no page)"),
    _column("source", "Source"),
    Dimension("visit", "New or returning", "CASE WHEN f.is_first_session THEN 'new' ELSE 'returning' END", "is_first_session"),
)
BY_KEY = {dimension.key: dimension for dimension in DIMENSIONS}


def available(columns: Collection[str]) -> tuple[Dimension, ...]:
    """Those that a `session_facts` with these columns has: browser, operating system and device type come with a later version of the models."""
    return tuple(dimension for dimension in DIMENSIONS if dimension.column in columns)
