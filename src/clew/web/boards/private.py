"""What a dashboard may show to who holds its link and is nobody here: numbers of many, and no person.

Refused are lists of people, SQL files of the project's own (nobody knows what they select), questions about properties and columns that are
identifiers by their name, and answers in which an identifier of somebody stands, or what looks like one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from clew.analyses.asked import field_of
from clew.predicates import OF_SESSION, Field, Predicate, parse
from clew.web.reports.question import Asked

Known = Callable[[Sequence[str]], bool]
"""Whether one of the texts is an identifier of a person."""
COLUMNS = frozenset(("type", "source", "platform", *OF_SESSION)) - {"landing", "exit"}
"""Columns that name nobody. A page may: its path can be somebody's."""
_THINGS = frozenset(("product", "category", "plan", "campaign", "store", "variant", "list", "promotion", "coupon", "page", "screen", "build"))
"""What may have an id, or a name, that is nobody's."""
_PERSONAL = frozenset(
    re.findall(
        r"\w+",
        "email mail phone mobile tel telephone fax username user login nickname firstname lastname surname "
        "fullname person people customer member visitor account contact recipient sender author owner address street "
        "postcode zip ip uid uuid guid token session cookie password iban card ssn passport "
        "birthday birth dob latitude longitude lat lon lng device fingerprint idfa idfv gaid ",
    )
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LOOKS_LIKE = re.compile(
    r"\S+@\S+\.\S+|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,}|(?:\d{1,3}\.){3}\d{1,3}|\+?(?:[\s().-]*\d){9,}[\s().-]*", re.IGNORECASE
)
"""An address of e-mail, a UUID, a hash, an IP address, a telephone number."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+Z?)?")
_HEADS = frozenset(("unit", "person_id", "universal_user_id", "user_id", "anonymous_id", "session_id", "device_id", "message_id", "email", "ip"))
_EVENTS, _FIELDS, _NAMES = ("event", "divided_by", "step", "exclude", "cohort", "returning", "goal"), ("by", "property", "label"), ("anchor",)
"""Params of conditions, of fields, and of names that are shown."""


def refusal(asked: Asked, rows: Sequence[Mapping[str, Any]], known: Known, root: Path) -> str:
    """Why the answer cannot be shown to a stranger; empty where it can."""
    return by_question(asked, root) or _by_answer(asked, rows, known)


def by_question(asked: Asked, root: Path) -> str:
    """Why no answer of this question can be shown; empty where one may."""
    if asked.is_list:
        return "It is a list of people."
    if asked.file is not None and (root / "reports" / f"{asked.name}.sql").is_file():
        return "It is an SQL file of this project's own, which may name people."
    for field in fields(asked):
        if is_personal(field):
            return f"It asks for {field}, which is an identifier of people by its name."
    return ""


def _by_answer(asked: Asked, rows: Sequence[Mapping[str, Any]], known: Known) -> str:
    if rows and _HEADS & rows[0].keys():
        return "Its rows are people."
    texts = sorted({text for text in (*_texts(rows), *_values(asked)) if not _DATE.fullmatch(text)})
    if any(map(_LOOKS_LIKE.fullmatch, texts)):
        return "A value in it looks like an identifier."
    return "A value in it is an identifier of a person." if texts and known(texts) else ""


def is_personal(field: Field) -> bool:
    """Whether its name says that it tells people apart.

    >>> [is_personal(Field(path=(name,))) for name in ("email", "userId", "order_id", "product_id", "category", "name", "product_name")]
    [True, True, True, False, False, True, False]
    """
    if field.column is not None:
        return field.column not in COLUMNS
    return any(_is_personal(key) for key in field.path)


def _is_personal(key: str) -> bool:
    words = [word.lower() for word in _WORD.findall(key)]
    of_things = bool(_THINGS.intersection(words[:-1]))
    return bool(_PERSONAL.intersection(words)) or (bool(words) and words[-1] in ("id", "ids", "name") and not of_things)


def fields(asked: Asked) -> Iterator[Field]:
    """All that a question looks at."""
    for name in _FIELDS:
        if (text := asked.given.get(name)) is not None and (field := field_of(text)) is not None:
            yield field
    for predicate in _predicates(asked):
        yield from (condition.field for alternative in predicate.alternatives for condition in alternative.where)


def _predicates(asked: Asked) -> Iterator[Predicate]:
    for name in _EVENTS:
        for text in asked.given.get(name, ()):
            yield parse(re.sub(r"@\d+-\d+$", "", text) if name == "exclude" else text)


def _values(asked: Asked) -> Iterator[str]:
    """What the question itself says, and a page shows."""
    for predicate in _predicates(asked):
        for alternative in predicate.alternatives:
            yield from filter(None, [alternative.name])
            yield from (value for condition in alternative.where for value in condition.values)
    for name in _NAMES:
        found = asked.given.get(name, ())
        yield from [found] if isinstance(found, str) else found


def _texts(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        for name, value in row.items():
            if name != "name" or "step" not in row or "share_of_first" not in row:  # a funnel's step is the question's own text
                yield from [value] if isinstance(value, str) else (v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def known_in(cursor: duckdb.DuckDBPyConnection, texts: Sequence[str]) -> bool:
    """Whether one of them is an alias of somebody in the newest build."""
    row = cursor.execute("SELECT count(*) FROM main.universal_alias_mapping WHERE alias IN (SELECT unnest(?))", [list(texts)]).fetchone()
    return row is not None and row[0] > 0
