"""`clew report list | NAME`: reports on the command line. The options of a built-in report are its params; those of a file stand in its header."""

from __future__ import annotations

import csv
import gc
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import click
import msgspec

import clew
from clew import clock
from clew.analyses import files, unseen
from clew.analyses.answer import Answer
from clew.analyses.asked import Asked
from clew.analyses.registry import REPORTS, Report
from clew.analyses.told import Told, Verdict
from clew.api import Clew
from clew.cli import options
from clew.spreadsheet import safe
from clew.state.saved import Saved

FORMATS = ("table", "csv", "json", "sql")


class Reports(click.Group):
    """The reports as commands, each made when it is asked for: those in the package, and any other name as a file of the project's own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *(each.name for each in REPORTS), *(each.name for each in files.playbook())])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return super().get_command(ctx, name) or _made(name)


@click.group(cls=Reports)
def report() -> None:
    """Ask a report: `list` names them. A file NAME.sql in the project's reports/ folder is a report too."""


@report.command("list")
@options.project
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, envvar="CLEW_FORMAT")
def list_command(project: Path, form: str) -> None:
    """List the reports: built in, of the playbook, and the project's own."""
    rows = [("built in", each.name, each.help) for each in REPORTS]
    rows += [("playbook", each.name, each.title) for each in files.playbook()]
    rows += [("project", each.name, each.title) for each in files.own(project)]
    if form == "json":
        click.echo(json.dumps([{"name": name, "from": where, "title": title} for where, name, title in rows]))
        return
    for where, name, title in rows:
        click.echo(f"{name:<32} {where:<9} {title}")


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    form = click.option(
        "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, envvar="CLEW_FORMAT", help="Form of the answer."
    )
    both = click.option("--verify", is_flag=True, help="Ask the timeline and the SQL, print both answers and whether they agree; exit with 1 if not.")
    timeout = click.option("--timeout", type=float, envvar="CLEW_TIMEOUT", show_envvar=True, help="Seconds before it is stopped.")
    return options.project(form(both(timeout(command))))


@contextmanager
def _collecting_nothing() -> Iterator[None]:
    """What a first answer imports is no garbage, and to look for some among it takes a tenth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@_collecting_nothing()
def _run(name: str, given: dict[str, Any], project: Path, form: str, timeout: float | None, verify: bool) -> None:
    # Where numpy is used first, so many calls are open that Python 3.11 maps memory for each further one: its import takes twice as long.
    import numpy  # noqa: F401

    opened = clew.open(project)
    if verify:
        _verify(opened.verify(name, seconds=timeout, **given), form)
        return
    if form == "sql":
        click.echo(opened.report_sql(name, **given).rstrip())
    else:
        answer = opened.report(name, seconds=timeout, **given)
        _say(answer, form)
        _hint(opened, answer)


def _hint(opened: Clew, answer: Answer) -> None:
    """Say on standard error which of the events asked for was never seen, where the answer counts nothing."""
    if unseen.counts_nothing(answer.rows) and unseen.names(answer.params):
        for each in unseen.unseen(answer.params, [row["event"] for row in opened.query(unseen.SEEN)]):
            click.echo(each.said, err=True)


def _say(answer: Answer, form: str) -> None:
    if form == "json":
        click.echo(json.dumps(answer.as_json()))
    elif form == "csv":
        click.echo(_csv(answer), nl=False)
    else:
        click.echo(_table(answer))


@report.command("saved")
@_common
@click.argument("name", required=False)
def saved_command(project: Path, form: str, timeout: float | None, verify: bool, name: str | None) -> None:
    """Ask the saved report NAME; without it, list those that people saved on the pages."""
    from clew.app import kept

    opened = clew.open(project)
    if name is None:
        _list_saved(kept.saved_reports(opened), form)
    elif verify:
        asked = kept.read_saved(opened, name)
        _verify(opened.verify(asked.name, seconds=timeout, **asked.given), form)
    elif form == "sql":
        asked = kept.read_saved(opened, name)
        click.echo(opened.report_sql(asked.name, **asked.given).rstrip())
    else:
        answer = kept.ask_saved(opened, name, timeout)
        _say(answer, form)
        _hint(opened, answer)


def _list_saved(found: Sequence[Saved], form: str) -> None:
    if form == "json":
        click.echo(json.dumps([{**each._asdict(), "saved_at": clock.iso(each.saved_at)} for each in found]))
        return
    for each in found:
        click.echo(f"{each.name:<32} {each.report} {each.query}")


def _verify(verdict: Verdict, form: str) -> None:
    if form == "json":
        click.echo(json.dumps({**msgspec.to_builtins(verdict), "agrees": verdict.agrees}))
    else:
        for title, told in (("timeline", verdict.kernel), ("SQL", verdict.sql)):
            if told is not None:
                click.echo(f"{title}, {told.seconds * 1000:.0f} ms\n{_table(told)}\n")
        click.echo(verdict.said)
    if verdict.agrees is False:
        raise click.exceptions.Exit(1)


def _made(name: str) -> click.Command | None:
    built_in = next((each for each in REPORTS if each.name == name), None)
    if built_in is not None:
        return _built_in(built_in)
    file = next((each for each in files.playbook() if each.name == name), None)
    if file is not None:
        return _of_file(file)
    return _of_project(name) if files.NAME.fullmatch(name) else None


def _built_in(kind: Report) -> click.Command:
    @_common
    def command(project: Path, form: str, timeout: float | None, verify: bool, **given: Any) -> None:
        names = {field.name: field.encode_name for field in fields}
        _run(kind.name, {names[key]: value for key, value in given.items() if value not in (None, (), False)}, project, form, timeout, verify)

    fields = msgspec.structs.fields(kind.params)
    params = [option(kind, field) for field in sorted(fields, key=lambda field: not field.required)]
    made = click.command(kind.name, help=kind.help)(command)
    made.params = [*params, *made.params]
    return made


def option(report: Report, field: Any) -> click.Option:
    """One param as an option. What is given stays text: the params' own types read it."""
    kind, *about = get_args(_hints(report.params)[field.name])
    kind = get_args(kind)[0] if get_origin(kind) is not None and type(None) in get_args(kind) else kind
    name = f"--{field.encode_name.replace('_', '-')}"
    told: dict[str, Any] = {"help": about[0].description}
    if kind is bool:
        told["is_flag"] = True
    elif get_origin(kind) is tuple:
        told |= {"multiple": True, "required": field.required, "help": f"{about[0].description}. May be repeated."}
    elif get_origin(kind) is Literal:
        told |= {"type": click.Choice(get_args(kind)), "default": field.default, "show_default": True}
    else:
        told |= {"default": None if field.default is None else str(field.default), "show_default": field.default is not None}
    return click.Option([name, field.name], **told)


