"""What the address of a list asks: which people, or which sessions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from starlette.exceptions import HTTPException

from clew.analyses.people.search import Active
from clew.analyses.people.visits import Counted
from clew.web import ranges

LONGEST_TEXT = 500
"""Characters of a search."""
BY = ("identifier", "trait")


class Search(NamedTuple):
    """Which people. At most one of `text` and `active` is there; `by` is one of BY, or empty for both."""

    text: str = ""
    by: str = ""
    active: Active | None = None


def read_search(parameters: Mapping[str, str]) -> Search:
    """Of `q=`, `by=`, `active_from=`, `active_to=` and `source=`. Raises HTTPException."""
    if "active_from" in parameters or "active_to" in parameters:
        first, last = _days(parameters, "active_from", "active_to")
        return Search(active=Active(first, last, parameters.get("source") or None))
    text, by = parameters.get("q", "").strip(), parameters.get("by", "")
    if len(text) > LONGEST_TEXT or by not in ("", *BY):
        raise HTTPException(400, f"expected q= of at most {LONGEST_TEXT} characters and by= one of {', '.join(BY)}")
    return Search(text=text, by=by)


def read_counted(parameters: Mapping[str, str], today: dt.date) -> Counted:
    """Of `from=`, `to=` (or `range=`), `source=` and `bounced=`. Raises HTTPException."""
    try:
        asked = ranges.read(parameters, today)
    except ValueError as error:
        raise HTTPException(400, str(error)) from error
    bounced = parameters.get("bounced", "")
    if bounced not in ("", "true", "false"):
        raise HTTPException(400, f"expected bounced= true or false, found {bounced[:40]!r}")
    return Counted(asked.first, asked.last, parameters.get("source") or None, {"": None, "true": True, "false": False}[bounced])


def _days(parameters: Mapping[str, str], first: str, last: str) -> tuple[dt.date, dt.date]:
    try:
        asked = ranges.read({"from": parameters.get(first, ""), "to": parameters.get(last, "")}, dt.date(1970, 1, 1))
    except ValueError as error:
        raise HTTPException(400, str(error).replace("from=", f"{first}=").replace("to=", f"{last}=")) from error
    return asked.first, asked.last
