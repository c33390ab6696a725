"""The people of a kept list, as SQL: those behind a report's number, or those of the people's list. Each once, by their universal id."""
# ruff: noqa: S608 - our own SQL, and that of reports, whose values are quoted

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping

from clew.analyses.people.ask import Page, all_spaces
from clew.analyses.people.search import MOST_LOOKED_AT
from clew.analyses.registry import Question
from clew.analyses.text import Value, runnable, sql_text
from clew.config import Settings
from clew.errors import QueryError

PEOPLE_LISTS = {"active": "people_active", "recent": "people_recent", "identifier": "people_found", "trait": "people_by_trait"}
"""The lists of the people's page, and their texts in `sql/`."""


def behind_number(question: Question) -> str:
    """The people whom a report's list has; of a list of sessions, whose they are. Raises QueryError for what lists no people."""
    if not question.is_list:
        raise QueryError(f"expected the list behind a number, found {question.report} itself: an audience is people")
    unit = _unit(question)
    if unit == "account":
        raise QueryError("expected a list of people or of their sessions, found one of accounts: an audience is people")
    column = {"person": "unit", "session": "universal_user_id" if question.report == "funnel" else "person_id"}[unit]
    return _people(question.sql, column)


def in_list(kind: str, text: str, days: Mapping[str, Value], settings: Settings) -> str:
    """The people of a list of the people's page; `days` has from, to and source of the active ones. Raises QueryError."""
    if kind not in PEOPLE_LISTS:
        raise QueryError(f"expected a list among {', '.join(PEOPLE_LISTS)}, found {kind!r}")
    found = text.lower() if kind == "trait" else text
    needle = json.dumps(found, ensure_ascii=False)[1:-1]
    values: dict[str, Value] = {"text": found, "needle": needle, "most": MOST_LOOKED_AT, **days, **all_spaces(settings), **Page().values}
    return _people(runnable(sql_text(PEOPLE_LISTS[kind]), values), "person_id")


def counted(people: str) -> str:
    """How many they are."""
    return f"SELECT count(*) AS people\nFROM (\n{textwrap.indent(people, '    ')}\n)"


def _unit(question: Question) -> str:
    params = question.params
    if question.report == "trends":
        return {"accounts": "account", "sessions": "session"}.get(params["measure"], "person")
    if question.report == "paths":
        return "session" if params["scope"] == "session" else "person"
    return str(params["unit"])


def _people(members: str, column: str) -> str:
    key = "universal_user_id" if column == "universal_user_id" else "person_id"
    return f"""SELECT DISTINCT p.person_id, p.universal_user_id
FROM (
{textwrap.indent(members.strip().rstrip(";"), "    ")}
) AS m
JOIN (
    SELECT person_id, min(universal_user_id) AS universal_user_id
    FROM main.universal_alias_mapping
    GROUP BY person_id
) AS p ON p.{key} = m.{column}
ORDER BY p.universal_user_id, p.person_id"""
