"""Reports as named CTEs with a comment above each, and those that many reports begin with."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import NamedTuple

from clew.analyses.asked import Asked

ORDER = "model_time, received_at, batch_index, source, message_id"
"""The total order of events."""
DAYS = 28
"""The range of a report that names no dates."""


class Cte(NamedTuple):
    """One named step of a query: the idea in a sentence, and its SELECT."""

    name: str
    comment: str
    body: str


def compose(head: str, ctes: Iterable[Cte], final: str) -> str:
    """One query: a comment that says what it answers, its CTEs, and the SELECT at the end."""
    parts = [f"-- {cte.comment}\n{cte.name} AS (\n{textwrap.indent(cte.body.strip(), '    ')}\n)" for cte in ctes]
    return f"-- {head}\nWITH\n" + ",\n".join(parts) + f"\n{final.strip()}\n"


def watermark() -> Cte:
    """`data_as_of` of the newest build, in UTC and in local time."""
    return Cte(
        "watermark",
        "What the newest build holds: all that was received up to then.",
        """
SELECT b.data_as_of, b.data_as_of + z.utc_offset AS local_as_of
FROM (SELECT coalesce(data_as_of, TIMESTAMP '2000-01-01') AS data_as_of FROM clew.builds ORDER BY build_id DESC LIMIT 1) AS b
JOIN main.zone_offsets AS z ON b.data_as_of >= z.utc_from AND b.data_as_of < z.utc_to""",
    )


def span(asked: Asked) -> Cte:
    """`first_day` and `last_day`: as asked, else the 28 days up to the watermark."""
    last = f"DATE '{asked.last}'" if asked.last else "CAST(local_as_of AS DATE)"
    first = f"DATE '{asked.first}'" if asked.first else f"{last} - {DAYS - 1}"
    return Cte("span", "The local days asked for, both inclusive.", f"SELECT {first} AS first_day, {last} AS last_day\nFROM watermark")
