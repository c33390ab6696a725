"""The `clew` command. Every command parses its arguments, calls one function and prints.

Exit codes: 0 done, 1 an error without a code of its own, 2 wrong use or settings, 3 no project or in use, 4 the log, 5 a load, 6 a build,
7 a query, 8 identity, 9 what was kept, 130 interrupted. Errors go to standard error; with `--format json` standard output holds nothing but JSON.
"""

from __future__ import annotations

import sys

import click

from clew import __version__
from clew.cli.ask import build, query, sql
from clew.cli.builds import builds
from clew.cli.kept.annotate import annotate
from clew.cli.kept.audience import audience
from clew.cli.kept.compare import compare
from clew.cli.log import log
from clew.cli.people import identity, people
from clew.cli.refused import refused
from clew.cli.report import report
from clew.cli.rules import rules, sessions
from clew.cli.run import collect, demo, init, login, serve, up
from clew.errors import ClewError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="clew")
def cli() -> None:
    """Clew: customer data and behaviour analytics that follow each user's thread."""


_RUN = (init, up, collect, serve, demo, login)
_ASK = (build, builds, query, sql, report, compare, annotate, audience, people, identity)
for command in (*_RUN, *_ASK, sessions, rules, log, refused):
    cli.add_command(command)


def main() -> None:
    """Run the command line and exit with a code that means something."""
    sys.exit(run(sys.argv[1:]))


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
