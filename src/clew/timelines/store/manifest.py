"""Which folders are the timeline, and of which build. It is replaced as a whole, so that there is always one version or none."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from clew.errors import TimelineError
from clew.eventlog.disk.durable import sync_folder, write_whole

FORMAT = 1
_NAME = "manifest.json"
_AGAIN = "Delete the timeline's folder: the next build makes it again"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of columns, and how long they are."""

    folder: str
    units: int
    events: int
    sessions: int
    kinds: int
    """One more than the highest kind."""
    pages: int
    """Of the index of events."""
    replaced: int = 0
    """How many people of the base it replaces."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a timeline."""

    format: int
    build: int
    """The build whose people these are."""
    following: int
    """The number of the next folder: none is used twice."""
    base: Entry
    overlay: Entry | None = None

    def folders(self) -> set[str]:
        """The names of the folders that it needs."""
        return {entry.folder for entry in (self.base, self.overlay) if entry}


def load(root: Path) -> Manifest | None:
    """The manifest; None if there is none. Raises TimelineError if it cannot be understood."""
    try:
        content = (root / _NAME).read_bytes()
    except FileNotFoundError:
        return None
    try:
        found = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise TimelineError(f"{root / _NAME}: expected a timeline's manifest, found what is none ({error}). {_AGAIN}") from error
    if found.format != FORMAT:
        raise TimelineError(f"{root / _NAME}: expected format {FORMAT}, found {found.format}. {_AGAIN}")
    return found


def current_build(root: Path) -> int | None:
    """The build that the timeline is of; None if there is no timeline."""
    found = load(root)
    return found.build if found else None


def publish(root: Path, manifest: Manifest) -> None:
    """Let readers see this version from now on, also after a crash."""
    sync_folder(root)
    write_whole(root / _NAME, msgspec.json.format(msgspec.json.encode(manifest), indent=2))


def sweep(root: Path, manifest: Manifest | None) -> None:
    """Remove folders that the manifest does not name: old versions, and what a writer that was killed left."""
    kept = manifest.folders() if manifest else set()
    for folder in root.iterdir():
        if folder.is_dir() and folder.name.isdigit() and folder.name not in kept:
            shutil.rmtree(folder)
