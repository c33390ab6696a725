"""Where JSON values end. Each function returns the place after what begins at `at`, or NOT where that is not plain JSON before `end`."""

from __future__ import annotations

import numpy as np

from clew.warehouse.loading.scan.arrays import Bytes
from clew.warehouse.loading.scan.compiling import part

NOT = -1
DEEPEST = 60

QUOTE, BACKSLASH, COMMA, COLON, POINT, MINUS, ZERO, NINE = (ord(c) for c in '"\\,:.-09')
OPEN_OBJECT, SHUT_OBJECT, OPEN_ARRAY, SHUT_ARRAY = (ord(c) for c in "{}[]")

_ESCAPED = np.zeros(256, np.bool_)
_ESCAPED[list(b'"\\bfnrt')] = True
"""What follows a backslash where the database writes it so too."""
_TEXT = np.ones(256, np.bool_)
_TEXT[:32] = False
_TEXT[list(b'"\\')] = False
"""Bytes of a text that stand for themselves."""


@part
def text_end(data: Bytes, at: int, end: int) -> int:
    """`at` is after the opening quote; the result is after the closing one."""
    while at < end:
        if _TEXT[data[at]]:
            at += 1
        elif data[at] == QUOTE:
            return at + 1
        elif data[at] == BACKSLASH and at + 1 < end and _ESCAPED[data[at + 1]]:
            at += 2
        else:
            return NOT
    return NOT


@part
def digits_end(data: Bytes, at: int, end: int) -> int:
    while at < end and ZERO <= data[at] <= NINE:
        at += 1
    return at


@part
def number_end(data: Bytes, at: int, end: int) -> int:
    """Whole numbers of at most 18 digits, and fractions of at most 15 that are in their shortest form and not written with an exponent."""
    negative = data[at] == MINUS
    first = at + negative
    point = digits_end(data, first, end)
    whole = point - first
    if whole == 0 or (whole > 1 and data[first] == ZERO):
        return NOT
    if point == end or data[point] != POINT:
        return NOT if whole > 18 or (negative and data[first] == ZERO) else point
    last = digits_end(data, point + 1, end)
    places = last - point - 1
    if places == 0 or whole + places > 15 or (places > 1 and data[last - 1] == ZERO):
        return NOT
    if data[first] != ZERO:
        return last
    # Small numbers may be shorter with an exponent; and minus zero is no number to think about here.
    tenths = data[point + 1] != ZERO or (places > 1 and data[point + 2] != ZERO) or (places > 2 and data[point + 3] != ZERO)
    return last if tenths or (places == 1 and not negative) else NOT


@part
def word_end(data: Bytes, at: int, end: int) -> int:
    """true, false, null."""
    if at + 4 <= end and data[at] == ord("t") and data[at + 1] == ord("r") and data[at + 2] == ord("u") and data[at + 3] == ord("e"):
        return at + 4
    if at + 4 <= end and data[at] == ord("n") and data[at + 1] == ord("u") and data[at + 2] == ord("l") and data[at + 3] == ord("l"):
        return at + 4
    if at + 5 <= end and data[at] == ord("f") and data[at + 1] == ord("a") and data[at + 2] == ord("l") and data[at + 3] == ord("s"):
        return at + 5 if data[at + 4] == ord("e") else NOT
    return NOT


@part
def key_end(data: Bytes, at: int, end: int) -> int:
    """The key of a member and its colon."""
    if at >= end or data[at] != QUOTE:
        return NOT
    at = text_end(data, at + 1, end)
    return at + 1 if at != NOT and at < end and data[at] == COLON else NOT


@part
def scalar_end(data: Bytes, at: int, end: int) -> int:
    first = data[at]
    if first == QUOTE:
        return text_end(data, at + 1, end)
    if first == MINUS or ZERO <= first <= NINE:
        return number_end(data, at, end)
    return word_end(data, at, end)


@part
def value_end(data: Bytes, at: int, end: int) -> int:  # noqa: C901 - a parser's loop: calls for its branches cost a third
    """Any value."""
    depth = 0
    objects = np.uint64(0)  # a bit for each level that is open: whether it is an object
    while at < end:
        first = data[at]
        if first in (OPEN_OBJECT, OPEN_ARRAY):
            if depth == DEEPEST or at + 1 >= end:
                return NOT
            if data[at + 1] == first + 2:
                at += 2
            else:
                depth += 1
                objects = (objects << np.uint64(1)) | np.uint64(first == OPEN_OBJECT)
                at = key_end(data, at + 1, end) if first == OPEN_OBJECT else at + 1
                if at == NOT:
                    return NOT
                continue
        else:
            at = scalar_end(data, at, end)
            if at == NOT:
                return NOT
        # After a value: the ends of what it is the last of, then a comma.
        while depth > 0 and at < end and data[at] == (SHUT_OBJECT if objects & np.uint64(1) else SHUT_ARRAY):
            depth -= 1
            objects >>= np.uint64(1)
            at += 1
        if depth == 0:
            return at
        if at >= end or data[at] != COMMA:
            return NOT
        at = key_end(data, at + 1, end) if objects & np.uint64(1) else at + 1
        if at == NOT:
            return NOT
    return NOT
