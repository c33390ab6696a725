"""`clew log verify | stats | tail`: looking at the event log. Works beside a running collector; changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from clew import clock
from clew.cli import options
from clew.config import Paths
from clew.errors import LogError, ProjectError
from clew.eventlog import Cursor, LogReader, Stats, before_last, stats, verify
from clew.messages import decode_record

_POLL_SECONDS = 0.25


@click.group()
def log() -> None:
    """Look at the event log: what is in it, and whether it is intact."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    as_json = click.option("--json", "as_json", is_flag=True, envvar="CLEW_JSON", show_envvar=True, help="JSON on standard output, nothing else.")
    refused = click.option("--refused", is_flag=True, envvar="CLEW_REFUSED", show_envvar=True, help="The log of refused messages instead.")
    return options.project(refused(as_json(command)))


@log.command("verify")
@_options
def verify_command(project: Path, refused: bool, as_json: bool) -> None:
    """Check every record's checksum. Exit code 4 when one is corrupt."""
    found = verify(_folder(project, refused))
    if as_json:
        _print_json(found)
    else:
        for corrupt in found.corrupt:
            click.echo(f"corrupt: chunk {corrupt.cursor.chunk}, ordinal {corrupt.cursor.ordinal}: {corrupt.reason}")
        click.echo(f"{found.records} records in {found.chunks} chunks, {found.deleted} deleted, {len(found.corrupt)} corrupt")
    if found.corrupt:
        click.get_current_context().exit(LogError.exit_code)


@log.command("stats")
@_options
def stats_command(project: Path, refused: bool, as_json: bool) -> None:
    """Count the records by chunk and by source, type and reason, and show how far each reader is."""
    found = stats(_folder(project, refused))
    if as_json:
        _print_json(found)
    else:
        _print_stats(found)


@log.command()
@_options
@click.option(
    "--lines", type=click.IntRange(min=0), default=10, show_default=True, envvar="CLEW_LINES", show_envvar=True, help="How many of the last records."
)
@click.option("--follow", is_flag=True, envvar="CLEW_FOLLOW", show_envvar=True, help="Go on with what arrives.")
def tail(project: Path, refused: bool, as_json: bool, lines: int, follow: bool) -> None:
    """Print the last records, oldest first. Corrupt ones are named on standard error."""
    folder = _folder(project, refused)
    cursor = before_last(folder, lines)
    with LogReader(folder) as reader:
        while True:
            part = reader.read(cursor)
            for corrupt in part.corrupt:
                click.echo(f"corrupt: chunk {corrupt.cursor.chunk}, ordinal {corrupt.cursor.ordinal}: {corrupt.reason}", err=True)
            for line in filter(None, part.lines):
                click.echo(line if as_json else _describe(line))
            cursor = part.next
            if not part.lines:
                if not follow:
                    return
                time.sleep(_POLL_SECONDS)


def _folder(project: Path, refused: bool) -> Path:
    paths = Paths(project)
    if not paths.config.exists():
        raise ProjectError(f"expected {paths.config}, found no such file: run `clew init {project}` or give --project")
    return paths.refused if refused else paths.log


def _print_json(value: Any) -> None:
    click.echo(msgspec.json.encode(_plain(value)))


def _plain(value: Any) -> Any:
    """Named tuples as objects: their names are what a reader of the JSON wants."""
    if isinstance(value, msgspec.Struct):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    if hasattr(value, "_asdict"):
        return {name: _plain(item) for name, item in value._asdict().items()}
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _print_stats(found: Stats) -> None:
    for chunk in found.chunks:
        times = f"{_time(chunk.first_received_at)} to {_time(chunk.last_received_at)}"
        click.echo(f"{chunk.file}  {chunk.bytes} bytes  {chunk.records} records  {chunk.deleted} deleted  {times}")
    for kind, records in found.kinds:
        click.echo(f"{records:>12}  {kind.source}  {kind.type}  {kind.reason or ''}".rstrip())
    for name, cursor in found.cursors.items():
        click.echo(f"reader {name}: at {_place(cursor)}")
    click.echo(f"end of the log: {_place(found.end)}")


def _time(micros: int | None) -> str:
    return "-" if micros is None else clock.iso(micros)


def _place(cursor: Cursor) -> str:
    return f"chunk {cursor.chunk}, ordinal {cursor.ordinal}"


def _describe(line: bytes) -> str:
    try:
        record = decode_record(line)
    except msgspec.DecodeError as error:
        return f"intact, but no record ({error}): {line!r}"
    refusal = f"  {record.reason}: {record.detail}" if record.reason else ""
    return f"{clock.iso(record.received_at)}  {record.source}  {record.type}  {record.message_id}{refusal}"
