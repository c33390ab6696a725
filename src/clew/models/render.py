"""The text of a model: its file in `sql/`, with the settings written into it.

The files are templates: a clause that a rule needs stands in the text only when the rule is on. `Names` says what the tables are called: plain names
for a reader, the schema of one build for the build itself.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from clew import clock
from clew.config import Settings
from clew.models import channels

# str.strip()'s white space, so that a blocked identifier is the same one in every engine.
WHITE_SPACE = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
CONTEXT = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "click_id", "country")
SUSPECT = "(timestamp > received_at + INTERVAL 1 HOUR OR timestamp < TIMESTAMP '2000-01-01')"
UNITS = {"person": None, "platform": "platform", "device": "device"}
KINDS_PER_SOURCE = 2**20
UNIT_VALUES = {
    "person": "''",
    "platform": "k.platform",
    "device": "coalesce(t.text, d.alias, '')",
}


OPTIONAL = ("context", "page", "referrer", "group_id", "device", "batch_index", "load_id", "other_time", "sources")
"""What many projects' events have none of, or all alike. Where a build finds it so, its text leaves it out: narrower rows are sorted faster."""


class Names(NamedTuple):
    """What a text refers to: the schema of the models, the newest load that counts, the secret salt, the owner's folder."""

    schema: str = ""
    load_id: int | None = None
    salt: str = ""
    root: Path | None = None
    piece: str = ""
    """Of `person_events`: which people, as a condition."""
    absent: frozenset[str] = frozenset()
    """Which of OPTIONAL no event has: what is told of them is left out of the text."""


def text(value: str) -> str:
    """`value` as an SQL literal."""
    if "\0" in value:
        raise ValueError("expected text without NUL")
    return "'" + value.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """`values` as an SQL list in brackets."""
    return "(" + ", ".join(map(text, values)) + ")"


def duration(micros: int) -> str:
    """A duration as an SQL interval, in the largest unit that holds it whole."""
    for unit, size in (("MINUTE", clock.MINUTE), ("SECOND", clock.SECOND)):
        if micros % size == 0:
            return f"INTERVAL {micros // size} {unit}"
    return f"INTERVAL {micros} MICROSECOND"


def minutes(value: float) -> str:
    return duration(round(value * clock.MINUTE))


def seconds(value: float) -> str:
    return duration(round(value * clock.SECOND))


def _characters(value: str) -> str:
    """`value` as an expression that one can read although its characters cannot be seen."""
    return "concat(" + ", ".join(f"chr({ord(c)})" for c in value) + ")"


def _either(columns: Iterable[str]) -> str:
    return "coalesce(" + ", ".join(f"nullif({c}, '')" for c in columns) + ")"


def _context() -> str:
    fields = ", ".join(f"'{c}': nullif({c}, '')" for c in CONTEXT)
    return f"CASE WHEN {_either(CONTEXT)} IS NOT NULL THEN {{{fields}}} END"


_environment = jinja2.Environment(  # noqa: S701 - SQL, not HTML: values go through `text`
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "sql"),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=False,
)
_environment.filters.update(text=text, texts=texts, minutes=minutes, seconds=seconds)


def render(name: str, settings: Settings, names: Names) -> str:
    """The SELECT that makes the model `name`."""
    return _environment.get_template(f"{name}.sql").render(_values(settings, names)).strip()


def render_count(settings: Settings, names: Names) -> str:
    """A query of one row: how many events have each of OPTIONAL, or have it other than all others."""
    values = _values(settings, names)
    expressions = {name: f"count({values[name]})" for name in ("context", "page", "referrer", "device")} | {
        "group_id": "count(group_id)",
        "batch_index": "count(nullif(batch_index, 0))",
        "load_id": f"count(nullif(load_id, {names.load_id}))",
        "other_time": "count_if(received_at <> timestamp OR timestamp < TIMESTAMP '2000-01-01')",
        "sources": "CAST(min(source) <> max(source) AS INTEGER)",
    }
    columns = ", ".join(f"{expressions[name]} AS {name}" for name in OPTIONAL)
    return f"SELECT {columns} FROM {values['events']} WHERE type IN ('track', 'page', 'screen'){values['and_loaded']}"  # noqa: S608 - from settings


def _values(settings: Settings, names: Names) -> dict[str, Any]:
    rules, spaces = settings.sessions, settings.identity.space
    prefix = f"{names.schema}." if names.schema else ""
    return {
        "identity": settings.identity,
        "sessions": rules,
        "bounce": settings.bounce,
        "activity": settings.activity,
        "events": "clew.model_events",
        "and_loaded": "" if names.load_id is None else f" AND load_id <= {names.load_id}",
        "absent": names.absent,
        "piece": names.piece,
        "load_id": names.load_id,
        "ref": lambda name: prefix + name,
        "spaces": bool(spaces),
        "space": lambda column: _space(column, spaces),
        "salt": text(names.salt),
        "white_space": _characters(WHITE_SPACE),
        "is_suspect": SUSPECT,
        "model_time": f"CASE WHEN {SUSPECT} THEN received_at ELSE timestamp END",
        "context": _context(),
        "page": _either(("page_path", "page_url")),
        "referrer": "CASE WHEN NOT starts_with(referrer, coalesce(nullif(regexp_extract(page_url, '^[A-Za-z]+://[^/?#]+'), ''), '!')) "
        "THEN nullif(referrer, '') END",
        "unit": "person" + (f", {UNITS[rules.scope]}" if UNITS[rules.scope] else ""),
        "unit_words": "person" if rules.scope == "person" else f"person on this {rules.scope}",
        "unit_column": {"person": None, "platform": "platform", "device": "device_id"}[rules.scope],
        "unit_number": rules.scope != "person",
        "unit_value": UNIT_VALUES[rules.scope],
        "second_pass": rules.new_on_campaign or bool(rules.max_minutes),
        "longest": round(rules.max_minutes * clock.MINUTE),
        "device": "device_id" if rules.scope == "device" else "nullif(device_id, anonymous_id)",
        "kinds_per_source": KINDS_PER_SOURCE,
        "channels": channels.tables(names.root),
        "timezone": settings.project.timezone,
        "transitions": _transitions(settings.project.timezone),
    }


@functools.cache
def _transitions(zone: str) -> list[tuple[str, int]]:
    """(from, offset in seconds); the first stands at the beginning of time."""
    rows = [(clock.iso(t)[:19].replace("T", " "), offset // clock.SECOND) for t, offset in clock.transitions(clock.zone(zone))]
    return [("0001-01-01 00:00:00", rows[0][1]), *rows[1:]]


def _space(column: str, spaces: dict[str, str]) -> str:
    if not spaces:
        return "''"
    return f"CASE {column} " + " ".join(f"WHEN {text(s)} THEN {text(space)}" for s, space in sorted(spaces.items())) + " ELSE '' END"
