"""`clew people explain | forget | forgotten`, and `clew identity conflicts | deny | undo | denied`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

import clew
from clew import clock
from clew.cli import options

if TYPE_CHECKING:
    from clew.api import BuildAnswer
    from clew.state import Forget

_format = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Form of the answer.")
_space = click.option("--space", default="", help="The identity space (identity.space). Default: the one of all other sources.")


@click.group()
def people() -> None:
    """Look at people."""


@click.group()
def identity() -> None:
    """See what ties identifiers together, and take edges away by hand."""


@people.command()
@options.project
@_space
@_format
@click.argument("identifier", metavar="ID")
def explain(project: Path, space: str, form: str, identifier: str) -> None:
    """Say why the identifiers of ID's person belong together: edges, and the messages that say them."""
    import msgspec

    from clew.analyses.people.explain import as_lines
    from clew.app.identity import explain as explain_person

    found = explain_person(clew.open(project), identifier, space)
    click.echo(msgspec.json.encode(found) if form == "json" else "\n".join(map(printable, as_lines(found))))


@people.command()
@options.project
@_space
@_format
@click.option("--yes", is_flag=True, help="Do not ask. Wanted with --format json.")
@click.argument("identifier", metavar="ID")
def forget(project: Path, space: str, form: str, yes: bool, identifier: str) -> None:
    """Delete all messages of ID's person, from the log, the refused messages and the database. Cannot be undone."""
    from clew.app.forget import as_lines, done_lines, who

    opened = clew.open(project)
    if not yes:
        if form == "json":
            raise click.UsageError("with --format json nobody is asked: give --yes to delete")
        click.echo("\n".join(map(printable, as_lines(opened.look_before_forgetting(identifier, space)))))
        click.confirm("Delete all of this?", abort=True)
    done = opened.forget(identifier, space, by=who())
    click.echo(_json_of(done) if form == "json" else "\n".join(map(printable, done_lines(done))))


@people.command()
@options.project
@_format
@click.argument("identifier", metavar="[ID]", required=False)
def forgotten(project: Path, form: str, identifier: str | None) -> None:
    """List who was forgotten: by whom, when, and how much went. With ID: the requests by this identifier."""
    from clew.app.forget import done_lines, requests

    found = requests(clew.open(project), identifier)
    if form == "json":
        click.echo(f"[{','.join(map(_json_of, found))}]")
        return
    for request in found:
        click.echo(printable("  ".join(done_lines(request))))


@identity.command("conflicts")
@options.project
@click.option("--reason", help="Only this reason. May be one of those that are listed.")
@click.option("--lines", type=click.IntRange(min=1), default=50, show_default=True, help="How many of the newest.")
@_format
def list_conflicts(project: Path, reason: str | None, lines: int, form: str) -> None:
    """List what in the identifiers is doubtful, newest first."""
    from clew.analyses.people.conflicts import REASONS
    from clew.app.identity import conflicts

    if reason is not None and reason not in REASONS:
        raise click.BadParameter(f"expected one of {', '.join(REASONS)}; found {reason!r}", param_hint="--reason")
    rows = conflicts(clew.open(project), reason, lines)
    if form == "json":
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        about = f"{row['alias']}, {row['other']}" if row["other"] else row["alias"]
        click.echo(printable(f"{row['seen_at']}  {row['reason']}: {about}  {row['universal_user_id'] or ''}".rstrip()))


def _edge(command: Callable[..., None]) -> Callable[..., None]:
    alias, following = click.argument("alias", metavar="A"), click.argument("next_alias", metavar="B")
    return options.project(_space(_format(alias(following(command)))))


@identity.command("deny")
@_edge
def deny(project: Path, space: str, form: str, alias: str, next_alias: str) -> None:
    """Take the edge from A to B away: the people come apart in the build that this makes and waits for."""
    from clew.app.identity import deny_edge

    _say(deny_edge(clew.open(project), alias, next_alias, space), form)


@identity.command("undo")
@_edge
def undo(project: Path, space: str, form: str, alias: str, next_alias: str) -> None:
    """Give the edge from A to B back, and build."""
    from clew.app.identity import undo_edge

    _say(undo_edge(clew.open(project), alias, next_alias, space), form)


@identity.command("denied")
@options.project
@_format
def list_denied(project: Path, form: str) -> None:
    """List the edges that were taken away, by whom and when."""
    import msgspec

    from clew.app.identity import denied_edges

    found = denied_edges(clew.open(project))
    if form == "json":
        click.echo(msgspec.json.encode([{"space": space, **msgspec.to_builtins(edge)} for space, edge in found]))
        return
    for space, edge in found:
        by = f"{edge.denied_at}  by {edge.denied_by}" if edge.denied_by else "in clew.toml"
        click.echo(printable(f"{edge.alias} -> {edge.next_alias}{f'  space {space}' if space else ''}  {by}"))


def _json_of(request: Forget) -> str:
    times = {name: None if at is None else clock.iso(at) for name, at in (("asked_at", request.asked_at), ("finished_at", request.finished_at))}
    return json.dumps({**request._asdict(), **times}, ensure_ascii=False)


def _say(answer: BuildAnswer, form: str) -> None:
    click.echo(json.dumps(answer.as_json()) if form == "json" else answer.as_text())


def printable(text: str) -> str:
    """Identifiers are hostile: what would move a terminal's cursor or hide text is shown as its code."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
