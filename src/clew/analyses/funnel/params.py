"""What can be asked of a funnel, and the same read: predicates for texts."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from clew.analyses.asked import Asked, UnitParam, field_of, fields_of, filters, interval
from clew.errors import QueryError
from clew.predicates import Field, Predicate, parse

Order = Literal["ordered", "strict", "consecutive", "any"]
_EXCLUSION = re.compile(r"(.+)@(\d+)-(\d+)", re.DOTALL)


class Params(Asked, frozen=True, kw_only=True):
    """A funnel."""

    step: Annotated[tuple[str, ...], Meta(description="a step, in order: an event with conditions, such as 'Product Added{category=Games}'")]
    within: Annotated[str, Meta(description="from the first step to the last at most this long")] = "7d"
    order: Annotated[Order, Meta(description="what may come between: anything, no other step, no other activity; or steps in any order")] = "ordered"
    exclude: Annotated[tuple[str, ...], Meta(description="an event that must not come between two steps: 'Name@2-3'")] = ()
    hold: Annotated[str | None, Meta(description="a property that has the same value in all steps")] = None
    unit: UnitParam = "person"
    scope: Annotated[Literal["history", "session"], Meta(description="steps over time, or within one session")] = "history"
    by: Annotated[str | None, Meta(description="break down by this property of the first step")] = None
    by_day: Annotated[bool, Meta(description="a row for each day of start; these do not add up to the total")] = False
    complete_only: Annotated[bool, Meta(description="leave out starts whose window is not over at data_as_of")] = False
    reached: Annotated[int | None, Meta(description="instead, list who reached this step")] = None
    dropped: Annotated[int | None, Meta(description="instead, list who reached the step before this one, and not this one")] = None
    cell: Annotated[tuple[str, ...], Meta(description="with reached or dropped: the day of start (by_day) and the value (by) of the row")] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.step:
            raise ValueError("step: expected at least one, found none")
        if self.order == "any" and self.exclude:
            raise ValueError("exclude: expected none with order any: steps in any order have nothing between them")
        if self.reached and self.dropped:
            raise ValueError("reached and dropped: expected one of them, found both")
        for name, least, number in (("reached", 1, self.reached), ("dropped", 2, self.dropped)):
            if number is not None and not least <= number <= len(self.step):
                raise ValueError(f"{name}: expected a step from {least} to {len(self.step)}, found {number}")
        if (self.reached or self.dropped) and len(self.cell) not in (self.by_day, self.by_day + (self.by is not None)):
            raise ValueError("cell: expected the day of start with by_day, and the value with by (none: where it is missing), and no more")


class Exclusion(NamedTuple):
    """An event that must not come between the steps `after` and `before`, counted from 1."""

    event: Predicate
    after: int
    before: int


class Funnel(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Params as what they mean. Raises QueryError where a text says nothing."""

    params: Params

    @cached_property
    def steps(self) -> tuple[Predicate, ...]:
        return filters(self.params.step)

    @cached_property
    def exclusions(self) -> tuple[Exclusion, ...]:
        return tuple(_exclusion(text, len(self.params.step)) for text in self.params.exclude)

    @cached_property
    def hold(self) -> Field | None:
        return field_of(self.params.hold)

    @cached_property
    def by(self) -> Field | None:
        return field_of(self.params.by)

    @cached_property
    def within(self) -> str:
        return interval(self.params.within)

    @property
    def predicates(self) -> tuple[Predicate, ...]:
        """Of steps and exclusions."""
        return (*self.steps, *(exclusion.event for exclusion in self.exclusions))

    @property
    def fields(self) -> tuple[Field | None, ...]:
        """All that it looks at."""
        return (self.hold, self.by, *fields_of(*self.predicates))

    @property
    def keys(self) -> tuple[str, ...]:
        """What is counted once."""
        return ("unit", "start_day") if self.params.by_day else ("unit",)

    @property
    def lane(self) -> tuple[str, ...]:
        """Events of one lane can make an attempt together, or stand in its way."""
        return (*self.keys, "session_id") if self.params.scope == "session" else self.keys


def _exclusion(text: str, steps: int) -> Exclusion:
    match = _EXCLUSION.fullmatch(text)
    if match is None:
        raise QueryError(f"exclude: expected an event and the two steps it must not come between, such as 'Name@2-3', found {text!r}")
    after, before = int(match[2]), int(match[3])
    if not 1 <= after < before <= steps:
        raise QueryError(f"exclude: expected steps from 1 to {steps}, the first smaller, found {after}-{before} in {text!r}")
    return Exclusion(parse(match[1]), after, before)