@cache
def _hints(params: type[Asked]) -> dict[str, Any]:
    """The types of the params with what is said of each."""
    return get_type_hints(params, include_extras=True)


def _of_file(file: files.FileReport) -> click.Command:
    @_common
    def command(project: Path, form: str, timeout: float | None, verify: bool, **given: str | None) -> None:
        _run(file.name, {key: value for key, value in given.items() if value is not None}, project, form, timeout, verify)

    made = click.command(file.name, help=f"{file.title}. {file.about}")(command)
    told = [click.Option([f"--{p.name.replace('_', '-')}", p.name], help=p.help, default=p.default, show_default=True) for p in file.params]
    made.params = [*told, *made.params]
    return made


def _of_project(name: str) -> click.Command:
    """A command that reads its own options when the project is known."""

    @click.command(name, context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False)
    @options.project
    @click.pass_context
    def command(ctx: click.Context, project: Path) -> None:
        found = next((each for each in files.own(project) if each.name == name), None)
        if found is None:
            raise click.UsageError(f"No such report {name!r}: `clew report list` names them; {project / 'reports' / name}.sql is not there.")
        inner = _of_file(found)
        with inner.make_context(name, ["--project", str(project), *ctx.args], parent=ctx.parent) as context:
            inner.invoke(context)

    return command


def _csv(answer: Answer) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    names = _names(answer)
    writer.writerow([safe(name) for name in names])
    for row in answer.rows:
        writer.writerow([safe(row[name]) if isinstance(row[name], str) else _plain(row[name]) for name in names])
    return file.getvalue()


def _table(answer: Answer | Told) -> str:
    names = _names(answer)
    rows = [[_line(_plain(row[name])) for name in names] for row in answer.rows]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    right = [all(isinstance(row[name], int | float | None) and not isinstance(row[name], bool) for row in answer.rows) for name in names]
    lines = [
        "  ".join(cell.rjust(width) if number else cell.ljust(width) for cell, width, number in zip(line, widths, right, strict=True)).rstrip()
        for line in (names, ["-" * width for width in widths], *rows)
    ]
    return "\n".join([*(lines if rows else ["no rows"]), f"data as of {answer.data_as_of or 'never: no data'}"])


def _names(answer: Answer | Told) -> list[str]:
    return list(answer.rows[0]) if answer.rows else []


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _line(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")
