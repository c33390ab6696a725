"""Commands that ask a project: build, query, sql."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

import clew
from clew import config
from clew.cli import options

if TYPE_CHECKING:
    from clew.warehouse.export import Format

FORMATS = click.Choice(["table", "csv", "json", "parquet"])
"""`warehouse.export.Format`, said again: the collector and the supervisor start with this module and shall not load the database's library."""


@click.command()
@options.project
@click.option("--full", is_flag=True, envvar="CLEW_FULL", show_envvar=True, help="Build even if nothing is new.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", envvar="CLEW_FORMAT", help="Form of the answer.")
def build(project: Path, full: bool, form: str) -> None:
    """Load and model all that was acknowledged before now, and wait for it."""
    result = clew.open(project).build(full=full)
    if form == "json":
        click.echo(json.dumps(result.as_json()))
    else:
        click.echo(result.as_text())


@click.command()
@options.project
@click.option("--format", "form", type=FORMATS, default="table", envvar="CLEW_FORMAT", show_envvar=True, help="Form of the answer.")
@click.option(
    "--timeout", type=float, envvar="CLEW_TIMEOUT", show_envvar=True, help="Seconds before the query is stopped. Default: web.query_seconds."
)
@click.argument("statement", metavar="SQL")
def query(project: Path, form: Format, timeout: float | None, statement: str) -> None:
    """Run one SELECT; `-` reads it from standard input."""
    text = sys.stdin.read() if statement == "-" else statement
    with clew.open(project).export(text, form, seconds=timeout) as answer:
        shutil.copyfileobj(answer, sys.stdout.buffer)
        sys.stdout.flush()


@click.command()
@options.project
@click.argument("model", required=False)
def sql(project: Path, model: str | None) -> None:
    """Print the SQL that makes MODEL, or the models there are."""
    from clew.models import MODELS, model_sql

    if model is None:
        for each in MODELS:
            click.echo(f"{each.name}: {each.description}")
        return
    if model not in {each.name for each in MODELS}:
        raise click.BadParameter(f"expected one of {', '.join(each.name for each in MODELS)}; found {model!r}", param_hint="MODEL")
    click.echo(model_sql(model, config.load(project), project))
