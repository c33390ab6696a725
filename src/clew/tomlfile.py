"""Changing one value in the text of a TOML file: comments, order and everything else stay as they were.

The text is cut into statements (a header, or a key with its value) without being understood; tomllib then reads each. What comes out is read again
and compared with what was wanted, so that a file written in a way not thought of here is refused, never damaged.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

from clew.errors import ConfigError

Path = tuple[str, ...]
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\]|\\.)*"|\'[^\']*\'', re.DOTALL)


class Statement(NamedTuple):
    """A header or a key with its value, at text[start:end], without the comment behind it. `path` is the whole way to it."""

    path: Path
    start: int
    end: int
    value_start: int
    """Where the value begins; `end` for a header."""
    is_array: bool = False
    """Whether it is the header of one more table of an array, or stands under such a header."""

    @property
    def is_header(self) -> bool:
        return self.value_start == self.end


def with_value(text: str, section: str, name: str, value: Any) -> str:
    """The text with `name = value` in `[section]`. Raises ConfigError where the text is no TOML, or the value cannot be put there safely."""
    try:
        old = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"clew.toml: not TOML: {error}") from error
    if isinstance(old.get(section, {}), dict):
        changed = _changed(text, section, name, value)
        if _read(changed) == old | {section: old.get(section, {}) | {name: value}}:
            return changed
    raise ConfigError(f"{section}.{name} stands in clew.toml in a way that cannot be changed from here: write it there by hand, as {literal(value)}")


def _read(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def literal(value: Any) -> str:
    """A value as TOML writes it: texts, numbers, flags, lists and tables of these, on one line.

    >>> literal(["a\\n", 1.5, True]), literal({"a b": 1, "c": {}})
    ('["a\\\\n", 1.5, true]', '{"a b" = 1, c = {}}')
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(name)} = {literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return repr(value)
    # JSON's texts, numbers and flags are TOML's, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else literal(name)


def _changed(text: str, section: str, name: str, value: Any) -> str:
    statements, target = list(_statements(text)), (section, name)
    own = next((s for s in statements if s.path == target and not s.is_header and not s.is_array), None)
    if own is not None:
        return text[: own.value_start] + literal(value) + text[own.end :]
    around = next((s for s in statements if s.path == (section,) and not s.is_header), None)
    if around is not None:  # section = {name = ...}
        whole = tomllib.loads(text)[section] | {name: value}
        return text[: around.value_start] + literal(whole) + text[around.end :]
    # A table that is written as [section.name] or section.name.key = ... goes: the new value takes its place.
    for spread in reversed([s for s in statements if s.path[:2] == target]):
        text = _without(text, spread)
    return _added(text, section, f"{_key(name)} = {literal(value)}")


def _without(text: str, statement: Statement) -> str:
    """The text without the statement; its line too, where nothing but space stands there besides."""
    start = text.rfind("\n", 0, statement.start) + 1
    end = text.find("\n", statement.end) + 1 or len(text)
    if text[start : statement.start].strip() or text[statement.end : end].strip():
        return text[: statement.start] + text[statement.end :]
    return text[:start] + text[end:]


def _added(text: str, section: str, line: str) -> str:
    """The text with one more line in the section: behind its last key, or its header; else in a new section at the end."""
    newline = "\r\n" if "\r\n" in text else "\n"
    statements = list(_statements(text))
    inside = [s for s in _of_header(statements, section) if not s.is_array]
    dotted = [s for s in statements if s.path[0] == section and not s.is_header and s not in inside and _is_at_root(statements, s)]
    if inside or dotted:
        place = (inside or dotted)[-1]
        end = text.find("\n", place.end)
        new = line if inside else f"{_key(section)}.{line}"
        return f"{text}{newline}{new}{newline}" if end < 0 else f"{text[: end + 1]}{new}{newline}{text[end + 1 :]}"
    gap = "" if not text.strip() else newline if text.endswith("\n") else newline * 2
    return f"{text}{gap}[{_key(section)}]{newline}{line}{newline}"


def _of_header(statements: list[Statement], section: str) -> list[Statement]:
    """The header [section] and the keys under it."""
    found, here = [], False
    for statement in statements:
        if statement.is_header:
            here = statement.path == (section,)
        if here:
            found.append(statement)
    return found


def _is_at_root(statements: list[Statement], statement: Statement) -> bool:
    first = next((s for s in statements if s.is_header), None)
    return first is None or statement.start < first.start


def _statements(text: str) -> Iterator[Statement]:
    header: Path = ()
    is_array = False
    for start, end in _spans(text):
        part = text[start:end]
        if part.startswith("["):
            is_array = part.startswith("[[")
            header = _path(tomllib.loads(part))
            yield Statement(header, start, end, end, is_array)
            continue
        equals = _outside(part, "=")
        path = header + _path(tomllib.loads(f"{part[:equals]}=0"))
        value = equals + 1 + len(part[equals + 1 :]) - len(part[equals + 1 :].lstrip())
        yield Statement(path, start, end, start + value, is_array)


def _path(table: Any) -> Path:
    """The keys of tables inside each other, of which each has one."""
    path: list[str] = []
    while isinstance(table, dict | list) and table:
        if isinstance(table, list):
            table = table[0]
            continue
        key, table = next(iter(table.items()))
        path.append(key)
    return tuple(path)


def _outside(text: str, what: str) -> int:
    """Where `what` stands first outside of strings."""
    at = 0
    while text[at] != what:
        at = _after(text, at)
    return at


def _after(text: str, at: int) -> int:
    """The place after the string, the comment or the character at `at`."""
    if text[at] in "\"'" and (found := _STRING.match(text, at)):
        return found.end()
    if text[at] == "#":
        return text.find("\n", at) if "\n" in text[at:] else len(text)
    return at + 1


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where statements begin and end: at the end of a line, outside of brackets and strings, before a comment."""
    at = start = depth = 0
    end = -1  # of what was read of the statement, without space behind it; -1: none has begun
    while at < len(text):
        sign, after = text[at], _after(text, at)
        if sign == "\n" and not depth:
            if end >= 0:
                yield start, end
            end = -1
        elif sign != "#" and not sign.isspace():
            start = at if end < 0 else start
            end = after
            depth += (sign in "[{") - (sign in "]}")
        at = after
    if end >= 0:
        yield start, end
