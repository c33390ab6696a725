"""`clew annotate`: what happened on a day, for everybody who looks at charts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

import clew
from clew.cli import options
from clew.cli.people import printable
from clew.state.annotating import Annotation


@click.command()
@options.project
@click.option("--list", "listed", is_flag=True, help="List the annotations, newest first.")
@click.option("--delete", "number", type=int, help="Delete the annotation of this number.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Form of the list.")
@click.argument("day", required=False)
@click.argument("text", required=False)
def annotate(project: Path, listed: bool, number: int | None, form: str, day: str | None, text: str | None) -> None:
    """Say what happened on DAY (2026-11-02), such as "Release 2.0": a flag on every chart over time."""
    from clew.app import kept

    opened = clew.open(project)
    if number is not None:
        kept.delete_annotation(opened, number)
    elif listed:
        _say(kept.all_annotations(opened), form)
    elif day is None or text is None:
        raise click.UsageError("expected DAY and TEXT, --list or --delete NUMBER")
    else:
        kept.annotate(opened, day, text)


def _say(found: Sequence[Annotation], form: str) -> None:
    if form == "json":
        told = [{"annotation_id": each.annotation_id, "day": each.day.isoformat(), "text": each.text, "by": each.made_by} for each in found]
        click.echo(json.dumps(told))
        return
    for each in found:
        click.echo(printable(f"{each.annotation_id:>4}  {each.day}  {each.text}  ({each.made_by})"))
