"""Who is one person: from the messages of some loads to `aliases`, `edges` and the intervals of shared devices.

The edges are merged, then every alias is followed to its end, over arrays: exact by construction, and a fraction of a second for millions. After new
messages those are followed anew that hang together with an alias that was seen; what differs from before is what a build has to make anew.
"""
# ruff: noqa: S608 - names of our own schemas

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow

from clew.models.follow import follow
from clew.models.frame import Frame
from clew.models.ledger import registered
from clew.models.served import Cursor

Integers = npt.NDArray[np.signedinteger[Any]]

MANY = 2_000_000
"""From so many pairs of identifiers on a full build numbers them by a compiled pass. To load it takes half a second, the first time five."""
SAMPLE = 200_000
"""Of so many messages the pairs are counted, to know about how many all have."""


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

    New rows of `clew.identifiers`, and the temporary tables `seen`, `blocked`, `new_edges`; in a full build `forked` too, the aliases with several of
    these, and in an incremental one `known`, the identifiers in the messages of these loads.
    """
    if not (_are_many(frame) and _collect_many(frame)):
        _collect_few(frame)
    frame.temp("blocked", "blocked")
    deny(frame)


def _are_many(frame: Frame) -> bool:
    """Whether the messages have many different pairs, as far as the first of them tell."""
    if frame.dirty_only:
        return False
    messages = f"FROM clew.model_events WHERE true{frame.and_new}"
    pairs = f"SELECT count(DISTINCT hash(anonymous_id, user_id)), count(*) FROM (SELECT anonymous_id, user_id {messages} LIMIT {SAMPLE})"
    (different, looked_at), *_ = frame.cursor.execute(pairs).fetchall()
    return bool(different * frame.one(f"SELECT count(*) {messages}") >= MANY * looked_at)


def _collect_many(frame: Frame) -> bool:
    from clew.models.dictionary.collect import collect as collect_many  # it loads the compiler

    return collect_many(frame)


def _collect_few(frame: Frame) -> None:
    frame.temp("pairs", "pairs")
    _number_identifiers(frame)
    frame.temp("numbered_pairs", "numbered_pairs")
    frame.temp("seen", "seen")
    frame.temp("new_edges", "edges")
    if not frame.dirty_only:
        frame.cursor.execute("CREATE OR REPLACE TEMP TABLE forked AS SELECT alias_id FROM new_edges GROUP BY alias_id HAVING count(*) > 1")
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
    frame.cursor.execute(f"CREATE TABLE {frame.schema}.edges AS {latest_edges(frame, 'new_edges', is_forked_known=True)}; DROP TABLE forked")
    with registered(frame.cursor, _aliases(frame, resolve(frame))) as name:
        frame.cursor.execute(f"CREATE TABLE {frame.schema}.aliases AS SELECT *, id IN (FROM blocked) AS is_blocked FROM {name}")
    frame.cursor.execute(f"CREATE TABLE {frame.schema}.shared_devices AS {find_shared(frame)}")
    frame.cursor.execute(f"CREATE OR REPLACE TEMP TABLE shared AS FROM {frame.schema}.shared_devices")
    frame.cursor.execute(f"CREATE TABLE {frame.schema}.intervals (alias_id INTEGER, valid_from TIMESTAMP, valid_to TIMESTAMP, person_id INTEGER)")
    if frame.one("SELECT count(*) FROM shared"):
        frame.temp("sightings", "first_sightings")
        frame.cursor.execute(f"INSERT INTO {frame.schema}.intervals {frame.sql('intervals')}")


def _aliases(frame: Frame, found: Mapping) -> pyarrow.Table:
    """Every identifier that was seen, with where it leads."""
    seen = frame.cursor.execute("FROM seen").to_arrow_table()
    ids = seen["id"].to_numpy()
    places = np.empty(int(ids.max(initial=0)) + 1, np.int32)
    places[ids] = np.arange(len(ids))
    for name, values in _of_all(ids, found, places[found.id])._asdict().items():
        if name != "id":
            seen = seen.append_column(name, [values])
    return seen


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
    rows = frame.cursor.execute(f"SELECT {', '.join(Mapping._fields)} FROM followed ORDER BY id").fetchnumpy()
    before = Mapping(**{name: np.asarray(values) for name, values in rows.items()})
    found = resolve(frame, "followed")
    after = _of_all(before.id, found, np.searchsorted(before.id, found.id))
    changed = np.flatnonzero(np.any([old != new for old, new in zip(before, after, strict=True)], axis=0))
    news = {name: values[changed] for name, values in after._asdict().items()} | {"before_id": before.universal_id[changed]}
    with registered(frame.cursor, news) as name:
        frame.cursor.execute(
            f"""UPDATE {aliases} AS a SET
              root_id = m.root_id, universal_id = m.universal_id, hops = m.hops, in_cycle = m.in_cycle, is_held_back = m.is_held_back
            FROM {name} AS m WHERE m.id = a.id"""
        )
        frame.cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE moved AS SELECT id, before_id, universal_id AS after_id FROM {name} WHERE before_id <> universal_id"
        )
    frame.cursor.execute("DROP TABLE followed")


def _of_all(ids: Integers, mapping: Mapping, places: Integers) -> Mapping:
    """The mapping of all these aliases, in their order. It had those with an edge, which stand at `places`."""
    size = len(ids)
    whole = Mapping(ids, ids.copy(), ids.copy(), np.zeros(size, np.int32), np.zeros(size, bool), np.zeros(size, bool))
    for values, some in zip(whole[1:], mapping[1:], strict=True):
        values[places] = some
    return whole


def find_shared(frame: Frame) -> str:
    """The query of shared devices; in mode `last` there are none."""
    query = frame.sql("shared")
    return f"SELECT * FROM ({query}) WHERE false" if frame.settings.identity.mode == "last" else query


def latest_edges(frame: Frame, edges: str, *, is_forked_known: bool = False) -> str:
    """The query of some edges with which of them count, and which is its alias's latest. `forked` may hold the aliases that have several."""
    return frame.sql("latest_edges", edges=edges, some_denied=bool(frame.denied), is_forked_known=is_forked_known)


