"""Reports that are SQL files: the playbook's, and those of a project's own `reports/` folder. A short header says what they are.

    -- title: Orders by day
    -- about: How many orders, and what they brought.
    -- param days number = 28: the last so many days of data
    -- param shop text: which shop (no default: it must be given)
    -- chart: line day orders
    SELECT ... WHERE shop = $shop

`$name` stands for the value of a param, as a literal. Types are text, number, date and flag. Reports read no clock, but `clew.builds`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal, NamedTuple

from clew.analyses.text import Value, names_in, runnable
from clew.errors import QueryError

Type = Literal["text", "number", "date", "flag"]
_HEADER = re.compile(r"--\s*(title|about|param|chart)\b\s*:?\s*(.*)")
_PARAM = re.compile(r"([a-z_]+)\s+(text|number|date|flag)\s*(?:=\s*([^:]*?)\s*)?(?::\s*(.*))?")
NAME = re.compile(r"[a-z][a-z0-9_]*")


class FileParam(NamedTuple):
    """One `-- param` line. `default` is as written; None: it must be given."""

    name: str
    type: Type
    default: str | None
    help: str


class FileReport(NamedTuple):
    """A report in a file."""

    name: str
    title: str
    about: str
    params: tuple[FileParam, ...]
    chart: tuple[str, ...]
    text: str

    def sql(self, given: Mapping[str, str]) -> str:
        """The text with the values written in. Raises QueryError for a param that is unknown, missing, or no value of its type."""
        unknown = given.keys() - {param.name for param in self.params}
        if unknown:
            known = ", ".join(param.name for param in self.params) or "none"
            raise QueryError(f"report {self.name}: expected params among {known}, found {sorted(unknown)[0]!r}")
        return runnable(self.text, {param.name: self._value(param, given.get(param.name, param.default)) for param in self.params})

    def told(self, given: Mapping[str, str]) -> dict[str, str | None]:
        """What each param was, defaults too."""
        return {param.name: given.get(param.name, param.default) for param in self.params}

    def _value(self, param: FileParam, value: str | None) -> Value:
        if value is None:
            raise QueryError(f"report {self.name}: expected a value of {param.name} ({param.help}), found none: give --{param.name} VALUE")
        try:
            return _READ[param.type](value)
        except ValueError as error:
            raise QueryError(f"report {self.name}: expected {param.name} to be a {param.type}, found {value!r}") from error


def parsed(name: str, text: str) -> FileReport:
    """The report that a file holds. Raises QueryError for a header that says nothing, or a `$name` that no header declares."""
    title, about, chart = name, list[str](), tuple[str, ...]()
    params: list[FileParam] = []
    for number, line in enumerate(text.split("\n"), 1):
        match = _HEADER.fullmatch(line.strip())
        if match is None:
            continue
        match match[1]:
            case "title":
                title = match[2]
            case "about":
                about.append(match[2])
            case "chart":
                chart = tuple(match[2].split())
            case _:
                params.append(_param(name, number, match[2]))
    undeclared = names_in(text) - {param.name for param in params}
    if undeclared:
        raise QueryError(f"report {name}: expected a line `-- param {sorted(undeclared)[0]} text: ...` for ${sorted(undeclared)[0]}, found none")
    return FileReport(name, title, " ".join(about), tuple(params), chart, text)


def _param(name: str, number: int, text: str) -> FileParam:
    match = _PARAM.fullmatch(text.strip())
    if match is None:
        raise QueryError(f"report {name}, line {number}: expected `-- param NAME text|number|date|flag = DEFAULT: what it is`, found {text!r}")
    kind: Type = match[2]  # type: ignore[assignment]  # the pattern allows no other
    return FileParam(match[1], kind, match[3], match[4] or "")


@cache
def playbook() -> tuple[FileReport, ...]:
    """The playbook's reports, by name."""
    folder = resources.files("clew.analyses").joinpath("playbook")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return tuple(parsed(file.name.removesuffix(".sql"), file.read_text("utf-8")) for file in files)


def own(root: Path) -> tuple[FileReport, ...]:
    """The reports of the project's `reports/` folder, by name; a file whose name is none of a report is left out. Raises QueryError."""
    files = sorted((root / "reports").glob("*.sql"))
    return tuple(_read(file) for file in files if NAME.fullmatch(file.stem))


def _read(file: Path) -> FileReport:
    try:
        return parsed(file.stem, file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"{file}: expected a report in SQL, found what cannot be read: {error}") from error


def find(root: Path, name: str) -> FileReport | None:
    """The project's own report of that name, else the playbook's. Raises QueryError for a file that is none."""
    file = root / "reports" / f"{name}.sql"
    if NAME.fullmatch(name) and file.is_file():
        return _read(file)
    return next((report for report in playbook() if report.name == name), None)


def _number(value: str) -> Value:
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", value, re.ASCII):
        raise ValueError(value)
    return float(value) if "." in value else int(value)


def _flag(value: str) -> Value:
    return {"true": True, "false": False}.get(value.lower()) if value.lower() in ("true", "false") else _number("")


def _text(value: str) -> Value:
    if "\0" in value:
        raise ValueError(value)
    return value


_READ = {"text": _text, "number": _number, "date": dt.date.fromisoformat, "flag": _flag}
