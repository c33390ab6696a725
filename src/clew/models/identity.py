"""Who is one person: from the messages of some loads to `aliases`, `edges` and the intervals of shared devices.

The edges are merged, then every alias is followed to its end, over arrays: exact by construction, and a fraction of a second for millions. After new
messages those are followed anew that hang together with an alias that was seen; what differs from before is what a build has to make anew.
"""
# ruff: noqa: S608 - names of our own schemas

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clew.models.follow import follow
from clew.models.frame import Frame
from clew.models.ledger import Cursor, registered

Integers = npt.NDArray[np.int64]


class Mapping(NamedTuple):
    """For each alias with an edge: where it leads. Arrays of one length; everyone else is the own universal id."""

    id: Integers
    root_id: Integers
    universal_id: Integers
    hops: Integers
    in_cycle: npt.NDArray[np.bool_]
    is_held_back: npt.NDArray[np.bool_]


def collect(frame: Frame) -> None:
    """Take in the identifiers and pairs of the frame's loads.

    New rows of `clew.identifiers`, and the temporary tables `seen`, `blocked`, `new_edges`; of an incremental build also `known`, the identifiers in
    the messages of these loads.
    """
    frame.temp("pairs", "pairs")
    _number_identifiers(frame)
    frame.temp("numbered_pairs", "numbered_pairs")
    frame.temp("seen", "seen")
    frame.temp("blocked", "blocked")
    frame.temp("new_edges", "edges")
    deny(frame)
    frame.cursor.execute("DROP TABLE pairs; DROP TABLE numbered_pairs")


def _number_identifiers(frame: Frame) -> None:
    """Those of an incremental build are looked for once among all, and kept."""
    if not frame.dirty_only:
        frame.cursor.execute(f"INSERT INTO clew.identifiers {frame.sql('new_identifiers')}")
        return
    frame.temp("known", "known_identifiers")
    frame.temp("unknown", "new_identifiers")
    frame.cursor.execute("INSERT INTO clew.identifiers FROM unknown; INSERT INTO known FROM unknown; DROP TABLE unknown")


def deny(frame: Frame) -> None:
    """The edges denied by hand as the temporary table `denied`: (alias, next_alias) in every space, or in the one that stands third."""
    frame.cursor.execute("CREATE OR REPLACE TEMP TABLE denied (alias_id INTEGER, next_id INTEGER)")
    for alias, following, *space in frame.denied:
        frame.cursor.execute(
            """INSERT INTO denied SELECT a.id, n.id FROM clew.identifiers AS a JOIN clew.identifiers AS n ON n.space = a.space
            WHERE a.alias = ? AND n.alias = ? AND a.space = coalesce(?, a.space)""",
            [alias, following, *space, *([None] if not space else [])],
        )


def make(frame: Frame) -> None:
    """Make `edges`, `aliases`, `shared_devices` and `intervals` from what was collected."""
    frame.cursor.execute(f"CREATE TABLE {frame.schema}.edges AS {latest_edges(frame, 'new_edges')}")
    found = resolve(frame)
    with registered(frame.cursor, found._asdict()) as name:
        frame.cursor.execute(
            f"""CREATE TABLE {frame.schema}.aliases AS
            SELECT
              s.*, s.id IN (SELECT id FROM blocked) AS is_blocked,
              CAST(coalesce(m.root_id, s.id) AS INTEGER) AS root_id, CAST(coalesce(m.universal_id, s.id) AS INTEGER) AS universal_id,
              CAST(coalesce(m.hops, 0) AS INTEGER) AS hops, coalesce(m.in_cycle, false) AS in_cycle, coalesce(m.is_held_back, false) AS is_held_back
            FROM seen AS s LEFT JOIN {name} AS m USING (id)"""
        )
    frame.cursor.execute(f"CREATE TABLE {frame.schema}.shared_devices AS {find_shared(frame)}")
    frame.cursor.execute(f"CREATE OR REPLACE TEMP TABLE shared AS FROM {frame.schema}.shared_devices")
    frame.cursor.execute(f"CREATE TABLE {frame.schema}.intervals (alias_id INTEGER, valid_from TIMESTAMP, valid_to TIMESTAMP, person_id INTEGER)")
    if frame.one("SELECT count(*) FROM shared"):
        frame.temp("sightings", "first_sightings")
        frame.cursor.execute(f"INSERT INTO {frame.schema}.intervals {frame.sql('intervals')}")


