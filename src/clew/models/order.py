"""The last tie of the total order: message ids compared bytewise. Sorting by long texts costs more than all else, and hardly any events need it,
so the database sorts by numbers, and what is still alike is put right here.
"""
# ruff: noqa: S608 - the name of a registered array

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clew.models.blocks import Table
from clew.models.ledger import Cursor, registered

KEYS = ("person", "time", "received_at", "batch_index", "source_rank")


def settle_ties(cursor: Cursor, block: Table) -> Table:
    """The block with events that are alike in all of KEYS in the order of their message ids."""
    alike = np.ones(max(len(block["person"]) - 1, 0), bool)
    keys = block | {"received_at": np.where(block["is_suspect"], block["time"], block["other_time"])}
    for key in KEYS:
        if alike.any():
            alike &= keys[key][1:] == keys[key][:-1]
    if not alike.any():
        return block
    tied = np.flatnonzero(np.append(alike, False) | np.insert(alike, 0, False))
    group = np.cumsum(~np.insert(alike, 0, False))[tied]
    order = np.arange(len(block["person"]))
    order[tied] = tied[np.lexsort((_ranks(cursor, block["event_number"][tied]), group))]
    return {name: values[order] for name, values in block.items()}


def _ranks(cursor: Cursor, events: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each event, its place in the order of all their message ids."""
    with registered(cursor, {"event_number": events, "place": np.arange(len(events))}) as name:
        rows = cursor.execute(
            f"""SELECT rank() OVER (ORDER BY e.message_id) AS rank FROM {name} AS t
            JOIN clew.model_events AS e ON e.event_number = t.event_number ORDER BY t.place"""
        ).fetchnumpy()
    found: npt.NDArray[np.int64] = np.asarray(rows["rank"], np.int64)
    return found
