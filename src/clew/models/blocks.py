"""One block of events: some people whole, each one's events in the total order, as arrays. Here their sessions are cut and summed up.

What is done here is defined in `sql/event_sessions.sql` and `sql/sessions.sql`; a test compares the two on random histories.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from clew import clock
from clew.config import Settings
from clew.models.cut import Cut, Kinds, Ordered, cut, offsets

Table = dict[str, npt.NDArray[Any]]
Integers = npt.NDArray[np.signedinteger[Any]]


class Lookups(NamedTuple):
    """What the rules say of each kind and context, by its number. 0 stands for none."""

    counts: npt.NDArray[np.bool_]
    """By kind: touches sessions, if it is activity."""
    is_row: npt.NDArray[np.bool_]
    """By kind: a track, page or screen."""
    view: npt.NDArray[np.bool_]
    ends: npt.NDArray[np.bool_]
    starts: npt.NDArray[np.bool_]
    engages: npt.NDArray[np.bool_]
    inactivity: npt.NDArray[np.int64]
    platform: npt.NDArray[np.int32]
    source_rank: npt.NDArray[np.int32]
    """By kind: the place of its source among all, compared bytewise."""
    touch: npt.NDArray[np.bool_]
    """By context: has a campaign or click id."""
    campaign: npt.NDArray[np.int32]
    """By context: the number of its (source, medium, campaign)."""
    country: npt.NDArray[np.bool_]


class Sessions(NamedTuple):
    """The sessions of a block, and for each event (by place in the block) its session's place, -1 for none, and its number in it, 0 for none."""

    table: Table
    of_event: npt.NDArray[np.int64]
    sequence: npt.NDArray[np.int32]


def sessionize(block: Table, lookups: Lookups, settings: Settings) -> Sessions:
    """The sessions of the people in the block, in stored order: by person, then by their first events."""
    counted = np.flatnonzero((block["person"] > 0) & block["activity"] & lookups.counts[block["kind_id"]])
    events = block if len(counted) == len(block["person"]) else {name: values[counted] for name, values in block.items()}
    unit = _unit(events, lookups, settings)
    order = None if unit is None else np.lexsort((unit, events["person"]))
    if order is not None and unit is not None:
        events, unit = {name: values[order] for name, values in events.items()}, unit[order]
    found = cut(_ordered(events, unit, lookups, settings), settings)
    table = _totals(events, found, lookups) | _ends(events, found, unit, lookups, settings)
    places = counted if order is None else counted[order]
    return _in_order_of_people(table, found, places, len(block["person"]))


def _unit(events: Table, lookups: Lookups, settings: Settings) -> Integers | None:
    scope = settings.sessions.scope
    if scope == "platform":
        return lookups.platform[events["kind_id"]]
    return events["device_number"] if scope == "device" else None


def _ordered(events: Table, unit: Integers | None, lookups: Lookups, settings: Settings) -> Ordered:
    rules, kind = settings.sessions, events["kind_id"]
    minutes = round(rules.inactivity_minutes * clock.MINUTE)
    return Ordered(
        person=events["person"],
        unit=unit,
        time=events["time"],
        campaign=lookups.campaign[events["context_id"]] if rules.new_on_campaign else None,
        kinds=Kinds(
            inactivity=lookups.inactivity[kind] if rules.platform_inactivity_minutes else minutes,
            ends=lookups.ends[kind] if rules.end_events else False,
            starts=lookups.starts[kind] if rules.start_events else False,
        ),
    )


def _totals(events: Table, found: Cut, lookups: Lookups) -> Table:
    """What is counted over each session's events, and the numbers of what else is told of it; 0 = none."""
    starts, last = found.starts, found.starts + found.lengths - 1
    kind, context = events["kind_id"], events["context_id"]
    touch, country = (np.where(said[context], context, 0) if context.any() else context for said in (lookups.touch, lookups.country))
    return {
        "person": events["person"][starts],
        "session_start": events["time"][starts],
        "session_last": events["time"][last],
        "events": found.lengths.astype(np.int32),
        "views": _sum(lookups.view[kind], starts),
        "is_ended": lookups.ends[kind[last]],
        "is_engaged": _sum(lookups.engages[kind], starts) > 0,
        "kind_id": kind[starts],
        "event_number": events["event_number"][starts],
        "anonymous_number": events["anonymous_number"][starts],
        "device_number": events["device_number"][starts],
        "landing_number": _first(events["page_number"], starts),
        "exit_number": _last(events["page_number"], starts, last),
        "referrer_number": _first(events["referrer_number"], starts),
        "touch_id": _first(touch, starts),
        "country_id": _first(country, starts),
        "agent_id": context[starts],
    }