def merge(frame: Frame, denied_before: tuple[tuple[str, ...], ...]) -> None:
    """Take what was collected into `aliases`, `edges` and `shared_devices`.

    Leaves the temporary tables `dirty` (people to make anew) and `affected` (shared devices, past or present, whose intervals to find anew).
    """
    _merge_aliases(frame)
    _merge_edges(frame, denied_before)
    _move(frame)
    frame.cursor.execute(f"CREATE OR REPLACE TEMP TABLE shared_now AS {find_shared(frame)}")
    frame.temp("affected", "affected")
    frame.temp("dirty", "dirty")
    frame.cursor.execute(f"DELETE FROM {frame.schema}.shared_devices WHERE id NOT IN (FROM shared_now)")
    frame.cursor.execute(f"INSERT INTO {frame.schema}.shared_devices FROM shared_now WHERE id NOT IN (FROM {frame.schema}.shared_devices)")
    frame.cursor.execute("DROP TABLE shared_now; DROP TABLE moved; DROP TABLE touched")


def _merge_aliases(frame: Frame) -> None:
    aliases = f"{frame.schema}.aliases"
    frame.cursor.execute(
        f"""UPDATE {aliases} AS a SET
          first_seen_at = least(a.first_seen_at, s.first_seen_at), last_seen_at = greatest(a.last_seen_at, s.last_seen_at),
          as_anonymous = a.as_anonymous OR s.as_anonymous, as_user = a.as_user OR s.as_user
        FROM seen AS s WHERE s.id = a.id"""
    )
    frame.cursor.execute(
        f"""INSERT INTO {aliases} BY NAME
        SELECT s.*, s.id IN (FROM blocked) AS is_blocked, s.id AS root_id, s.id AS universal_id, 0 AS hops, false AS in_cycle, false AS is_held_back
        FROM seen AS s WHERE s.id NOT IN (SELECT id FROM {aliases} WHERE id IN (SELECT id FROM seen))"""
    )
    frame.cursor.execute(f"CREATE OR REPLACE TEMP TABLE blocked AS SELECT id FROM {aliases} WHERE is_blocked")


def _merge_edges(frame: Frame, denied_before: tuple[tuple[str, ...], ...]) -> None:
    """The edges of every alias that has a new sighting, or lost one, or has one denied or given back, are judged anew."""
    edges = f"{frame.schema}.edges"
    frame.cursor.execute(
        f"""UPDATE {edges} AS e SET seen_at = greatest(e.seen_at, n.seen_at)
        FROM new_edges AS n WHERE n.alias_id = e.alias_id AND n.next_id = e.next_id"""
    )
    frame.cursor.execute(f"INSERT INTO {edges} SELECT *, false, false FROM new_edges ANTI JOIN {edges} USING (alias_id, next_id)")
    frame.cursor.execute("CREATE OR REPLACE TEMP TABLE touched AS SELECT alias_id AS id FROM new_edges UNION SELECT id FROM bereft")
    for alias, *_ in sorted(set(frame.denied) ^ set(denied_before)):
        frame.cursor.execute("INSERT INTO touched SELECT id FROM clew.identifiers WHERE alias = ?", [alias])
    judged = latest_edges(frame, f"(SELECT * FROM {edges} WHERE alias_id IN (SELECT id FROM touched))")
    frame.cursor.execute(f"CREATE OR REPLACE TEMP TABLE judged AS {judged}")
    frame.cursor.execute(f"DELETE FROM {edges} WHERE alias_id IN (SELECT id FROM touched)")
    frame.cursor.execute(f"INSERT INTO {edges} FROM judged; DROP TABLE judged")


def _move(frame: Frame) -> None:
    """Follow anew the aliases that may lead elsewhere. Those that do: `moved` (id, and the people before and after)."""
    aliases = f"{frame.schema}.aliases"
    frame.temp("followed", "followed")
    rows = frame.cursor.execute(f"SELECT {', '.join(Mapping._fields)} FROM {aliases} WHERE id IN (SELECT id FROM followed) ORDER BY id").fetchnumpy()
    before = Mapping(**{name: np.asarray(values) for name, values in rows.items()})
    after = _of_all(before.id, resolve(frame, "followed"))
    changed = np.flatnonzero(np.any([old != new for old, new in zip(before, after, strict=True)], axis=0))
    found = {name: values[changed] for name, values in after._asdict().items()} | {"before_id": before.universal_id[changed]}
    with registered(frame.cursor, found) as name:
        frame.cursor.execute(
            f"""UPDATE {aliases} AS a SET
              root_id = m.root_id, universal_id = m.universal_id, hops = m.hops, in_cycle = m.in_cycle, is_held_back = m.is_held_back
            FROM {name} AS m WHERE m.id = a.id"""
        )
        frame.cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE moved AS SELECT id, before_id, universal_id AS after_id FROM {name} WHERE before_id <> universal_id"
        )
    frame.cursor.execute("DROP TABLE followed")


