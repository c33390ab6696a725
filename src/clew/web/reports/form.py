"""The controls of a report's page, made of its params: their types, words and defaults are those of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from clew.analyses.files import FileReport
from clew.analyses.registry import Report
from clew.analyses.unseen import PARAMS

PROPERTIES = ("by", "hold", "property", "label")
"""Params that name a property. The page offers those that were seen, as it offers events."""
_NOT_SHOWN = ("from", "to", "cell", "reached", "dropped")
_TITLES = {
    "step": "Steps",
    "event": "Event",
    "divided_by": "Divided by",
    "cohort": "First did",
    "returning": "Came back and did",
    "goal": "Goal",
    "by": "Break down by",
    "by_day": "By day of start",
    "complete_only": "Complete only",
    "hold": "Same value of",
    "exclude": "Not between",
    "anchor": "Begin at",
    "keep": "Names a step",
    "repeats": "Keep repeats",
    "compare": "Compare",
    "bracket": "Ranges",
}
_FIRST = {
    "trends": ("event", "measure", "property", "interval", "by"),
    "funnel": ("step", "within", "order", "by"),
    "paths": ("anchor", "direction", "show", "depth"),
    "retention": ("cohort", "returning", "interval", "count"),
    "lifecycle": ("interval", "unit"),
    "stickiness": ("show", "unit"),
}
"""What is always there; the rest is under *More options*."""


class Control(NamedTuple):
    """A control. `kind` is many, choice, flag, number, date or text; `values` are what the URL says; `list` names the offers."""

    name: str
    title: str
    help: str
    kind: str
    values: tuple[str, ...]
    choices: tuple[str, ...] = ()
    default: str = ""
    list: str = ""

    @property
    def value(self) -> str:
        return self.values[-1] if self.values else self.default

    @property
    def is_set(self) -> bool:
        """Whether it says something else than its default."""
        return bool(self.values) and self.values != (self.default,)


class Form(NamedTuple):
    """Those that are always there, and the rest."""

    first: tuple[Control, ...]
    more: tuple[Control, ...]

    @property
    def is_open(self) -> bool:
        """Whether the rest says something."""
        return any(control.is_set for control in self.more)


def of_report(report: Report, given: Mapping[str, Any]) -> Form:
    """The controls of a built-in report."""
    hints = get_type_hints(report.params, include_extras=True)
    fields = {field.encode_name: field for field in msgspec.structs.fields(report.params)}
    controls = {name: _control(name, field.default, hints[field.name], given) for name, field in fields.items() if name not in _NOT_SHOWN}
    first = _FIRST[report.name]
    return Form(tuple(controls[name] for name in first), tuple(c for name, c in controls.items() if name not in first))


def of_file(file: FileReport, given: Mapping[str, Any]) -> Form:
    """The controls of a report in a file: all are always there."""
    kinds = {"flag": "choice", "number": "number", "date": "date", "text": "text"}
    controls = [
        Control(
            p.name,
            title(p.name),
            p.help,
            kinds[p.type],
            _values(given.get(p.name)),
            ("true", "false") if p.type == "flag" else (),
            p.default or "",
            _offers(p.name),
        )
        for p in file.params
    ]
    return Form(tuple(controls), ())


def _control(name: str, default: Any, hint: Any, given: Mapping[str, Any]) -> Control:
    kind, about = get_args(hint)[:2]
    told = Control(name, title(name), about.description, "text", _values(given.get(name)), list=_offers(name))
    if kind is bool:
        return told._replace(kind="flag")
    if get_origin(kind) is tuple:
        return told._replace(kind="many")
    if get_origin(kind) is Literal:
        return told._replace(kind="choice", choices=get_args(kind), default=str(default))
    return told._replace(kind="number" if kind is int else "text", default="" if default is None else str(default))


def _values(found: Any) -> tuple[str, ...]:
    if found is None:
        return ()
    return tuple(map(str, found)) if isinstance(found, list | tuple) else (str(found),)


def title(name: str) -> str:
    """A param as its control is called."""
    return _TITLES.get(name, name.replace("_", " ").capitalize())


def _offers(name: str) -> str:
    return "events" if name in PARAMS else "properties" if name in PROPERTIES else ""
