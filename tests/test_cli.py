"""The command line: what it loads, and what its exit codes and errors say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from clew import cli
from clew.cli.ask import FORMATS
from clew.warehouse.export import Format


def test_formats_are_those_of_the_export() -> None:
    assert tuple(FORMATS.choices) == get_args(Format)


def test_the_command_line_alone_loads_no_database() -> None:
    code = "import sys, clew.cli; print(sorted({'duckdb', 'numpy', 'plotly', 'starlette', 'jinja2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["build"], 3, "clew init"),
        (["query", "SELECT 1"], 3, "clew init"),
        (["up"], 3, "clew init"),
        (["query"], 2, "Missing argument"),
        (["nothing"], 2, "No such command"),
        (["query", "--format", "xml", "SELECT 1"], 2, "xml"),
    ],
)
def test_exit_codes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(arguments) == code
    out, err = capsys.readouterr()
    assert said in err
    assert out == ""


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert cli.run(["--help"]) == 0
    out, _ = capsys.readouterr()
    assert "clew, version" in out
    assert all(name in out for name in ("init", "up", "collect", "serve", "demo", "build", "query", "sql", "log"))
