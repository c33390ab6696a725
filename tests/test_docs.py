"""The reference pages name all there is: commands and flags, settings and defaults, routes, errors and exit codes. And links lead somewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from starlette.routing import Route

from clew import errors
from clew.cli import cli
from clew.collect.routes import ROUTES
from clew.config import SettingRow, Settings, settings_table
from clew.errors import ClewError

TOP = Path(__file__).parents[1]
DOCS = TOP / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def commands(group: click.Group = cli, path: str = "clew") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


@pytest.mark.parametrize(("path", "command"), [pytest.param(p, c, id=p) for p, c in commands()])
def test_command(path: str, command: click.Command) -> None:
    flags = {flag for p in command.params for flag in p.opts if flag.startswith("--") and flag != "--help"}
    assert flags <= set(re.findall(r"--[a-z-]+", section(path))), f"docs/cli.md: the section of `{path}` lacks {flags}"
    assert command.help, f"`{path} --help` says nothing"


def section(path: str) -> str:
    """What the page says under the command's heading, and under its group's."""
    parts = re.split(r"^(?=##+ )", page("cli.md"), flags=re.MULTILINE)
    own = [p for p in parts if re.match(rf"##+ {re.escape(path)}\n", p)]
    assert own, f"docs/cli.md: no heading for `{path}`"
    above = path.rsplit(" ", 1)[0]
    return own[0] + "".join(p for p in parts if above != "clew" and p.startswith(f"## {above}\n"))


def test_no_command_that_is_not_there() -> None:
    documented = set(re.findall(r"^##+ (clew [a-z_ ]+)$", page("cli.md"), re.MULTILINE))
    assert documented == {path for path, _ in commands()}


@pytest.mark.parametrize("row", settings_table(), ids=lambda row: row.name)
def test_setting(row: SettingRow) -> None:
    default = row.default if row.default == "(required)" else f"`{literal(row.default)}`"
    line = f"| `{row.name}` | {default} | {row.help} |"
    assert line in page("settings.md").splitlines(), f"docs/settings.md lacks this line: {line}"


def literal(value: Any) -> str:
    """As TOML writes it."""
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def test_no_setting_that_is_not_there() -> None:
    documented = re.findall(r"^\| `([a-z_]+\.[a-z_]+)`", page("settings.md"), re.MULTILINE)
    assert documented == [row.name for row in settings_table()]


@pytest.mark.parametrize("path", ROUTES)
def test_route_of_the_collector(path: str) -> None:
    assert re.search(rf"`((GET|POST) )?{re.escape(path)}`", page("http.md").split("## serve")[0]), f"docs/http.md lacks {path}"


def test_routes_of_the_pages(served_routes: set[str]) -> None:
    text = page("http.md").split("## serve")[1]
    documented = set(re.findall(r"`((?:GET|POST) /[^`]*)`", text))
    assert documented == served_routes


@pytest.fixture
def served_routes(tmp_path: Path) -> set[str]:
    """METHOD and path of all that `serve` answers. Nothing is asked, so nothing stands behind the routes."""
    from clew.app.control import control_routes
    from clew.web.app import make_app

    nothing: Any = SimpleNamespace(root=tmp_path, settings=Settings(), state=None, url="http://127.0.0.1:1", warehouse=None, engine=None)
    control = control_routes(nothing, nothing, nothing, token="", scratch=tmp_path)
    routes = [r for r in [*make_app(nothing).routes, *control] if isinstance(r, Route)]
    return {f"{method} {route.path}" for route in routes for method in route.methods or () if method != "HEAD"}


def error_classes(of: type[ClewError] = ClewError) -> Iterator[type[ClewError]]:
    yield of
    for each in of.__subclasses__():
        yield from error_classes(each)


@pytest.mark.parametrize("error", [e for e in error_classes() if e.__module__ == errors.__name__], ids=lambda e: e.__name__)
def test_error(error: type[ClewError]) -> None:
    assert f"| `{error.__name__}` | {error.exit_code} |" in page("errors.md")
    assert error.__name__ in (errors.__doc__ or ""), "clew.errors draws its tree in its docstring"
    assert error.__doc__


def test_errors_of_other_modules_have_a_page() -> None:
    """All public errors stand in clew.errors, so that there is one list."""
    assert [e.__name__ for e in error_classes() if e.__module__ != errors.__name__ and not e.__name__.startswith("_")] == []


PAGES = [TOP / "README.md", TOP / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(TOP)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{path.name}: no {target}"


def test_every_page_is_in_the_index() -> None:
    linked = set(re.findall(r"\]\(([^)#]+)\)", page("index.md")))
    pages = {str(p.relative_to(DOCS)) for p in DOCS.glob("*.md")} - {"index.md"}
    assert pages <= linked
