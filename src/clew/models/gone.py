"""What a deletion takes out of the tables that are served: its messages, and what these alone said of identifiers.

Whoever deletes messages writes their numbers to `clew.deleted_events`; the next build takes them in, and empties it. Identifiers that a deleted
message named are looked at anew, in the messages that remain: one look over three columns of whole numbers finds these, wherever they are.
All else follows as it does from new messages: aliases that lead elsewhere now, devices that are no longer shared.
"""
# ruff: noqa: S608 - names of our own schemas

from __future__ import annotations

from clew.models.frame import Frame


def take_out(frame: Frame) -> None:
    """Take the deleted messages out of `stored_events`, and make `aliases` and `edges` what the others say.

    Leaves the temporary tables `gone` (the messages, with the people whose they were) and `bereft` (the identifiers that they named).
    """
    frame.temp("gone", "gone")
    frame.cursor.execute(
        """CREATE OR REPLACE TEMP TABLE bereft AS SELECT anonymous_number AS id FROM gone UNION SELECT user_number FROM gone
        UNION SELECT previous_number FROM gone"""
    )
    frame.cursor.execute("DELETE FROM bereft WHERE id = 0")
    if frame.one("SELECT count(*) FROM gone"):
        frame.cursor.execute(f"DELETE FROM {frame.schema}.stored_events WHERE event_number IN (SELECT event_number FROM gone)")
        frame.temp("numbered_pairs", "remaining_pairs")
        _renew_aliases(frame)
        _renew_edges(frame)
        frame.cursor.execute("DROP TABLE numbered_pairs")


def _renew_aliases(frame: Frame) -> None:
    aliases = f"{frame.schema}.aliases"
    frame.temp("still_seen", "seen")
    frame.cursor.execute(f"DELETE FROM {aliases} WHERE id IN (SELECT id FROM bereft) AND id NOT IN (SELECT id FROM still_seen)")
    frame.cursor.execute(
        f"""UPDATE {aliases} AS a SET
          first_seen_at = s.first_seen_at, last_seen_at = s.last_seen_at, as_anonymous = s.as_anonymous, as_user = s.as_user
        FROM still_seen AS s WHERE s.id = a.id AND s.id IN (SELECT id FROM bereft)"""
    )
    frame.cursor.execute("DROP TABLE still_seen")


def _renew_edges(frame: Frame) -> None:
    """Which of them count, and which is each alias's latest, is judged with those of new messages: see `identity.merge`."""
    edges = f"{frame.schema}.edges"
    frame.cursor.execute(f"DELETE FROM {edges} WHERE alias_id IN (SELECT id FROM bereft)")
    frame.cursor.execute(f"INSERT INTO {edges} SELECT *, false, false FROM ({frame.sql('edges')}) WHERE alias_id IN (SELECT id FROM bereft)")
