"""Room for identifiers: shares begin small and grow before a batch, so that no pass runs out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clew.models.dictionary.arrays import Share
from clew.models.dictionary.passes import fill_slots

_SLOTS = 1 << 17
_TEXTS = 1 << 23
_BYTES = 1 << 27
_MORE = 1 << 21
"""Of all shares together. Memory that is not written to yet costs nothing; to copy it when there is more does."""
_NEAR = 1024
"""Some hundred kilobytes of memory are drawn near at a time."""


def no_texts(shares: int) -> Share:
    """One of so many shares, that has no identifiers yet."""
    texts, size, more = (-(-whole // shares) for whole in (_TEXTS, _BYTES, _MORE))
    share = Share(
        slots=np.zeros(_SLOTS, np.uint64),
        known=np.empty((texts, 4), np.int64),
        text=np.empty(size, np.uint8),
        target=np.empty(texts, np.int32),
        told=np.empty(texts, np.int64),
        more=np.empty(2 * more, np.int32),
        more_told=np.empty(more, np.int64),
        used=np.zeros(3, np.int64),
        near=np.empty(_NEAR, np.int32),
    )
    share.known[0] = 0
    return share


def with_room(share: Share, texts: int, size: int, sightings: int, seed: np.uint64) -> Share:
    """The share with room for so many more identifiers, of so many bytes together, and so many more sightings."""
    return _for_sightings(_for_texts(_for_bytes(share, size), texts, seed), sightings)


def _for_bytes(share: Share, size: int) -> Share:
    needed = int(share.used[1]) + size
    return share if needed <= len(share.text) else share._replace(text=_longer(share.text, needed))


def _for_texts(share: Share, texts: int, seed: np.uint64) -> Share:
    needed = int(share.used[0]) + texts
    if needed > len(share.target):
        share = share._replace(**{name: _longer(getattr(share, name), needed) for name in ("known", "target", "told")})
    if 2 * needed > len(share.slots):
        share = share._replace(slots=np.zeros(1 << (2 * needed).bit_length(), np.uint64))
        fill_slots(share, np.empty(_NEAR, np.uint64), seed)
    return share


def _for_sightings(share: Share, sightings: int) -> Share:
    """Sightings of one edge become one before there is room for more."""
    if share.used[2] + sightings <= len(share.more_told):
        return share
    place, code, told = edges_of(share)
    share.more[0 : 2 * len(place) : 2], share.more[1 : 2 * len(place) : 2], share.more_told[: len(place)] = place, code, told
    share.used[2] = len(place)
    needed = 2 * len(place) + sightings
    if needed > len(share.more_told):
        share = share._replace(more=_longer(share.more, 2 * needed), more_told=_longer(share.more_told, needed))
    return share


def edges_of(share: Share) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """(place, code, when last) of each edge in `more`."""
    used = int(share.used[2])
    place, code, told = share.more[: 2 * used : 2], share.more[1 : 2 * used : 2], share.more_told[:used]
    order = np.lexsort((code, place))
    place, code, told = place[order], code[order], told[order]
    first = np.flatnonzero(np.append(True, (place[1:] != place[:-1]) | (code[1:] != code[:-1]))[:used])
    return place[first], code[first], np.maximum.reduceat(told, first) if used else told


def _longer(array: NDArray[Any], needed: int) -> NDArray[Any]:
    longer = np.empty((max(needed, 2 * len(array)), *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer
