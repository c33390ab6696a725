"""Reading: one version of a timeline, which stays as it is while it is held."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from clew.errors import TimelineError
from clew.timelines.columns import Int32, Int64, Part, part
from clew.timelines.store import event_index
from clew.timelines.store.files import Columns, mapped
from clew.timelines.store.manifest import Manifest, load
from clew.timelines.store.merge import without

_TURNS = 20


class Timeline(NamedTuple):
    """The base, and the overlay if there is one. What writers do meanwhile changes nothing here: files that are mapped stay."""

    build: int
    """The build whose people these are."""
    kinds: int
    """One more than the highest kind."""
    parts: tuple[Part, ...]
    """As questions take them: people whom the overlay replaces are skipped in the base."""
    columns: tuple[Columns, ...]
    """For each part, all that is stored."""

    def find(self, events: Int64) -> list[Int32]:
        """For each part, the position of each event, by its number in the warehouse; MISSING where the part has none of it.

        The base has people that are skipped: an event of theirs is found there, and in the overlay again if they still have it.
        """
        return [event_index.find(columns.page, columns.place, events) for columns in self.columns]


def open_timeline(root: Path) -> Timeline:
    """The timeline as it is now. Raises TimelineError if there is none, or if it is damaged."""
    for _ in range(_TURNS):
        manifest = load(root)
        if manifest is None:
            raise TimelineError(f"{root}: expected a timeline, found none: run a build")
        try:
            return _mapped(root, manifest)
        except FileNotFoundError as error:
            missing = error
            if load(root) == manifest:
                break
    raise TimelineError(
        f"{missing.filename}: expected a file of the timeline, found none. Delete the timeline's folder: the next build makes it again"
    ) from missing


def _mapped(root: Path, manifest: Manifest) -> Timeline:
    entries = [entry for entry in (manifest.base, manifest.overlay) if entry]
    columns = tuple(mapped(root, entry) for entry in entries)
    replaced = columns[-1].replaced
    skip = ~without(columns[0], replaced).units if len(replaced) else ()
    parts = tuple(part(c.start, c.person, c.time, c.kind, c.is_activity, c.session, skip if place == 0 else ()) for place, c in enumerate(columns))
    return Timeline(manifest.build, max(entry.kinds for entry in entries), parts, columns)