def _ends(events: Table, found: Cut, unit: Integers | None, lookups: Lookups, settings: Settings) -> Table:
    """When each session ends: with its end event; else when the buffer is over, but not after the next session's start or the next local midnight."""
    starts, last = found.starts, found.starts + found.lengths - 1
    time = events["time"][last]
    end = time + round(settings.sessions.buffer_minutes * clock.MINUTE)
    follows = events["person"][starts][1:] == events["person"][starts][:-1]
    if unit is not None:
        follows &= unit[starts][1:] == unit[starts][:-1]
    end[:-1] = np.where(follows, np.minimum(end[:-1], events["time"][starts][1:]), end[:-1])
    if settings.sessions.new_at_midnight:
        end = np.minimum(end, _next_midnight(time, settings))
    return {"session_end": np.where(lookups.ends[events["kind_id"][last]], time, end)}


def _next_midnight(time: Integers, settings: Settings) -> Integers:
    """The next local day begins at its 00:00 by the present offset, unless the offset changes before: then when both have come."""
    since, offset = offsets(settings.project.timezone)
    place = np.maximum(np.searchsorted(since, time, "right") - 1, 0)
    following = np.minimum(place + 1, len(since) - 1)
    until = np.where(place + 1 < len(since), since[following], np.iinfo(np.int64).max)
    day = ((time + offset[place]) // clock.DAY + 1) * clock.DAY
    at = day - offset[place]
    midnight: Integers = np.where(at < until, at, np.maximum(day - offset[following], until))
    return midnight


def _in_order_of_people(table: Table, found: Cut, places: Integers, size: int) -> Sessions:
    """Number each person's sessions in the order of their first events, whatever the unit, and lead every event to its session."""
    first = places[found.starts]
    order = np.argsort(first, kind="stable")
    table = {name: values[order] for name, values in table.items()} if np.any(np.diff(first) < 0) else table
    person = table["person"]
    fresh = np.ones(len(person), bool)
    np.not_equal(person[1:], person[:-1], out=fresh[1:])
    index = np.arange(len(person))
    table["sequence_number"] = (index - np.maximum.accumulate(np.where(fresh, index, 0)) + 1).astype(np.int32)
    previous = np.concatenate([table["session_last"][:1], table["session_last"][:-1]])
    table["previous_last"] = previous
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    of_event, sequence = np.full(size, -1, np.int64), np.zeros(size, np.int32)
    of_event[places] = np.repeat(rank, found.lengths)
    sequence[places] = found.sequence_number
    return Sessions(table, of_event, sequence)


def _sum(flags: npt.NDArray[np.bool_], starts: Integers) -> npt.NDArray[np.int32]:
    return np.add.reduceat(flags, starts, dtype=np.int32) if len(starts) else np.zeros(0, np.int32)


def _first(values: npt.NDArray[Any], starts: Integers) -> npt.NDArray[Any]:
    """The first value of each session that is not 0, or 0."""
    found = values[starts]
    if found.all() or not values.any():
        return found
    index = np.arange(len(values))
    place = np.minimum.reduceat(np.where(values > 0, index, len(values)), starts)
    return np.append(values, 0)[place]


def _last(values: npt.NDArray[Any], starts: Integers, last: Integers) -> npt.NDArray[Any]:
    """The last value of each session that is not 0, or 0."""
    found = values[last]
    if found.all() or not values.any():
        return found
    index = np.arange(len(values))
    place = np.maximum.reduceat(np.where(values > 0, index, -1), starts)
    return np.append(values, 0)[place]
