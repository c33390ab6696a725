"""What the shares hold as tables in Arrow's form, with the numbers of identifiers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow

from clew.models.dictionary.arrays import ANONYMOUS, BEGIN, FIRST, LAST, SHAPE, SPACE, SPACES, USER, Ints, Share
from clew.models.dictionary.shares import edges_of


class Numbered(NamedTuple):
    """A share whose identifiers have their numbers, by place. The first `known` had them before."""

    share: Share
    number: Ints
    known: int


def new(numbered: Numbered) -> pyarrow.Table:
    """The identifiers that had no number."""
    share, number, known = numbered
    ends = np.append(share.known[known : len(number), BEGIN], share.used[1])
    alias = pyarrow.LargeStringArray.from_buffers(len(ends) - 1, pyarrow.py_buffer(ends), pyarrow.py_buffer(share.text))
    return pyarrow.table({"id": number[known:], "space": share.known[known : len(number), SHAPE] >> SPACE & SPACES, "alias": alias})


def seen(numbered: Numbered) -> pyarrow.Table:
    """Each identifier that a message has: when it was seen, and in which role."""
    known = numbered.share.known[: len(numbered.number)]
    role = known[:, SHAPE].astype(np.uint8)  # the rest of it stands above
    some = slice(None) if role.all() else np.flatnonzero(role)
    return pyarrow.table(
        {
            "id": numbered.number[some],
            "first_seen_at": known[some, FIRST].view("M8[us]"),
            "last_seen_at": known[some, LAST].view("M8[us]"),
            "as_anonymous": role[some] & ANONYMOUS > 0,
            "as_user": role[some] & USER > 0,
        }
    )


def by_code(shares: list[Numbered]) -> Ints:
    """The number of the identifier of each code."""
    count = len(shares)
    numbers = np.zeros(count * max(len(share.number) for share in shares) + 1, np.int32)
    for n, share in enumerate(shares):
        numbers[n + 1 :: count][: len(share.number)] = share.number
    return numbers


def edges(numbered: Numbered, code: Ints) -> tuple[pyarrow.Table, pyarrow.Table]:
    """Who was seen to become whom, and when last; and who was seen to become several."""
    share, number, _ = numbered
    some = np.flatnonzero(share.target[: len(number)])
    place, target, told = edges_of(share)
    edges = {
        "alias_id": number[np.concatenate([some, place])],
        "next_id": code[np.concatenate([share.target[some], target])],
        "seen_at": np.concatenate([share.told[some], told]).view("M8[us]"),
    }
    return pyarrow.table(edges), pyarrow.table({"alias_id": number[np.unique(place)]})