def resolve(frame: Frame, chosen: str = "") -> Mapping:
    """Follow every alias that has a latest edge, or those of a table, and hold back what merge protection says."""
    condition = f" AND alias_id IN (SELECT id FROM {chosen})" if chosen else ""
    query = f"SELECT alias_id, next_id, epoch_us(seen_at) AS seen_at FROM {frame.schema}.edges WHERE is_latest{condition}"
    rows = frame.cursor.execute(query).fetchnumpy()
    alias, target, seen_at = (np.asarray(rows[c]) for c in ("alias_id", "next_id", "seen_at"))
    nodes, places = _closely(np.concatenate([alias, target]), bool(chosen))
    ends = follow(places[: len(alias)], places[len(alias) :], seen_at, lambda some: text_ranks(frame.cursor, nodes[some]))
    root = nodes[ends.root]
    is_target = np.zeros(len(nodes), bool)
    is_target[places[len(alias) :]] = True
    is_leaf = ~is_target[places[: len(alias)]]
    held = _held_back(frame, alias[is_leaf], root[is_leaf])
    is_held = np.isin(alias, held) if len(held) else np.zeros(len(alias), bool)
    return Mapping(alias, root, np.where(is_held, alias, root), np.where(is_held, 0, ends.hops), ends.in_cycle, is_held)


def _closely(ids: Integers, few: bool) -> tuple[Integers, Integers]:
    """The ids by place, and for each the place. A few of many identifiers are moved together; nearly all stand closely enough as they are."""
    if few:
        nodes, places = np.unique(ids, return_inverse=True)
        return nodes, places
    return np.arange(int(ids.max(initial=0)) + 1, dtype=np.int32), ids


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
