"""Predicates as text.

    predicate   = alternative { "|" alternative }
    alternative = name [ "{" condition { "," condition } "}" ]
    name        = "*" (any event) | words | quoted
    condition   = field operator value | field "in" "(" value { "," value } ")" | field (is set) | "!" field (is not set)
    operator    = "=" | "!=" | "~" (contains) | "!~" (does not contain) | "^=" (starts with) | ">" | ">=" | "<" | "<="
    field       = "@" column (also of the session: @channel) | [ "@person." ] key { "." key }
    key, value  = words | quoted
    quoted      = '"' ... '"', with \\" and \\\\ inside

`Product Added{category=Games, price>=10} | Page Viewed{@platform in (ios, android)}`
"""

from __future__ import annotations

import re

from clew.errors import QueryError
from clew.predicates.field import COLUMNS, OF_SESSION, Field, number
from clew.predicates.filter import SYMBOLS, Alternative, Condition, Operator, Predicate

_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_NAME = re.compile(r"[^|{}\"]+")
_KEY = re.compile(r"[^\s.,{}|=!<>~^\"()@$\\]+")
_VALUE = re.compile(r"[^,{}()|\"]+")
_OPERATOR = re.compile("|".join(map(re.escape, SYMBOLS)))
_IN = re.compile(r"in(?=[\s(])")


def parse(text: str) -> Predicate:
    """The predicate that `text` says. Raises QueryError with what was expected, and where."""
    reader = _Reader(text)
    alternatives = [_alternative(reader)]
    while reader.take("|"):
        alternatives.append(_alternative(reader))
    reader.end("| or {")
    return Predicate(alternatives=tuple(alternatives))


def parse_field(text: str) -> Field:
    """A field alone: `category`, `address.city`, `@platform`. Raises QueryError."""
    reader = _Reader(text)
    field = _field(reader)
    reader.end("the end")
    return field


def _alternative(reader: _Reader) -> Alternative:
    name = reader.words(_NAME, "the name of an event, or *")
    conditions = []
    if reader.take("{"):
        conditions.append(_condition(reader))
        while reader.take(","):
            conditions.append(_condition(reader))
        reader.need("}", ", or }")
    return Alternative(name=None if name == ("*", False) else name[0], where=tuple(conditions))


def _condition(reader: _Reader) -> Condition:
    if reader.take("!"):
        return Condition(field=_field(reader), operator="not set")
    field = _field(reader)
    if reader.pattern(_IN):
        return Condition(field=field, operator="in", values=_list(reader))
    at = reader.at
    symbol = reader.pattern(_OPERATOR)
    if symbol is None:
        return Condition(field=field, operator="set")
    return _compared(reader, field, SYMBOLS[symbol[0]], at)


def _compared(reader: _Reader, field: Field, operator: Operator, at: int) -> Condition:
    value, _ = reader.words(_VALUE, "a value; one that is empty or holds , { } ( ) | is written in double quotes")
    if operator in (">", ">=", "<", "<=") and number(value) is None:
        raise reader.error(f"a number after {operator}", at)
    return Condition(field=field, operator=operator, values=(value,))


def _list(reader: _Reader) -> tuple[str, ...]:
    reader.need("(", "( after in")
    values = [reader.words(_VALUE, "a value")[0]]
    while reader.take(","):
        values.append(reader.words(_VALUE, "a value")[0])
    reader.need(")", ", or )")
    return tuple(values)


def _field(reader: _Reader) -> Field:
    at = reader.at
    if reader.take("@"):
        column, _ = reader.words(_KEY, "the name of a column")
        if column == "person":
            reader.need(".", ". and the name of a trait after @person")
            return Field(path=_path(reader, "the name of a trait"), of="person")
        if column not in (*COLUMNS, *OF_SESSION):
            raise reader.error(f"one of @{', @'.join((*COLUMNS, *OF_SESSION))}, or @person. and a trait", at)
        return Field(column=column)
    return Field(path=_path(reader, "the name of a property, or @column"))


def _path(reader: _Reader, expected: str) -> tuple[str, ...]:
    keys = [reader.words(_KEY, expected)[0]]
    while reader.take("."):
        keys.append(reader.words(_KEY, "the name of a property")[0])
    return tuple(keys)


class _Reader:
    """A place in a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        if "\0" in text:
            self.at = text.index("\0")
            raise self.error("text without NUL")

    def pattern(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What the pattern matches here, after white space; then the place is behind it."""
        self._skip()
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def take(self, mark: str) -> bool:
        self._skip()
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def need(self, mark: str, expected: str) -> None:
        if not self.take(mark):
            raise self.error(expected)

    def words(self, bare: re.Pattern[str], expected: str) -> tuple[str, bool]:
        """Words, trimmed, or what stands in double quotes; and whether it was quoted."""
        self._skip()
        if self.text.startswith('"', self.at):
            match = self.pattern(_QUOTED)
            if match is None:
                raise self.error('a closing "')
            return re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL), True
        match = bare.match(self.text, self.at)
        if match is None:
            raise self.error(expected)
        self.at = match.end()
        return match[0].strip(), False

    def end(self, expected: str) -> None:
        self._skip()
        if self.at < len(self.text):
            raise self.error(expected)

    def error(self, expected: str, at: int | None = None) -> QueryError:
        place = self.at if at is None else at
        found = repr(self.text[place : place + 20]) if place < len(self.text) else "the end"
        return QueryError(f"filter {self.text!r}, at character {place + 1}: expected {expected}, found {found}")

    def _skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
