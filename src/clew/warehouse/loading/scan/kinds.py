"""What sort of value stands somewhere: finer than the kinds of columns, so that values of one sort are of one kind, as money and otherwise."""

from __future__ import annotations

from clew.warehouse.loading.scan.arrays import Bytes
from clew.warehouse.loading.scan.compiling import part
from clew.warehouse.loading.scan.values import MINUS, NINE, OPEN_ARRAY, POINT, QUOTE, ZERO, digits_end

NOTHING = -2
"""null: it makes no column."""
UNSURE = -1
"""Not told here: the database looks at it each time."""
BOOLEAN, WHOLE_MONEY, WHOLE, LONG, MONEY, FRACTION, MOMENT, TEXT_MONEY, TEXT, ARRAY = range(10)


@part
def sort_of(data: Bytes, at: int, end: int) -> int:
    """Of the value from `at` to `end`, plain JSON and no object."""
    first = data[at]
    if first == QUOTE:
        return text_sort(data, at + 1, end - 1)
    if first == OPEN_ARRAY:
        return ARRAY
    if first == MINUS or ZERO <= first <= NINE:
        return number_sort(data, at + (first == MINUS), end)
    return NOTHING if first == ord("n") else BOOLEAN


@part
def number_sort(data: Bytes, at: int, end: int) -> int:
    """Of a number without its sign."""
    point = digits_end(data, at, end)
    whole = point - at
    if point == end:
        return WHOLE_MONEY if whole <= 14 else whole_sort(data, at, end)
    places = end - point - 1
    if whole > 11:
        return FRACTION
    if places <= 4:
        return MONEY
    if whole > 5:
        return UNSURE
    # Money that a double's noise hides has noughts or nines there.
    hundredths = 10 * (data[point + 5] - ZERO) + (data[point + 6] - ZERO if places > 5 else 0)
    return FRACTION if 0 < hundredths < 99 else UNSURE


@part
def whole_sort(data: Bytes, at: int, end: int) -> int:
    number = 0
    for place in range(at, end):
        number = 10 * number + (data[place] - ZERO)
    return WHOLE if number <= 2**53 else LONG


@part
def text_sort(data: Bytes, at: int, end: int) -> int:
    if at == end or not (data[at] == MINUS or ZERO <= data[at] <= NINE):
        return TEXT
    if money_text(data, at + (data[at] == MINUS), end):
        return TEXT_MONEY
    if end - at < 16 or data[at + 4] != MINUS or data[at + 7] != MINUS:
        return TEXT
    return MOMENT if is_moment(data, at, end) else UNSURE


@part
def money_text(data: Bytes, at: int, end: int) -> bool:
    point = digits_end(data, at, end)
    if not 1 <= point - at <= 14:
        return False
    return point == end or (data[point] == POINT and 2 <= end - point <= 5 and digits_end(data, point + 1, end) == end)


@part
def pair(data: Bytes, at: int) -> int:
    """The number that two digits make; 100 and more if they are none."""
    high, low = int(data[at]) - ZERO, int(data[at + 1]) - ZERO
    return 10 * high + low if 0 <= high <= 9 and 0 <= low <= 9 else 100


@part
def is_moment(data: Bytes, at: int, end: int) -> bool:
    """Whether it is surely a date and time: 2026-11-23T13:00:00, perhaps with up to six digits and Z, of a day that every month has."""
    if end - at < 19 or pair(data, at) > 99 or pair(data, at + 2) > 99 or pair(data, at) == 0:
        return False
    if not (1 <= pair(data, at + 5) <= 12 and 1 <= pair(data, at + 8) <= 28 and data[at + 10] == ord("T")):
        return day_31(data, at, end)
    return is_time(data, at + 11, end)


@part
def day_31(data: Bytes, at: int, end: int) -> bool:
    """The last days of the months that have them."""
    month, day = pair(data, at + 5), pair(data, at + 8)
    if data[at + 10] != ord("T") or not (1 <= month <= 12 and month != 2 and 29 <= day <= 31):
        return False
    short = month == 4 or month == 6 or month == 9 or month == 11
    return not (short and day == 31) and is_time(data, at + 11, end)


@part
def is_time(data: Bytes, at: int, end: int) -> bool:
    if pair(data, at) > 23 or pair(data, at + 3) > 59 or pair(data, at + 6) > 59 or data[at + 2] != ord(":") or data[at + 5] != ord(":"):
        return False
    at += 8
    if at < end and data[at] == POINT:
        last = digits_end(data, at + 1, end)
        if not 2 <= last - at <= 7:
            return False
        at = last
    return at == end or (at + 1 == end and data[at] == ord("Z"))
