"""What a load did, in numbers."""

from __future__ import annotations

import msgspec


class LoadResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one call of `load` did. `records == 0`: nothing was new, or only deleted records."""

    load_id: int = 0
    records: int = 0
    """stored + duplicates + id_reused + set_aside"""
    stored: int = 0
    duplicates: int = 0
    id_reused: int = 0
    set_aside: int = 0
    seconds: float = 0.0

    def with_next(self, other: LoadResult) -> LoadResult:
        """Both as one; the seconds are those of neither."""
        added = {name: getattr(self, name) + getattr(other, name) for name in ("records", "stored", "duplicates", "id_reused", "set_aside")}
        return LoadResult(load_id=max(self.load_id, other.load_id), **added)
