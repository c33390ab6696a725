"""Rules that were changed from a page or a command: who, when, and what they were before. What is in force stands in clew.toml."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from clew.state.file import StateFile


class RuleChange(NamedTuple):
    """One setting, its values as clew.toml has them. `changed_at` is in microseconds since 1970 UTC."""

    changed_at: int
    changed_by: str
    name: str
    before: str
    after: str


def note_changes(file: StateFile, changes: Iterable[tuple[str, str, str]], by: str) -> None:
    """Keep what was changed now: name, before, after."""
    now = file.now()
    with file.transaction() as run:
        for change in changes:
            run("INSERT INTO rule_changes (changed_at, changed_by, name, before, after) VALUES (?, ?, ?, ?, ?)", (now, by, *change))


def rule_changes(file: StateFile, most: int) -> list[RuleChange]:
    """The newest, newest first."""
    rows = file.all("SELECT changed_at, changed_by, name, before, after FROM rule_changes ORDER BY changed_at DESC, rowid DESC LIMIT ?", most)
    return [RuleChange(*row) for row in rows]
