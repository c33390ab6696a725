"""The columns of one part as files: raw values, one file a column, written once, in blocks, and mapped by readers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
import numpy as np

from clew.errors import TimelineError
from clew.eventlog.disk.durable import sync_folder
from clew.timelines.columns import Any1D, Bool, Int32, Int64
from clew.timelines.store import event_index
from clew.timelines.store.manifest import Entry
from clew.timelines.store.rows import Rows, checked, numbered

MOST = 2**31 - 1
"""Events of a part: positions and session numbers are of 32 bits."""


class Columns(NamedTuple):
    """The columns of a part, by the names of their files. Event by event: time, kind, is_activity, session, event."""

    start: Int64
    """Where each person's events begin; one more entry says where the last one's end."""
    person: Int64
    time: Int64
    kind: Int32
    is_activity: Bool
    session: Int32
    """Number of the event's session in the part."""
    event: Int64
    session_id: Int64
    """The warehouse's id of each session."""
    page: Int64
    place: Int32
    """See `event_index`."""
    replaced: Int64
    """People of the base whose events are all here or nowhere, ascending."""


_DTYPES = {
    name: np.dtype({"kind": "i4", "session": "i4", "place": "i4", "is_activity": "?"}.get(name, "i8")).newbyteorder("<") for name in Columns._fields
}


def write(folder: Path, blocks: Iterable[Rows], replaced: Int64 | None = None, *, with_index: bool = True) -> Entry:
    """Write a part of these rows, durable when this returns. Nothing is left behind by an error. Raises TimelineError and OSError."""
    folder.mkdir()
    try:
        return _written(folder, blocks, np.zeros(0, np.int64) if replaced is None else replaced, with_index)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _written(folder: Path, blocks: Iterable[Rows], replaced: Int64, with_index: bool) -> Entry:
    entry = Entry(folder=folder.name, units=0, events=0, sessions=0, kinds=0, pages=0, replaced=len(replaced))
    with ExitStack() as stack:
        files: dict[str, BinaryIO] = {name: stack.enter_context((folder / name).open("wb")) for name in Columns._fields if name != "place"}
        last: int | None = None
        for rows in blocks:
            entry = _append(files, checked(rows, last), entry)
            last = int(rows.person[-1])
        _put(files, "start", np.array([entry.events]))
        _put(files, "replaced", replaced)
        files["event"].flush()
        event = _mapped(folder, "event", entry.events)
        pages = event_index.pages_of(event) if with_index else np.zeros(0, np.int64)
        _put(files, "page", pages)
        event_index.fill(folder / "place", pages, event if with_index else event[:0])
        for file in files.values():
            file.flush()
            os.fsync(file.fileno())
    with (folder / "place").open("rb") as place:
        os.fsync(place.fileno())
    sync_folder(folder)
    return _with(entry, pages=len(pages))


def _append(files: dict[str, BinaryIO], rows: Rows, so_far: Entry) -> Entry:
    begin = np.flatnonzero(np.diff(rows.person, prepend=rows.person[0] - 1))
    session, ids = numbered(rows.person, rows.session)
    entry = _with(
        so_far,
        units=so_far.units + len(begin),
        events=so_far.events + len(rows.person),
        sessions=so_far.sessions + len(ids),
        kinds=max(so_far.kinds, int(rows.kind.max()) + 1),
    )
    if entry.events > MOST:
        raise TimelineError(f"{files['event'].name}: expected at most {MOST} events in a timeline, found more")
    session[session >= 0] += so_far.sessions
    values = {"start": begin + so_far.events, "person": rows.person[begin], "session": session, "session_id": ids}
    for name in ("time", "kind", "is_activity", "event"):
        values[name] = getattr(rows, name)
    for name, column in values.items():
        _put(files, name, column)
    return entry


def _put(files: dict[str, BinaryIO], name: str, values: Any1D) -> None:
    files[name].write(np.ascontiguousarray(values, _DTYPES[name]).data)


def _with(entry: Entry, **changed: int) -> Entry:
    return msgspec.structs.replace(entry, **changed)


def mapped(root: Path, entry: Entry) -> Columns:
    """The columns of a part, mapped. They stay readable when the folder is removed. Raises TimelineError if a file is not as long as it should be."""
    events = dict.fromkeys(("time", "kind", "is_activity", "session", "event"), entry.events)
    others = {
        "start": entry.units + 1,
        "person": entry.units,
        "session_id": entry.sessions,
        "page": entry.pages,
        "place": entry.pages * event_index.PAGE,
        "replaced": entry.replaced,
    }
    lengths = events | others
    return Columns(**{name: _mapped(root / entry.folder, name, lengths[name]) for name in Columns._fields})


def _mapped(folder: Path, name: str, length: int) -> Any1D:
    path, dtype = folder / name, _DTYPES[name]
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size != length * dtype.itemsize:
            raise TimelineError(
                f"{path}: expected {length * dtype.itemsize} bytes, found {size}. Delete the timeline's folder: the next build makes it again"
            )
        return np.asarray(np.memmap(file, dtype, "r", shape=(length,))) if length else np.zeros(0, dtype)
