"""The form of the rules: what the address says for each, against what is in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from clew.config import toml_value
from clew.errors import ConfigError
from clew.rules import Rule, read, written
from clew.state import RuleChange
from clew.tomlfile import literal

PATH = "/settings/rules"
LONGEST = 20_000
"""Characters of a value."""


class Field(NamedTuple):
    """A rule with what stands in its field. `error` says what cannot be; `value` is what was read of a text that can."""

    rule: Rule
    text: str
    value: Any
    error: str = ""

    @property
    def is_changed(self) -> bool:
        """Whether it says something else than what is in force."""
        return bool(self.error) or self.value != self.rule.value

    @property
    def was(self) -> str:
        return written(self.rule, self.rule.value)

    @property
    def usual(self) -> str:
        """The default, for a line of text."""
        return written(self.rule, self.rule.default).replace("\n", ", ") or "none"


class Form(NamedTuple):
    """All rules; `given` are those of the address that say something, in its order."""

    fields: tuple[Field, ...]
    given: tuple[tuple[str, str], ...]

    @property
    def changed(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.is_changed)

    @property
    def is_wrong(self) -> bool:
        return any(field.error for field in self.fields)

    @property
    def changes(self) -> dict[str, str]:
        """Name -> value as clew.toml has it, of those that are changed."""
        return {field.rule.name: literal(field.value) for field in self.changed}

    @property
    def query(self) -> str:
        """The address's part that says no more than what is changed."""
        return urlencode([(field.rule.name, field.text) for field in self.changed])

    @property
    def is_brief(self) -> bool:
        """Whether the address says nothing that is so already. A form without scripts sends all fields."""
        return {name for name, _ in self.given} == {field.rule.name for field in self.changed}


def read_form(rules: tuple[Rule, ...], given: Mapping[str, str]) -> Form:
    """The form with what is given for some rules; what is no rule is passed over."""
    fields = tuple(_field(rule, given.get(rule.name)) for rule in rules)
    return Form(fields, tuple((rule.name, given[rule.name]) for rule in rules if rule.name in given))


def back(rules: tuple[Rule, ...], change: RuleChange) -> str:
    """The address that offers to set a rule back to what it was; empty where it is no rule any more, or is so."""
    rule = next((rule for rule in rules if rule.name == change.name), None)
    value = toml_value(change.before)
    return "" if rule is None or value == rule.value else f"{PATH}?{urlencode({rule.name: written(rule, value)})}"


def _field(rule: Rule, text: str | None) -> Field:
    if text is None or rule.variable:
        return Field(rule, written(rule, rule.value), rule.value)
    text = text.replace("\r\n", "\n")
    try:
        if len(text) > LONGEST:
            raise ConfigError(f"expected at most {LONGEST} characters; found {len(text)}")
        return Field(rule, text, read(rule, text))
    except ConfigError as error:
        return Field(rule, text[:LONGEST], None, str(error))
