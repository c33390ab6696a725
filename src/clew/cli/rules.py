"""`clew rules list | set`, and `clew identity try` and `clew sessions try`: what other rules would make of the same messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

import clew
from clew.cli import options
from clew.cli.people import identity, printable
from clew.config import Paths

if TYPE_CHECKING:
    from clew.models.trial import Example, Trial

_set = click.option(
    "--set", "changes", multiple=True, required=True, metavar="KEY=VALUE", help="A setting and its other value, as in clew.toml. May be repeated."
)
_format = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Form of the answer.")


@click.group()
def sessions() -> None:
    """See what the rules of sessions do."""


@click.group()
def rules() -> None:
    """See the rules of sessions and identity, and change them."""


@rules.command("list")
@options.project
@_format
def list_rules(project: Path, form: str) -> None:
    """List each rule with its value, its default and what it means."""
    from clew.rules import rules as known
    from clew.tomlfile import literal

    found = known(clew.open(project).settings)
    if form == "json":
        click.echo(json.dumps([{"name": r.name, "value": r.value, "default": r.default, "help": r.help} for r in found]))
        return
    for rule in found:
        default = "" if rule.value == rule.default else f"  [default {literal(rule.default)}]"
        click.echo(printable(f"{rule.name} = {literal(rule.value)}{default}  {rule.help}"))


@rules.command("set")
@options.project
@_format
@click.argument("changes", metavar="KEY=VALUE...", nargs=-1, required=True)
def set_rules(project: Path, form: str, changes: tuple[str, ...]) -> None:
    """Change rules in clew.toml, values as they stand there. History is built anew with them: by a running serve at once, else by the next build."""
    from clew.app.identity import who
    from clew.rules import change
    from clew.state import State
    from clew.tomlfile import literal

    with State.open(Paths(project).state) as state:
        done = change(project, dict(_pair(each) for each in changes), state, who())
    if form == "json":
        click.echo(json.dumps([{"name": name, "before": before, "after": after} for name, before, after in done]))
        return
    click.echo(
        "\n".join(printable(f"{name}: {literal(before)} -> {literal(after)}") for name, before, after in done) or "these are the rules already"
    )


def _pair(change: str, section: str = "sessions") -> tuple[str, str]:
    key, equals, value = change.partition("=")
    if not equals:
        raise click.BadParameter(f"expected KEY=VALUE, such as {section}.…=…; found {change!r}")
    return key, value


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
    pairs = [_pair(change, section) for change in changes]
    return clew.open(project).try_rules({key if "." in key else f"{section}.{key}": value for key, value in pairs})


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
