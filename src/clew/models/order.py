"""The ties of the total order. Hardly any two events of a person have one time, so the database sorts by person and time alone, which is
several times as fast as by all keys, and what is still alike is put right here.
"""
# ruff: noqa: S608 - the name of a registered array

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from clew.models.blocks import Table
from clew.models.ledger import registered
from clew.models.served import Cursor

Places = npt.NDArray[np.int64]


def settle_ties(cursor: Cursor, block: Table, source_rank: npt.NDArray[np.int32]) -> Table:
    """The block, which is in order of person and time, in the total order: (received_at, batch_index, source, message_id) decide further.

    `source_rank`: by kind, the place of its source among the sources.
    """
    alike = (block["time"][1:] == block["time"][:-1]) & (block["person"][1:] == block["person"][:-1])
    if not alike.any():
        return block
    tied = np.flatnonzero(np.append(alike, False) | np.insert(alike, 0, False))
    group = np.cumsum(~np.insert(alike, 0, False))[tied]
    order = np.arange(len(block["person"]))
    order[tied] = tied[_order(cursor, {name: values[tied] for name, values in block.items()}, group, source_rank)]
    return {name: values[order] for name, values in block.items()}


def _order(cursor: Cursor, tied: Table, group: Places, source_rank: npt.NDArray[np.int32]) -> Places:
    """The order inside each group. Message ids are looked up only where all numbers are alike."""
    received = np.where(tied["is_suspect"], tied["time"], tied["other_time"])
    keys = (source_rank[tied["kind_id"]], tied["batch_index"], received, group)
    order = np.lexsort(keys)
    same = np.logical_and.reduce([key[order][1:] == key[order][:-1] for key in keys])
    if not same.any():
        return order
    rank = np.zeros(len(order), np.int64)
    alike = order[np.append(same, False) | np.insert(same, 0, False)]
    rank[alike] = _ranks(cursor, tied["event_number"][alike])
    return np.lexsort((rank, *keys))


def _ranks(cursor: Cursor, events: npt.NDArray[Any]) -> Places:
    """For each event, its place in the order of all their message ids."""
    with registered(cursor, {"event_number": events, "place": np.arange(len(events))}) as name:
        rows = cursor.execute(
            f"""SELECT rank() OVER (ORDER BY e.message_id) AS rank FROM {name} AS t
            JOIN clew.model_events AS e ON e.event_number = t.event_number ORDER BY t.place"""
        ).fetchnumpy()
    found: Places = np.asarray(rows["rank"], np.int64)
    return found
