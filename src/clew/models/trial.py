"""What other rules would make of the same messages: built beside what is served, compared, and dropped. Nothing that anyone reads is changed."""
# ruff: noqa: S608 - names of our own schemas

from __future__ import annotations

from pathlib import Path

import duckdb
import msgspec

from clew import clock
from clew.config import Settings
from clew.errors import BuildError
from clew.models import full, ledger
from clew.models.building import ONE_AT_A_TIME
from clew.models.frame import Frame
from clew.models.history import Progress, Tell, nobody
from clew.models.served import Cursor, current_build
from clew.models.stopping import Stop
from clew.state import denied_edges

SCHEMA = "trial"
EXAMPLES = 10


class Example(msgspec.Struct, frozen=True):
    """One person, and whom it would come of (merged) or fall apart into (split)."""

    universal_user_id: str
    people: list[str]
    aliases: int


class Numbers(msgspec.Struct, frozen=True):
    """Totals under one set of rules. Durations in seconds, without buffer; None where there is no session."""

    people: int
    sessions: int
    bounce_rate: float | None
    mean_seconds: float | None


class Trial(msgspec.Struct, frozen=True):
    """Now, and then under the other rules: totals, how many people would be made of several and fall apart, and the largest of these."""

    now: Numbers
    then: Numbers
    merged: int
    split: int
    largest_merged: list[Example]
    largest_split: list[Example]


def try_rules(cursor: Cursor, settings: Settings, root: Path, tell: Tell = nobody, stop: Stop | None = None) -> Trial:
    """Build everything that the served build holds under `settings` in a schema of its own, and compare. Waits for a build that runs.

    `tell` is told how far it is; another thread may stop it by `stop`. Takes about as long as a full build. Raises BuildError, also where nothing
    was built yet, and Stopped.
    """
    stop = stop or Stop()
    with ONE_AT_A_TIME:
        served = current_build(cursor)
        if served is None:
            raise BuildError("expected a build to compare with, found none: run `clew build` first")
        progress = Progress(reason="trial", is_full=True, started_at=clock.now(), expected_seconds=ledger.seconds_of_last(cursor, True))
        denied = denied_edges(root, settings)
        frame = Frame(cursor, settings, root, SCHEMA, None, served.load_id, denied, tell=lambda *at: tell(progress.at(*at)), stop=stop)
        try:
            cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            with stop.heeded(cursor):
                full.make_all(frame)
                return _compared(frame, served.schema)
        except duckdb.Error as error:
            raise BuildError(f"the rules could not be tried: {error}") from error
        finally:
            cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def _compared(frame: Frame, served: str) -> Trial:
    merged, split = _changed(frame, served, of="now_id", into="then_id"), _changed(frame, served, of="then_id", into="now_id")
    return Trial(_numbers(frame, served), _numbers(frame, SCHEMA), len(merged), len(split), merged[:EXAMPLES], split[:EXAMPLES])


def _changed(frame: Frame, served: str, *, of: str, into: str) -> list[Example]:
    """The people of one side whose aliases belong to several people of the other, largest first."""
    rows = frame.cursor.execute(
        f"""WITH
        -- Each alias, with its person now and then.
        aliases AS (
          SELECT alias, n.universal_user_id AS now_id, t.universal_user_id AS then_id
          FROM {served}.universal_alias_mapping AS n
          JOIN {SCHEMA}.universal_alias_mapping AS t USING (alias)
        )
        SELECT {into}, list_sort(list(DISTINCT {of})), count(*) AS aliases
        FROM aliases
        GROUP BY {into}
        HAVING count(DISTINCT {of}) > 1
        ORDER BY aliases DESC, {into}"""
    ).fetchall()
    return [Example(person, people, aliases) for person, people, aliases in rows]


def _numbers(frame: Frame, schema: str) -> Numbers:
    row = frame.cursor.execute(
        f"""SELECT
          (SELECT count(DISTINCT person_id) FROM {schema}.universal_alias_mapping), count(*),
          avg(CAST(is_bounced AS INTEGER)), avg(duration_seconds)
        FROM {schema}.session_facts"""
    ).fetchone()
    return Numbers(*(row or (0, 0, None, None)))
