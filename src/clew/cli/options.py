"""Options that several commands share. Each may also be given as a `CLEW_*` environment variable."""

from __future__ import annotations

from pathlib import Path

import click

project = click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    envvar="CLEW_PROJECT",
    show_envvar=True,
    help="The project's folder, which holds clew.toml. Default: this one.",
)
collect_address = click.option(
    "--collect", "collect_address", metavar="HOST:PORT", envvar="CLEW_COLLECT", show_envvar=True, help="Where clients send events."
)
web_address = click.option("--web", "web_address", metavar="HOST:PORT", envvar="CLEW_WEB", show_envvar=True, help="Where the pages are.")
