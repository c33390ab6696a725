"""The list of builds, newest first: those that came through, those that failed, and the one that runs."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from clew import clock
from clew.models.history.attempts import KILLED, STOPPED
from clew.models.history.rules import Difference, decoded, differences
from clew.models.history.tables import Cursor
from clew.tomlfile import literal

State = Literal["running", "done", "failed", "stopped"]
STATES: tuple[State, ...] = ("running", "done", "failed", "stopped")


CSV_HEADER = ("build_id", "state", "started_at", "seconds", "kind", "loads", "load_id", "people", "events", "data_as_of", "tries", "why")


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One build. Times are microseconds since 1970 UTC; what is not known (of one that failed or runs) is None."""

    state: State
    build_id: int | None
    reason: str
    changes: tuple[Difference, ...]
    """The rules that are others than in the build before."""
    is_full: bool
    started_at: int
    seconds: float | None
    loads: int | None
    """How many loads it took in; None where the events are the owner's own, and where the build before is not in the list any more."""
    load_id: int | None
    """The newest of these."""
    people: int | None
    """How many were made anew."""
    events: int | None
    """How many events these have."""
    data_as_of: int | None
    error: str | None
    tries: int
    """How often it failed in a row for the same reason; the times are the last one's."""

    def why(self) -> str:
        """Why it ran, with the rules that were changed; and why it failed."""
        said = "; ".join(f"{change.name} {literal(change.before)} -> {literal(change.after)}" for change in self.changes)
        times = f" ({self.tries} times)" if self.tries > 1 else ""
        return f"{self.reason}{': ' if said else ''}{said}{f'. {self.state}{times}: {self.error}' if self.error else ''}"

    def cells(self) -> list[str | int | float | None]:
        """The row of CSV_HEADER."""
        told = self.as_json() | {"kind": "full" if self.is_full else "incremental", "why": self.why()}
        return [told[name] for name in CSV_HEADER]

    def as_json(self) -> dict[str, Any]:
        times = {name: None if (t := getattr(self, name)) is None else clock.iso(t) for name in ("started_at", "data_as_of")}
        return {**msgspec.to_builtins(self), **times}


class Page(msgspec.Struct, frozen=True):
    """Some builds of a list, and how many it has in all."""

    builds: list[Listed]
    total: int


def listed(cursor: Cursor, limit: int, offset: int = 0, *, state: State | None = None, full: bool | None = None, running: bool = False) -> Page:
    """The newest builds: all, those of a `state`, or full or incremental ones. `running`: whether a build runs; else one that is open was killed."""
    values = {"limit": limit, "offset": offset, "state": state, "is_full": full, "running": running, "killed": KILLED, "stopped": STOPPED}
    rows = cursor.execute(_LISTED, values).fetchall()
    names = [column[0] for column in cursor.description]
    return Page([_row(dict(zip(names, row, strict=True))) for row in rows], rows[0][0] if rows else _total(cursor, values))


def _total(cursor: Cursor, values: dict[str, Any]) -> int:
    """Beyond the end of the list no row says how long it is."""
    row = cursor.execute(_LISTED, values | {"limit": 1, "offset": 0}).fetchone()
    return int(row[0]) if row else 0


def _row(row: dict[str, Any]) -> Listed:
    before, after = decoded(row.pop("rules_before")), decoded(row.pop("rules"))
    del row["total"]
    return Listed(**row, changes=differences(before, after) if before and after else ())


_LISTED = """WITH
-- Builds that came through: each with the newest load of the one before, where the list has it still, and its rules, which only full ones change.
done AS (
  SELECT
    'done' AS state, b.build_id, b.reason, b.is_full, b.started_at, b.seconds,
    CASE WHEN b.is_full THEN 0 WHEN lag(b.build_id) OVER listed = b.build_id - 1 THEN lag(b.load_id) OVER listed END AS after_load_id,
    b.load_id, b.people, b.events, b.data_as_of, NULL AS error, 1 AS tries, b.fingerprint, lag(b.fingerprint) OVER listed AS fingerprint_before
  FROM clew.builds AS b
  WINDOW listed AS (ORDER BY b.build_id)
),
-- Those that did not, and the one that runs: each with the build that was served then.
attempts AS (
  SELECT
    CASE
      WHEN error IS NULL AND $running THEN 'running'
      WHEN coalesce(error, $killed) = $killed OR starts_with(error, $stopped) THEN 'stopped'
      ELSE 'failed'
    END AS state,
    NULL AS build_id, reason, is_full, started_at, seconds, NULL AS after_load_id, load_id, NULL AS people, NULL AS events, NULL AS data_as_of,
    CASE WHEN error IS NULL AND $running THEN NULL ELSE coalesce(error, $killed) END AS error, tries, fingerprint,
    (SELECT arg_max(b.fingerprint, b.build_id) FROM clew.builds AS b WHERE b.started_at < a.started_at) AS fingerprint_before
  FROM clew.build_attempts AS a
),
chosen AS (
  SELECT * FROM done WHERE coalesce(state = $state, true) AND coalesce(is_full = $is_full, true)
  UNION ALL BY NAME
  SELECT * FROM attempts WHERE coalesce(state = $state, true) AND coalesce(is_full = $is_full, true)
),
paged AS (
  SELECT count(*) OVER () AS total, *
  FROM chosen
  ORDER BY started_at DESC, build_id DESC
  LIMIT $limit OFFSET $offset
)
SELECT
  total, state, build_id, reason, is_full, epoch_us(started_at) AS started_at, seconds, load_id, people, events,
  (SELECT nullif(count(*), 0) FROM clew.loads AS l WHERE l.load_id > paged.after_load_id AND l.load_id <= paged.load_id) AS loads,
  epoch_us(data_as_of) AS data_as_of, error, tries, r.rules, p.rules AS rules_before
FROM paged
LEFT JOIN clew.build_rules AS r ON r.fingerprint = paged.fingerprint AND paged.fingerprint <> paged.fingerprint_before
LEFT JOIN clew.build_rules AS p ON p.fingerprint = paged.fingerprint_before AND paged.fingerprint <> paged.fingerprint_before
ORDER BY started_at DESC, build_id DESC"""
