"""Two groups of a funnel or of retention beside each other: the shares of each, and whether they differ. Pure arithmetic on a report's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from clew.stats import Difference, Share, compare

Row = Mapping[str, Any]
COMPARED = ("funnel", "retention")
"""Reports whose groups can be compared: their numbers are shares of units that are counted once."""


class Part(NamedTuple):
    """One share of a group: a step that was reached, a period in which somebody returned."""

    name: str
    share: Share


class Line(NamedTuple):
    """A share of both groups; `difference` is the first less the second, None where a group is of nobody."""

    name: str
    a: Share
    b: Share
    difference: Difference | None

    def as_json(self) -> dict[str, Any]:
        """A row: counts, shares, and the difference where there is one."""
        found = self.difference._asdict() if self.difference else dict.fromkeys(Difference._fields)
        shares = {
            "a_hits": self.a.hits,
            "a_of": self.a.of,
            "a_share": self.a.value,
            "b_hits": self.b.hits,
            "b_of": self.b.of,
            "b_share": self.b.value,
        }
        return {"name": self.name, **shares, **found}


def parts(report: str, rows: Sequence[Row], value: str | None = None) -> list[Part]:
    """The shares of one group: all rows, or those with this value of the breakdown.

    Of a funnel, those of the first step that reached each later one; of retention, the averages over complete cells.
    """
    if report == "retention":
        means = [row for row in rows if row["cohort"] is None]
        return [Part(_period(row), Share(row["active"], row["size"])) for row in means]
    own = [row for row in rows if value is None or row.get("by_value") == value]
    started = own[0]["units"] if own else 0
    return [Part(f"{row['step']} {row['name']}", Share(row["units"], started)) for row in own[1:]]


def lines(a: Sequence[Part], b: Sequence[Part]) -> list[Line]:
    """Both groups, place by place. A place that only one has is left out; names are those of the first."""
    return [Line(one.name, one.share, other.share, compare(one.share, other.share)) for one, other in zip(a, b, strict=False)]


def _period(row: Row) -> str:
    first, last = row["first_index"], row["last_index"]
    return f"period {first}" if first == last else f"periods {first}-{last}"
