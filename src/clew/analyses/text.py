"""A report's SQL as text: read from `sql/`, and with its values written in, so that anyone can run it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from clew import quoting

if TYPE_CHECKING:
    from jinja2 import Environment

Value = dt.date | dt.datetime | str | int | float | bool | Sequence[str] | Sequence[int] | None
_PLACE = re.compile(r"\$([a-z_]+)")
_INCLUDE = re.compile(r"^-- include (\w+)\n", re.MULTILINE)


@cache
def sql_text(name: str) -> str:
    """The text of `sql/NAME.sql`, with `$name` where values are bound. A line `-- include PART` stands for the steps in `sql/PART.sql`."""
    text = resources.files("clew.analyses").joinpath("sql", f"{name}.sql").read_text("utf-8")
    return _INCLUDE.sub(lambda part: sql_text(part[1]), text)


def bound(sql: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """Those of the values that the text has a place for."""
    return {name: values[name] for name in names_in(sql)}


@cache
def _templates() -> Environment:
    """Imported here: the command line reads reports' texts, and needs no templates."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    # SQL, not HTML: values are bound, and what is written in is our own.
    return Environment(loader=FunctionLoader(sql_text), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701


def written(name: str, **parts: Any) -> str:
    """The text of `sql/NAME.sql`, a template, with these parts: names and expressions of our own. What comes from outside is bound, never a part."""
    return _templates().get_template(name).render(parts)


def runnable(sql: str, values: Mapping[str, Value]) -> str:
    """`sql` with its values as literals. Comment lines stay as they are: a value could end a comment."""
    return "\n".join(line if line.lstrip().startswith("--") else _fill(line, values) for line in sql.split("\n"))


def names_in(sql: str) -> frozenset[str]:
    """The `$name`s of a text, outside comment lines."""
    return frozenset(_PLACE.findall("\n".join(line for line in sql.split("\n") if not line.lstrip().startswith("--"))))


def _fill(line: str, values: Mapping[str, Value]) -> str:
    return _PLACE.sub(lambda place: literal(values[place[1]]), line)


def literal(value: Value) -> str:
    """The value as SQL: `DATE '2026-11-01'`, `TIMESTAMP '...'`, `'it''s'`, `7`, `true`, `['a', 'b']`, `NULL`."""
    if value is None:
        return "NULL"
    if isinstance(value, dt.datetime):
        return f"TIMESTAMP '{value.isoformat(' ')}'"
    if isinstance(value, dt.date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, bool | int | float):
        return str(value).lower()
    if isinstance(value, str):
        return quoting.literal(value)
    return f"[{', '.join(map(literal, value))}]"
