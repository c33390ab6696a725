"""Commands that make a project and run it: init, up, collect, serve, demo, login."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clew import config
from clew.cli import options

if TYPE_CHECKING:
    from clew.state import Role


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--write-key", envvar="CLEW_WRITE_KEY", show_envvar=True, help="The key that clients send. Default: a new one.")
def init(folder: Path, write_key: str | None) -> None:
    """Make a project in FOLDER and print the write key of its first source."""
    from clew.app import project

    sources = project.init(folder, write_key)
    click.echo(sources[0].write_key)
    click.echo(f"Project made in {folder}. Next: clew up --project {folder}", err=True)


@click.command()
@options.project
@options.collect_address
@options.web_address
def up(project: Path, collect_address: str | None, web_address: str | None) -> None:
    """Run everything: the collector, the loader and builder, the pages."""
    from clew.app import up as supervisor

    config.load(project)
    supervisor.run(project, collect_address, web_address)


@click.command()
@options.project
@options.collect_address
def collect(project: Path, collect_address: str | None) -> None:
    """Run the collector alone: HTTP to log."""
    from clew.app.up import follow_supervisor
    from clew.collect.serve import run

    follow_supervisor()
    run(project, config.load(project), collect_address)


@click.command()
@options.project
@options.web_address
@options.collect_address
def serve(project: Path, web_address: str | None, collect_address: str | None) -> None:
    """Run the database, the builds and the pages."""
    from clew.app.serve import run
    from clew.app.up import follow_supervisor

    follow_supervisor()
    run(project, config.load(project), web_address, collect_address)


@click.command()
@click.option(
    "--project", type=click.Path(path_type=Path, file_okay=False), envvar="CLEW_PROJECT", show_envvar=True, help="Default: a scratch folder, printed."
)
@click.option("--no-browser", is_flag=True, envvar="CLEW_NO_BROWSER", show_envvar=True, help="Only print the link.")
@options.collect_address
@options.web_address
def demo(project: Path | None, no_browser: bool, collect_address: str | None, web_address: str | None) -> None:
    """Make a scratch project, fill it with real and simulated shoppers, and show it."""
    from clew.app import demo as shoppers

    shoppers.run(project, not no_browser, collect_address, web_address)


@click.command()
@options.project
@click.option("--name", default="owner", show_default=True, help="Whom it logs in; made if there is no such user.")
@click.option("--role", type=click.Choice(["owner", "analyst", "viewer"]), help="What a new user may do. Default: owner for `owner`, else viewer.")
def login(project: Path, name: str, role: Role | None) -> None:
    """Print a new link that logs in once."""
    from clew.app.links import login_link

    click.echo(login_link(project, config.load(project), name, role))
