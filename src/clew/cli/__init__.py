"""The `clew` command. Every command parses its arguments, calls one function and prints.

Exit codes: 0 done, 1 an error without a code of its own, 2 wrong use or settings, 3 no project or in use, 4 the log, 5 a load, 6 a build,
7 a query, 8 identity, 9 what was kept, 130 interrupted. Errors go to standard error; with `--format json` standard output holds nothing but JSON.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping
from importlib import import_module

import click

from clew import __version__
from clew.errors import ClewError

_COMMANDS = {
    "start": ("init", "up", "collect", "serve", "demo", "login"),
    "ask": ("build", "query", "sql"),
    "builds": ("builds",),
    "report": ("report",),
    "kept.compare": ("compare",),
    "kept.annotate": ("annotate",),
    "kept.audience": ("audience",),
    "people": ("people",),
    "rules": ("rules", "sessions", "identity"),
    "log": ("log",),
    "refused": ("refused",),
}
"""In which module each command is, with all that is under it: `identity try` stands with the other trials."""


class Commands(click.Group):
    """The commands, each imported when it is asked for: a report's answer does not wait for what serves and collects."""

    module: Mapping[str, str] = {name: module for module, names in _COMMANDS.items() for name in names}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.module)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        command: click.Command | None = getattr(import_module(f"clew.cli.{self.module[name]}"), name) if name in self.module else None
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="clew")
def cli() -> None:
    """Clew: customer data and behaviour analytics that follow each user's thread."""


def main() -> None:
    """Run the command line and exit with a code that means something."""
    # numpy starts threads for linear algebra, of which there is none here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    code = run(sys.argv[1:])
    # The process ends: to look for garbage among all that was imported would take longer than many a command.
    gc.freeze()
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code = cli.main(arguments, prog_name="clew", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Exit as end:
        return end.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    except ClewError as error:
        click.echo(f"clew: {error}", err=True)
        return error.exit_code
    return code if isinstance(code, int) else 0
