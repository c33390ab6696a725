"""`clew audience list | show NAME`: people under a name."""

from __future__ import annotations

import json
from pathlib import Path

import click

import clew
from clew import clock
from clew.cli import options
from clew.cli.people import printable

_format = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Form of the answer.")


@click.group()
def audience() -> None:
    """Look at audiences: people under a name, saved from a list on the pages."""


@audience.command("list")
@options.project
@_format
def list_audiences(project: Path, form: str) -> None:
    """List the audiences, each with what it asks and how many people it had when it was last counted."""
    from clew.app import kept
    from clew.web.kept.people import words

    found = kept.all_audiences(clew.open(project))
    if form == "json":
        times = ("made_at", "data_as_of")
        told = [{key: clock.iso(value) if key in times else value for key, value in each._asdict().items()} for each in found]
        click.echo(json.dumps([{**row, "asks": words(row["report"], row["query"])} for row in told]))
        return
    for each in found:
        click.echo(printable(f"{each.name:<32} {each.people:>9,}  as of {clock.iso(each.data_as_of)}  {words(each.report, each.query)}"))


@audience.command("show")
@options.project
@_format
@click.argument("name")
def show_audience(project: Path, form: str, name: str) -> None:
    """Count the audience NAME at the newest build, and list its people by their universal ids."""
    from clew.app import kept

    found = kept.audience_people(clew.open(project), name)
    if form == "json":
        told = {"name": found.name, "asks": found.asks, "data_as_of": clock.iso(found.data_as_of), "people": found.people}
        click.echo(json.dumps({**told, "count": len(found.people)}, ensure_ascii=False))
        return
    for universal_user_id in found.people:
        click.echo(printable(universal_user_id))
    click.echo(printable(f"{len(found.people):,} people, data as of {clock.iso(found.data_as_of)}: {found.asks}"))
