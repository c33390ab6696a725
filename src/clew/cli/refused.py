"""`clew refused list | counts | replay`: messages that were refused, and why."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path

import click
import msgspec

from clew import clock, config
from clew.cli import options
from clew.collect.reasons import REASONS
from clew.collect.refusals import Choice, Refusal, count, read

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
    config.load(project)
    choice = Choice(reasons=frozenset(reasons), sources=frozenset(sources), replayed=replayed)
    rows = [_row(refusal) for refusal in deque(read(project, choice), lines)]
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
    config.load(project)
    found = count(project, Choice(reasons=frozenset(reasons), sources=frozenset(sources), replayed=replayed))
    if form == "json":
        click.echo(msgspec.json.encode([row._asdict() for row in found]))
        return
    for row in found:
        click.echo(f"{row.messages:>9}  {row.source}  {row.reason}: {REASONS.get(row.reason, '')}")


@refused.command()
@_choice
@_format
def replay(project: Path, reasons: tuple[str, ...], sources: tuple[str, ...], form: str) -> None:
    """Send refused messages through the rules again, for example after a limit was raised. Those still refused stay."""
    from clew.collect.replay import replay as send_again

    outcome = send_again(project, config.load(project), Choice(reasons=frozenset(reasons), sources=frozenset(sources)))
    if form == "json":
        click.echo(msgspec.json.encode(outcome))
        return
    click.echo(f"{outcome.accepted} accepted, {sum(outcome.refused.values())} still refused")
    for reason, messages in sorted(outcome.refused.items()):
        click.echo(f"{messages:>9}  {reason}: {REASONS[reason]}")
    if outcome.unknown_source:
        click.echo(f"{outcome.unknown_source} left alone: clew.toml no longer has their source")


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
