"""`clew compare funnel | retention`: two groups of a report beside each other, with the difference tested."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

import clew
from clew.analyses.comparing import COMPARED
from clew.analyses.registry import REPORTS, Report
from clew.cli import options
from clew.cli.report import option
from clew.stats import Share

if TYPE_CHECKING:
    from clew.app.comparing import Answer

_NOT_ASKED = ("cell", "reached", "dropped", "by_day", "complete_only")


@click.group()
def compare() -> None:
    """Compare two groups of a report: the share of each, the difference with its 95% interval, and the test."""


def _own(command: Callable[..., Any]) -> Callable[..., Any]:
    groups = click.option(
        "--groups",
        type=click.Choice(["period", "values", "events"]),
        default="period",
        show_default=True,
        help="these days and as many before; two values of --by; two events that begin",
    )
    a = click.option("--a", help="one group: a value, or an event with conditions")
    b = click.option("--b", help="the other group")
    form = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Form of the answer.")
    return options.project(groups(a(b(form(command)))))


def _command(kind: Report) -> click.Command:
    fields = [field for field in msgspec.structs.fields(kind.params) if field.encode_name not in _NOT_ASKED]

    @_own
    def command(project: Path, form: str, **given: Any) -> None:
        from clew.app import comparing

        names = {field.name: field.encode_name for field in fields}
        items = [(names.get(key, key), each) for key, value in given.items() for each in (value if isinstance(value, tuple) else (value,))]
        asked = [(key, str(value)) for key, value in items if value not in (None, "", False)]
        found = comparing.compare(clew.open(project), kind.name, asked)
        click.echo(json.dumps(found.as_json()) if form == "json" else _table(found))

    made = click.command(kind.name, help=f"Compare two groups: {kind.help[0].lower()}{kind.help[1:]}")(command)
    made.params = [*(option(kind, field) for field in sorted(fields, key=lambda field: not field.required)), *made.params]
    return made


def _table(found: Answer) -> str:
    said = [f"a: {found.a}", f"b: {found.b}"]
    for line in found.lines:
        said += [line.name, f"  a {_share(line.a)}, b {_share(line.b)}"]
        if d := line.difference:
            bounds = f"{d.difference * 100:+.1f} points, 95% interval {d.low * 100:+.1f} to {d.high * 100:+.1f}"
            said.append(f"  {bounds}, p = {d.p_value:.4g} ({'z-test' if d.test == 'z' else 'Fisher'})")
    if not found.lines:
        said.append("nothing to compare: a funnel of one step, or days in which no cohort is complete")
    return "\n".join([*said, f"data as of {found.data_as_of}"])


def _share(share: Share) -> str:
    return f"{'–' if share.value is None else f'{share.value * 100:.1f} %'} ({share.hits:,} of {share.of:,})"


for each in REPORTS:
    if each.name in COMPARED:
        compare.add_command(_command(each))
