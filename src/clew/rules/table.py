"""Each rule with its meaning, its value and its default: the settings that decide people, sessions and bounces."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from clew.config import Settings, variable
from clew.tomlfile import literal

SECTIONS = ("sessions", "bounce", "identity", "activity")
NOT_HERE = ("identity.denied",)
"""Edges are denied where they are seen, on a person's page."""

Kind = Literal["number", "flag", "choice", "texts", "numbers_by_name", "texts_by_name"]


class Rule(NamedTuple):
    """A rule. `value` and `default` are as clew.toml has them; `least` and `above` bound a number."""

    name: str
    help: str
    kind: Kind
    value: Any
    default: Any
    choices: tuple[str, ...] = ()
    least: float | None = None
    above: float | None = None
    is_whole: bool = False
    variable: str = ""
    """The environment variable that sets it, if one does: that wins over clew.toml."""

    @property
    def section(self) -> str:
        return self.name.split(".")[0]

    @property
    def title(self) -> str:
        return self.name.split(".")[1].replace("_", " ").capitalize()


def rules(settings: Settings, environment: Mapping[str, str] = os.environ) -> tuple[Rule, ...]:
    """The rules in force, in the order of clew.toml, section by section."""
    found = []
    for section in SECTIONS:
        values = getattr(settings, section)
        hints = get_type_hints(type(values), include_extras=True)
        for field in msgspec.structs.fields(type(values)):
            name = f"{section}.{field.name}"
            if name not in NOT_HERE:
                rule = _rule(name, hints[field.name], getattr(values, field.name), getattr(type(values)(), field.name))
                found.append(rule._replace(variable=variable(name) if variable(name) in environment else ""))
    return tuple(found)


def mark(rules: Iterable[Rule]) -> str:
    """A short text that is another when a value is."""
    return hashlib.sha256(literal({rule.name: rule.value for rule in rules}).encode()).hexdigest()[:16]


def plain(value: Any) -> Any:
    """The value as people write it: 30, not 30.0.

    >>> plain({"ios": 5.0, "web": 7.5})
    {'ios': 5, 'web': 7.5}
    """
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _rule(name: str, hint: Any, value: Any, default: Any) -> Rule:
    kind, meta = get_args(hint)
    now, usual = plain(msgspec.to_builtins(value)), plain(msgspec.to_builtins(default))
    rule = Rule(name, meta.description, "number", now, usual, least=meta.ge, above=meta.gt, is_whole=kind is int)
    if kind is bool:
        return rule._replace(kind="flag")
    if get_origin(kind) is Literal:
        return rule._replace(kind="choice", choices=get_args(kind))
    if get_origin(kind) is tuple:
        return rule._replace(kind="texts")
    if get_origin(kind) is dict:
        return rule._replace(kind="numbers_by_name" if get_args(kind)[1] is float else "texts_by_name")
    return rule
