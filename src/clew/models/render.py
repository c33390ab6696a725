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
from clew.quoting import literal

# str.strip()'s white space, so that a blocked identifier is the same one in every engine.
WHITE_SPACE = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
CONTEXT = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "click_id", "country", "browser", "os", "device_type")
BEFORE_ALL = "timestamp < TIMESTAMP '2000-01-01'"
SUSPECT = f"(timestamp > received_at + INTERVAL 1 HOUR OR {BEFORE_ALL})"


class Names(NamedTuple):
    """What a text refers to: the schema of the models, the newest load that counts, the secret salt, the owner's folder."""

    schema: str = ""
    load_id: int | None = None
    salt: str = ""
    root: Path | None = None


def texts(values: Iterable[str]) -> str:
    """`values` as an SQL list in brackets."""
    return "(" + ", ".join(map(literal, values)) + ")"


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


def environment(folder: str) -> jinja2.Environment:
    """Templates of SQL in a folder beside this file."""
    made = jinja2.Environment(  # noqa: S701 - SQL, not HTML: values go through `text`
        loader=jinja2.FileSystemLoader(Path(__file__).parent / folder),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    made.filters.update(text=literal, texts=texts, minutes=minutes, seconds=seconds)
    return made


_environment = environment("sql")


def render(name: str, settings: Settings, names: Names) -> str:
    """The SELECT that makes the model `name`."""
    return _environment.get_template(f"{name}.sql").render(_values(settings, names)).strip()


def expressions(settings: Settings) -> dict[str, Any]:
    """What texts of builds and of models have in common: the rules, and expressions over a message's columns."""
    rules, spaces = settings.sessions, settings.identity.space
    return {
        "identity": settings.identity,
        "sessions": rules,
        "bounce": settings.bounce,
        "activity": settings.activity,
        "events": "clew.model_events",
        "enriched": "clew.enriched_events",
        "spaces": bool(spaces),
        "space": lambda column: _space(column, spaces),
        "white_space": _characters(WHITE_SPACE),
        "is_suspect": SUSPECT,
        "model_time": f"CASE WHEN {SUSPECT} THEN received_at ELSE timestamp END",
        "context": _context(),
        "page": _either(("page_path", "page_url")),
        "referrer": "CASE WHEN NOT starts_with(referrer, coalesce(nullif(regexp_extract(page_url, '^[A-Za-z]+://[^/?#]+'), ''), '!')) "
        "THEN nullif(referrer, '') END",
        "device": "device_id" if rules.scope == "device" else "nullif(device_id, anonymous_id)",
    }


def _values(settings: Settings, names: Names) -> dict[str, Any]:
    rules = settings.sessions
    prefix = f"{names.schema}." if names.schema else ""
    return expressions(settings) | {
        "and_loaded": "" if names.load_id is None else f" AND load_id <= {names.load_id}",
        "ref": lambda name: prefix + name,
        "salt": literal(names.salt),
        "unit": {"person": "person_id", "platform": "person_id, platform", "device": "person_id, device"}[rules.scope],
        "unit_words": "person" if rules.scope == "person" else f"person on this {rules.scope}",
        "second_pass": rules.new_on_campaign or bool(rules.max_minutes),
        "longest": round(rules.max_minutes * clock.MINUTE),
        "channels": channels.tables(names.root),
        "timezone": settings.project.timezone,
        "transitions": transitions(settings.project.timezone),
    }


@functools.cache
def transitions(zone: str) -> list[tuple[str, int]]:
    """(from, offset in seconds); the first stands at the beginning of time."""
    rows = [(clock.iso(t)[:19].replace("T", " "), offset // clock.SECOND) for t, offset in clock.transitions(clock.zone(zone))]
    return [("0001-01-01 00:00:00", rows[0][1]), *rows[1:]]


def _space(column: str, spaces: dict[str, str]) -> str:
    if not spaces:
        return "''"
    return f"CASE {column} " + " ".join(f"WHEN {literal(s)} THEN {literal(space)}" for s, space in sorted(spaces.items())) + " ELSE '' END"
