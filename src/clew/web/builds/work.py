"""How far a build or a trial is, in words, for pages and for those who ask again while they are open."""

from __future__ import annotations

from typing import Any, NamedTuple

from clew import clock
from clew.models.history import Difference, Progress
from clew.tomlfile import literal
from clew.web.context import Status
from clew.web.numbers import duration, exact
from clew.web.texts import short

_STEPS = {
    "identifiers": "tying identifiers together",
    "people": "numbering people and texts",
    "events": "placing events",
    "sessions": "naming sessions",
    "swap": "putting the new tables in place",
}
_REASONS = "events that arrive, a change of clew.toml, or `clew build`"


class Work(NamedTuple):
    """`state` is beginning, building, waiting, failed, stopped or idle; `percent` is there while something runs."""

    state: str
    percent: int | None
    words: str


class Changed(NamedTuple):
    """A rule that what is shown was not made by, values as clew.toml has them."""

    name: str
    before: str
    after: str


def of_build(status: Status) -> Work:
    """What the builder does now."""
    if status.progress:
        kind = "A full" if status.progress.is_full else "An incremental"
        return Work("building", _percent(status.progress), f"{kind} build runs, because of: {status.progress.reason}. {_said(status.progress)}")
    if status.building:
        return Work("beginning", 0, "A build begins.")
    if status.error:
        return Work("failed", None, status.error)
    if status.queued:
        return Work("waiting", None, "A build is waiting.")
    if status.stopped:
        return Work(
            "stopped", None, f"The last build was {status.stopped}. What is shown stays as it is until there is a reason for another: {_REASONS}."
        )
    return Work("idle", None, "Nothing runs: all that was loaded is built.")


def of_trial(status: Status) -> Work:
    """How far the trial of other rules is."""
    if status.trial:
        return Work("building", _percent(status.trial), _said(status.trial))
    return Work("waiting", 0, "Waiting for the build that runs." if status.building else "It begins.")


def changed(differences: tuple[Difference, ...]) -> tuple[Changed, ...]:
    """Rules for a line of text: long values are cut."""
    return tuple(Changed(d.name, short(literal(d.before), 60), short(literal(d.after), 60)) for d in differences)


def mark(differences: tuple[Difference, ...]) -> str:
    """A text that is another when other rules wait."""
    return "; ".join(f"{d.name}: {literal(d.before)} {literal(d.after)}" for d in differences)


def as_json(status: Status) -> dict[str, Any]:
    """What pages ask again and again."""
    return {"work": of_build(status)._asdict(), "trial": of_trial(status)._asdict(), "rules": mark(status.changed)}


def _percent(progress: Progress) -> int:
    return round(progress.share * 100)


def _said(progress: Progress) -> str:
    since = duration(max((clock.now() - progress.started_at) / clock.SECOND, 0.0))
    counted = f" {exact(min(progress.done, progress.total))} of {exact(progress.total)}" if progress.total else ""
    last = f"; the last one took {duration(progress.expected_seconds)}" if progress.expected_seconds is not None else ""
    return f"{_STEPS[progress.step].capitalize()}{counted}, {_percent(progress)} %, for {since}{last}."
