"""`clew refused list | counts | replay`: messages that were refused, by the collector or by the loader, and why."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from clew import clock
from clew.cli import options
from clew.cli.rejections import REASONS as LOADER_REASONS
from clew.cli.rejections import Rejection, read_rejections, requests
from clew.collect.reasons import REASONS as RULES
from clew.collect.refusals import Choice, Count, Refusal, count, read

if TYPE_CHECKING:
    from clew.collect.replay import Outcome

REASONS = RULES | LOADER_REASONS
EXCERPT = 200
"""Characters of a message in a table."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One refused message as JSON. `message` is what was sent, as text: it need not be JSON."""

    received_at: str
    source: str
    type: str
    message_id: str
    reason: str
    detail: str
    message: str


class _Wanted:
    """Which messages a command is about, of both kinds: refused by a rule, and by the loader."""

    def __init__(self, project: Path, reasons: tuple[str, ...], sources: tuple[str, ...], replayed: bool = False) -> None:
        from clew.api import Clew

        self.clew = Clew.open(project)
        self._reasons, self._sources, self._replayed = frozenset(reasons), frozenset(sources), replayed

    def choice(self) -> Choice | None:
        """Of those that a rule refused; None where none is asked for."""
        rules = self._reasons & RULES.keys()
        return Choice(reasons=rules, sources=self._sources, replayed=self._replayed) if rules or not self._reasons else None

    def rejections(self) -> Iterator[Rejection]:
        """Those that the loader refused."""
        if not self._reasons or self._reasons & LOADER_REASONS.keys():
            yield from read_rejections(self.clew, self._reasons, self._sources, replayed=self._replayed)


@click.group()
def refused() -> None:
    """See the messages that were refused, and send them through the rules again."""


def _choice(command: Callable[..., None]) -> Callable[..., None]:
    reason = click.option("--reason", "reasons", multiple=True, type=click.Choice(list(REASONS)), help="Only this reason. May be repeated.")
    source = click.option("--source", "sources", multiple=True, help="Only this source. May be repeated.")
    return options.project(reason(source(command)))


def _format(command: Callable[..., None]) -> Callable[..., None]:
    return click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)(command)


_all = click.option("--all", "replayed", is_flag=True, help="Also those that a replay has accepted since.")


@refused.command("list")
@_choice
@_all
@click.option("--lines", type=click.IntRange(min=1), default=20, show_default=True, help="How many of the newest.")
@_format
def list_command(project: Path, reasons: tuple[str, ...], sources: tuple[str, ...], replayed: bool, lines: int, form: str) -> None:
    """Print the newest refused messages, oldest first."""
    wanted = _Wanted(project, reasons, sources, replayed)
    choice = wanted.choice()
    rows = [_row(refusal) for refusal in deque(read(project, choice), lines)] if choice else []
    rows += [_row_of_rejection(rejection) for rejection in deque(wanted.rejections(), lines)]
    rows = sorted(rows, key=lambda row: row.received_at)[-lines:]
    if form == "json":
        click.echo(msgspec.json.encode(rows))
        return
    for row in rows:
        click.echo(f"{row.received_at}  {row.source}  {row.reason}: {row.detail}\n    {row.message[:EXCERPT]}")


@refused.command()
@_choice
@_all
@_format
def counts(project: Path, reasons: tuple[str, ...], sources: tuple[str, ...], replayed: bool, form: str) -> None:
    """Count the refused messages by source and reason."""
    wanted = _Wanted(project, reasons, sources, replayed)
    choice = wanted.choice()
    of_loader = Counter((rejection.source, rejection.reason) for rejection in wanted.rejections())
    found = sorted([*(count(project, choice) if choice else []), *(Count(*key, messages) for key, messages in of_loader.items())])
    if form == "json":
        click.echo(msgspec.json.encode([row._asdict() for row in found]))
        return
    for row in found:
        click.echo(f"{row.messages:>9}  {row.source}  {row.reason}: {REASONS.get(row.reason, '')}")


@refused.command()
@_choice
@_format
def replay(project: Path, reasons: tuple[str, ...], sources: tuple[str, ...], form: str) -> None:
    """Send refused messages through the rules again, for example after a limit was raised. Those still refused stay.

    id_reused must be named: each of these messages gets an id made of its content. Replayed twice, it is stored once.
    """
    wanted = _Wanted(project, reasons or tuple(REASONS.keys() - {"id_reused"}), sources)
    outcome = _send_again(project, wanted)
    if form == "json":
        click.echo(msgspec.json.encode(outcome))
        return
    click.echo(f"{outcome.accepted} accepted, {sum(outcome.refused.values())} still refused")
    for reason, messages in sorted(outcome.refused.items()):
        click.echo(f"{messages:>9}  {reason}: {REASONS[reason]}")
    if outcome.unknown_source:
        click.echo(f"{outcome.unknown_source} left alone: clew.toml no longer has their source")


def _send_again(project: Path, wanted: _Wanted) -> Outcome:
    from clew.collect.replay import Outcome, replay

    refused = Counter[str]()
    accepted = unknown = 0
    choice = wanted.choice()
    for part in chain([choice] if choice else [], requests(wanted.rejections(), refused)):
        outcome = replay(project, wanted.clew.settings, part)
        refused.update(outcome.refused)
        accepted += outcome.accepted
        unknown += outcome.unknown_source
    return Outcome(accepted=accepted, refused=dict(refused), unknown_source=unknown)


def _row(refusal: Refusal) -> Row:
    record = refusal.record
    return Row(
        received_at=clock.iso(record.received_at),
        source=record.source,
        type=record.type,
        message_id=record.message_id,
        reason=record.reason or "",
        detail=record.detail or "",
        message=refusal.message.decode(),
    )


def _row_of_rejection(rejection: Rejection) -> Row:
    record = rejection.record
    return Row(
        received_at=clock.iso(rejection.at),
        source=rejection.source,
        type=record.type if record else "",
        message_id=record.message_id if record else "",
        reason=rejection.reason,
        detail=rejection.detail,
        message=rejection.text,
    )
