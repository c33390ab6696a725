"""The statements of a build: files in `build_sql/`, with the rules, the loads and the names of the build written into them."""
# ruff: noqa: S608 - names of our own schemas, and whole numbers

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from clew.config import Settings
from clew.models.render import BEFORE_ALL, environment, expressions
from clew.models.served import Cursor
from clew.models.stopping import Stop
from clew.warehouse import own_events

OPTIONAL = (
    "activity",
    "other_time",
    "is_suspect",
    "batch_index",
    "previous_number",
    "context_id",
    "page_number",
    "referrer_number",
    "group_number",
    "device_number",
)
"""Columns that many projects' messages have none of, or all alike. Where a build finds it so, they are not read, sorted or stored."""

_environment = environment("build_sql")


def silent(step: str, done: int = 0, total: int = 0) -> None:
    """Where nobody wants to know how far it is."""


class Frame(NamedTuple):
    """One build at work: its connection, rules, schema, and the loads it takes in: those in (after, upto]; None: from the first."""

    cursor: Cursor
    settings: Settings
    root: Path
    schema: str
    after: int | None
    upto: int
    denied: tuple[tuple[str, ...], ...] = ()
    optional: tuple[str, ...] = OPTIONAL
    """Those of OPTIONAL that the messages have."""
    tell: Callable[[str, int, int], None] = silent
    """Told of each step of `history.progress.STEPS` as it begins, and how many of its events are done."""
    stop: Stop = Stop()
    """Asked of by who wants it stopped; by default nobody does."""

    def sql(self, name: str, **more: Any) -> str:
        """The text of `build_sql/<name>.sql`."""
        return _environment.get_template(f"{name}.sql").render(self._values() | more).strip()

    def temp(self, table: str, step: str, **more: Any) -> None:
        """Make a temporary table of a step's rows."""
        self.cursor.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {self.sql(step, **more)}")

    def one(self, query: str) -> Any:
        """The first value of the first row."""
        row = self.cursor.execute(query).fetchone()
        return row[0] if row else None

    @property
    def dirty_only(self) -> bool:
        """Whether some people are built anew, not all."""
        return self.after is not None

    def _values(self) -> dict[str, Any]:
        spaces = self.settings.identity.space
        return expressions(self.settings) | {
            "ref": lambda name: f"{self.schema}.{name}",
            "and_new": self.and_new,
            "and_space": lambda alias: f" AND {alias}.space = {_space_of(self.settings, 'e.source')}" if spaces else "",
            "optional": self.optional,
            "dirty_only": self.dirty_only,
            "longest_blocked": max((len(text.encode()) for text in self.settings.identity.blocked), default=0),
            "session_name": "CAST('0x' || left(md5(source || '/' || message_id), 15) AS BIGINT)",
            "column": self._column,
            "identifiers": self.identifiers,
            "joins": self._joins(),
            "and_dirty": lambda column: f" AND {column} IN (SELECT person FROM dirty)" if self.dirty_only else "",
            "text_columns": self._text_columns(),
        }

    @property
    def and_new(self) -> str:
        """The condition on messages that they came with the frame's loads."""
        return f" AND load_id <= {self.upto}" + (f" AND load_id > {self.after}" if self.dirty_only else "")

    @property
    def identifiers(self) -> str:
        """The table of all identifiers; where some people are built anew, that of those in the new messages."""
        return "known" if self.dirty_only else "clew.identifiers"

    def _column(self, name: str, value: str, otherwise: str) -> str:
        """One of OPTIONAL, as far as it is needed: a full build leaves out what no message has."""
        if name in self.optional:
            return f"\n  {value} AS {name},"
        return f"\n  {otherwise} AS {name}," if self.dirty_only else ""

    def _joins(self) -> list[str]:
        value = expressions(self.settings)
        space = f" AND v.space = {_space_of(self.settings, 'e.source')}" if self.settings.identity.space else ""
        joins = {
            "previous_number": f"LEFT JOIN {self.identifiers} AS v ON v.alias = e.previous_id{space}",
            "context_id": f"LEFT JOIN clew.event_contexts AS c ON c.context = {value['context']}",
            "page_number": f"LEFT JOIN clew.event_texts AS g ON g.text = {value['page']}",
            "referrer_number": f"LEFT JOIN clew.event_texts AS r ON r.text = {value['referrer']}",
            "group_number": "LEFT JOIN clew.event_texts AS o ON o.text = e.group_id",
            "device_number": f"LEFT JOIN clew.event_texts AS d ON d.text = {value['device']}",
        }
        return [join for name, join in joins.items() if name in self.optional]

    def _text_columns(self) -> list[str]:
        value = expressions(self.settings)
        columns = {"page_number": value["page"], "referrer_number": value["referrer"], "group_number": "group_id", "device_number": value["device"]}
        return [column for name, column in columns.items() if name in self.optional]


def _space_of(settings: Settings, column: str) -> str:
    return str(expressions(settings)["space"](column))


def present(frame: Frame) -> tuple[str, ...]:
    """Which of OPTIONAL the messages of the frame's loads have: each is looked for until it is found."""
    value = expressions(frame.settings)
    conditions = {
        "activity": "NOT activity",
        # What is suspect for coming before it was received has two times, so that the cheaper half of the question is left.
        "other_time": f"received_at <> timestamp OR {BEFORE_ALL}",
        "is_suspect": value["is_suspect"],
        "batch_index": "batch_index <> 0",
        "previous_number": "previous_id IS NOT NULL",
        "context_id": f"{value['context']} IS NOT NULL",
        "page_number": f"{value['page']} IS NOT NULL",
        "referrer_number": f"{value['referrer']} IS NOT NULL",
        "group_number": "group_id IS NOT NULL",
        "device_number": f"{value['device']} IS NOT NULL",
    } | _conditions_of_own(frame.settings)
    found: list[str] = []
    for name in OPTIONAL:
        if name == "is_suspect" and "other_time" not in found:
            continue
        relation = value["enriched" if name == "context_id" else "events"]
        if frame.one(f"SELECT EXISTS (FROM {relation} WHERE ({conditions[name]}){frame.and_new})"):
            found.append(name)
    return tuple(found)


def _conditions_of_own(settings: Settings) -> dict[str, str]:
    """An owner's event was received when it happened, if no column says otherwise, and its device is its anonymous id: that need not be compared."""
    own = own_events.configured(settings)
    conditions = {"device_number": "false"} if own and settings.sessions.scope != "device" else {}
    if own and not settings.events.received_at:
        conditions |= dict.fromkeys(("other_time", "is_suspect"), "timestamp < TIMESTAMP '2000-01-01'")
    return conditions
