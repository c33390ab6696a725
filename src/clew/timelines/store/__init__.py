"""Timelines on disk: made from a build, kept up by what builds change, read as memory-mapped columns.

`write` (base, overlay, compaction) and `timeline` (reading) are what others use. Below them: `source` (rows out of the warehouse), `rows` (a block of
whole people), `files` (the columns of a folder), `event_index` (from an event's number to its place), `merge` and `manifest`. See docs/timelines.md.
"""

from clew.timelines.store.manifest import current_build
from clew.timelines.store.source import Source
from clew.timelines.store.timeline import Timeline, open_timeline
from clew.timelines.store.write import keep_up, write_base, write_overlay

__all__ = ["Source", "Timeline", "current_build", "keep_up", "open_timeline", "write_base", "write_overlay"]