def _of_all(ids: Integers, mapping: Mapping) -> Mapping:
    """The mapping of all these aliases, in their order; it had those with an edge."""
    size, place = len(ids), np.searchsorted(ids, mapping.id)
    whole = Mapping(ids, ids.copy(), ids.copy(), np.zeros(size, np.int64), np.zeros(size, bool), np.zeros(size, bool))
    for values, some in zip(whole[1:], mapping[1:], strict=True):
        values[place] = some
    return whole


def find_shared(frame: Frame) -> str:
    """The query of shared devices; in mode `last` there are none."""
    query = frame.sql("shared")
    return f"SELECT * FROM ({query}) WHERE false" if frame.settings.identity.mode == "last" else query


def latest_edges(frame: Frame, edges: str) -> str:
    """The query of some edges with which of them count, and which is its alias's latest."""
    return frame.sql("latest_edges", edges=edges, some_denied=bool(frame.denied))


def resolve(frame: Frame, chosen: str = "") -> Mapping:
    """Follow every alias that has a latest edge, or those of a table, and hold back what merge protection says."""
    condition = f" AND alias_id IN (SELECT id FROM {chosen})" if chosen else ""
    query = f"SELECT alias_id, next_id, epoch_us(seen_at) AS seen_at FROM {frame.schema}.edges WHERE is_latest{condition}"
    rows = frame.cursor.execute(query).fetchnumpy()
    alias, target, seen_at = (np.asarray(rows[c], np.int64) for c in ("alias_id", "next_id", "seen_at"))
    nodes, places = _closely(np.concatenate([alias, target]), bool(chosen))
    ends = follow(places[: len(alias)], places[len(alias) :], seen_at, lambda some: text_ranks(frame.cursor, nodes[some]))
    root = nodes[ends.root]
    is_leaf = ~np.isin(alias, target)
    held = _held_back(frame, alias[is_leaf], root[is_leaf])
    is_held = np.isin(alias, held) if len(held) else np.zeros(len(alias), bool)
    return Mapping(alias, root, np.where(is_held, alias, root), np.where(is_held, 0, ends.hops), ends.in_cycle, is_held)


def _closely(ids: Integers, few: bool) -> tuple[Integers, Integers]:
    """The ids by place, and for each the place. A few of many identifiers are moved together; nearly all stand closely enough as they are."""
    if few:
        nodes, places = np.unique(ids, return_inverse=True)
        return nodes, places
    return np.arange(int(ids.max(initial=0)) + 1), ids


def text_ranks(cursor: Cursor, ids: Integers) -> Integers:
    """For each identifier, its place among them in the order of (space, alias), compared bytewise."""
    with registered(cursor, {"id": ids}) as name:
        found = cursor.execute(
            f"""SELECT n.id, row_number() OVER (ORDER BY i.space, i.alias) AS place
            FROM {name} AS n JOIN clew.identifiers AS i USING (id) ORDER BY n.id"""
        ).fetchnumpy()
    place: Integers = np.asarray(found["place"], np.int64)[np.searchsorted(found["id"], ids)]
    return place


def _held_back(frame: Frame, leaf: Integers, root: Integers) -> Integers:
    """The leaves of each root beyond the first `max_aliases_per_person`, by (first_seen_at, alias)."""
    most = frame.settings.identity.max_aliases_per_person
    crowded = np.bincount(root, minlength=1) > most
    chosen = crowded[root]
    if not chosen.any():
        return np.zeros(0, np.int64)
    table = f"{frame.schema}.aliases" if frame.dirty_only else "seen"
    with registered(frame.cursor, {"id": leaf[chosen], "root": root[chosen]}) as name:
        found = frame.cursor.execute(
            f"""SELECT n.id FROM {name} AS n JOIN {table} AS s USING (id) JOIN clew.identifiers AS i USING (id)
            QUALIFY row_number() OVER (PARTITION BY n.root ORDER BY s.first_seen_at, i.alias) > {most}"""
        ).fetchnumpy()
    return np.asarray(found["id"], np.int64)
