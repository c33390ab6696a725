"""`clew identity try` and `clew sessions try`: what other rules would make of the same messages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import clew
from clew.cli import options
from clew.cli.people import identity, printable

if TYPE_CHECKING:
    from clew.models.trial import Example, Trial

_set = click.option(
    "--set", "changes", multiple=True, required=True, metavar="KEY=VALUE", help="A setting and its other value, as in clew.toml. May be repeated."
)
_format = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Form of the answer.")


@click.group()
def sessions() -> None:
    """See what the rules of sessions do."""


@identity.command("try")
@options.project
@_set
@_format
def try_identity(project: Path, changes: tuple[str, ...], form: str) -> None:
    """Show whom other rules of identity would merge and split. Nothing is changed."""
    _say(_tried(project, changes, "identity"), form, examples=True)


@sessions.command("try")
@options.project
@_set
@_format
def try_sessions(project: Path, changes: tuple[str, ...], form: str) -> None:
    """Show sessions, bounce rate and duration under other rules, beside those of now. Nothing is changed."""
    _say(_tried(project, changes, "sessions"), form, examples=False)


def _tried(project: Path, changes: tuple[str, ...], section: str) -> Trial:
    named = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise click.BadParameter(f"expected KEY=VALUE, such as {section}.…=…; found {change!r}", param_hint="--set")
        named[key if "." in key else f"{section}.{key}"] = value
    return clew.open(project).try_rules(named)


def _say(trial: Trial, form: str, *, examples: bool) -> None:
    import msgspec

    if form == "json":
        click.echo(msgspec.json.encode(trial))
        return
    for name, now, then in zip(("people", "sessions", "bounce rate", "mean seconds"), _row(trial.now), _row(trial.then), strict=True):
        click.echo(f"{name:<14}{now:>14}  ->{then:>14}")
    if examples:
        click.echo(f"merged: {trial.merged}, split: {trial.split}")
        _list("merged", "of", trial.largest_merged)
        _list("split", "into", trial.largest_split)


def _row(numbers: object) -> list[str]:
    import msgspec

    values = msgspec.to_builtins(numbers).values()
    return ["none" if v is None else f"{v:,.3f}" if isinstance(v, float) else f"{v:,}" for v in values]


def _list(what: str, word: str, examples: list[Example]) -> None:
    for each in examples:
        click.echo(printable(f"  {what}: {each.universal_user_id} ({each.aliases} aliases) {word} {', '.join(each.people)}"))
