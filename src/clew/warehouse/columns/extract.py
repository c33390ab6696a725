"""SQL that takes a column's value out of a JSON object: an expression that never raises, and that costs nothing where it is not asked for."""

from __future__ import annotations

from clew.quoting import literal
from clew.warehouse.columns.kinds import VARCHAR, value_sql

Path = tuple[str, ...]
"""Keys, from the outermost object inwards."""

_NOT_IN_A_PATH = frozenset('"*\\\x00')


def column_sql(json: str, paths: tuple[Path, ...], kind: str) -> str:
    """The first present value at `paths` in the SQL expression `json`, as `kind`. An object is no value."""
    values = [_value(json, path, kind) for path in paths]
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


def no_object(text: str, json: str, path: Path) -> str:
    """`text`, the text that stands at `path` in `json`; NULL where that is an object. Only what looks like an object is looked at twice."""
    json, last = _inside(json, path)
    return f"CASE WHEN starts_with({text}, '{{') AND json_type({json}, {last}) = 'OBJECT' THEN NULL ELSE {text} END"


def _value(json: str, path: Path, kind: str) -> str:
    inside, last = _inside(json, path)
    text = f"json_extract_string({inside}, {last})"
    return value_sql(text, kind) if kind != VARCHAR else no_object(text, json, path)


def _inside(json: str, path: Path) -> tuple[str, str]:
    """The SQL expression of the object that holds the value, and the JSON path of the value in it."""
    *above, last = map(literal, _steps(path))
    for step in above:
        json = f"json_extract({json}, {step})"
    return json, last


def _steps(path: Path) -> list[str]:
    """JSON paths to take one after the other: a key that such a path cannot name stands alone, as a JSON pointer.

    A pointer would take a number as a place in an array, which no column means; those keys are no numbers.
    """
    steps: list[str] = []
    for key in path:
        if not key or not _NOT_IN_A_PATH.isdisjoint(key):
            steps.append("/" + key.replace("~", "~0").replace("/", "~1"))
        elif steps and steps[-1].startswith("$"):
            steps[-1] += f'."{key}"'
        else:
            steps.append(f'$."{key}"')
    return steps
