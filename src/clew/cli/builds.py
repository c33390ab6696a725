"""`clew builds`: the newest builds, those that failed among them, and the one that runs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

import clew
from clew.cli import options
from clew.cli.people import printable

if TYPE_CHECKING:
    from clew.models.history import Listed

FORMATS = click.Choice(["table", "csv", "json"])
_HEADER = ("build", "state", "began", "seconds", "kind", "loads", "people", "events", "why")
_NUMBERS = ("build", "seconds", "loads", "people", "events")


@click.command()
@options.project
@click.option("--lines", type=click.IntRange(min=1), default=20, show_default=True, help="How many of the newest.")
@click.option("--format", "form", type=FORMATS, default="table", envvar="CLEW_FORMAT", show_envvar=True, help="Form of the answer.")
def builds(project: Path, lines: int, form: str) -> None:
    """List the builds, newest first: why each ran, what it touched, how long it took, and what failed."""
    found = clew.open(project).builds(lines)
    if form == "json":
        click.echo(json.dumps([build.as_json() for build in found], ensure_ascii=False))
    elif form == "csv":
        _print_csv(found)
    else:
        _print_table(found)


def _print_csv(found: list[Listed]) -> None:
    from clew.models.history import CSV_HEADER
    from clew.spreadsheet import safe

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(CSV_HEADER)
    writer.writerows([safe(cell) if isinstance(cell, str) else cell for cell in build.cells()] for build in found)


def _print_table(found: list[Listed]) -> None:
    rows = [_HEADER, *map(_row, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.rjust(width) if name in _NUMBERS else cell.ljust(width) for name, cell, width in zip(_HEADER, row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def _row(build: Listed) -> Sequence[str]:
    from clew import clock

    seconds = "" if build.seconds is None else f"{build.seconds:.2f}"
    counts = ["" if n is None else f"{n:,}" for n in (build.loads, build.people, build.events)]
    kind = "full" if build.is_full else "incremental"
    return (str(build.build_id or ""), build.state, clock.iso(build.started_at)[:19], seconds, kind, *counts, printable(build.why()))
