"""An incremental build: what was loaded since is taken in, and the people whom it concerns are made anew; all others stay as they are.

A message can only change people in three ways: it is theirs; it changes where an alias leads, so that messages move from one person to another; or
it changes whose a shared device was. Each way names the people it concerns, before and after (`dirty`), and a person's messages are stored together,
so these are read, placed again with the new ones, and written back. A message that was deleted changes people in the same three ways (`gone`). The
result is that of a full build, row for row.
"""
# ruff: noqa: S608 - names of our own schemas

from __future__ import annotations

from typing import NamedTuple

from clew.models import events, finish, full, gone, identity, ledger
from clew.models.frame import Frame

HAND = """event_number, model_time, kind_id, anonymous_number, user_number, activity, other_time, is_suspect, batch_index, previous_number,
    context_id, page_number, referrer_number, group_number, device_number"""


class Touched(NamedTuple):
    """How many people were made anew, and how many events they have."""

    people: int
    events: int


def make_some(frame: Frame, build_id: int, denied_before: tuple[tuple[str, ...], ...]) -> Touched:
    """Take in the frame's loads, and what was deleted, denied or given back since, in the transaction that is open."""
    frame.tell("identifiers", 0, 0)
    gone.take_out(frame)
    identity.collect(frame)
    identity.merge(frame, denied_before)
    frame.tell("people", 0, 0)
    full.number_people(frame)
    full.number_texts(frame)
    _take_in_hand(frame)
    _settle_devices(frame)
    _join_the_people_of_new_messages(frame)
    frame.cursor.execute(
        f"""CREATE OR REPLACE TEMP TABLE names_before AS
        SELECT event_number, session_id FROM {frame.schema}.stored_sessions WHERE person IN (SELECT person FROM dirty)"""
    )
    for table in ("stored_events", "stored_sessions", "uncounted_tracks"):
        frame.cursor.execute(f"DELETE FROM {frame.schema}.{table} WHERE person IN (SELECT person FROM dirty)")
    frame.temp("leads", "leads")
    written = events.place(frame, frame.sql("messages_in_hand"), frame.cursor, _some_shared(frame))
    finish.finish(frame, written.some_uncounted)
    people = int(frame.one("SELECT count(*) FROM dirty"))
    ledger.touch(frame.cursor, build_id, "FROM dirty")
    if frame.one("SELECT count(*) FROM gone"):
        ledger.touch(frame.cursor, build_id, f"SELECT {ledger.ALL} AS person")
    for table in ("hand", "dirty", "affected", "seen", "known", "leads", "blocked", "new_edges", "gone", "bereft", "names_before"):
        frame.cursor.execute(f"DROP TABLE {table}")
    return Touched(people, written.events)


def _take_in_hand(frame: Frame) -> None:
    """The messages of the people concerned, and the new ones."""
    frame.cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE hand AS SELECT {HAND} FROM {frame.schema}.person_events WHERE person IN (SELECT person FROM dirty)"
    )
    frame.temp("identifier_people", "identifier_people")
    frame.cursor.execute(f"INSERT INTO hand SELECT {HAND} FROM ({full.encoded(frame)})")


def _settle_devices(frame: Frame) -> None:
    """Whose the affected shared devices were when, from the messages in hand: all their identified ones are among them."""
    frame.cursor.execute(f"DELETE FROM {frame.schema}.intervals WHERE alias_id IN (SELECT id FROM affected)")
    frame.cursor.execute(f"CREATE OR REPLACE TEMP TABLE shared AS FROM {frame.schema}.shared_devices WHERE id IN (SELECT id FROM affected)")
    if frame.one("SELECT count(*) FROM shared"):
        frame.temp("sightings", "sightings", messages="hand")
        frame.cursor.execute(f"INSERT INTO {frame.schema}.intervals {frame.sql('intervals')}")


def _join_the_people_of_new_messages(frame: Frame) -> None:
    """Whoever gets a new message is made anew too."""
    frame.temp("leads", "leads")
    placed = frame.sql("placed", messages=frame.sql("messages_in_hand"), some_shared=_some_shared(frame))
    frame.cursor.execute(
        f"""CREATE OR REPLACE TEMP TABLE joining AS
        SELECT DISTINCT person FROM ({placed}) WHERE person > 0 AND person NOT IN (SELECT person FROM dirty)"""
    )
    frame.cursor.execute(f"INSERT INTO hand SELECT {HAND} FROM {frame.schema}.person_events WHERE person IN (SELECT person FROM joining)")
    frame.cursor.execute("INSERT INTO dirty FROM joining; DROP TABLE joining")


def _some_shared(frame: Frame) -> bool:
    return bool(frame.one(f"SELECT count(*) FROM {frame.schema}.shared_devices"))
