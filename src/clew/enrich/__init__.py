"""What follows from an event's address and user agent: a country, and a browser, a system and a kind of device.

`agents` and `geography` know; `tables` keeps what they say of each distinct value in `clew.user_agents` and `clew.ip_countries`, for the models to
join. Nothing is fetched: the rules for user agents come with the package `ua-parser-builtins`, the GeoIP file is the owner's.
"""

from __future__ import annotations

from clew.enrich.agents import Agent, agent
from clew.enrich.geography import Countries
from clew.enrich.tables import Filled, fill, mark

__all__ = ["Agent", "Countries", "Filled", "agent", "fill", "mark"]
