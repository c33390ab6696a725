"""What somebody wrote for a rule, as a value; and a value as somebody would write it."""

from __future__ import annotations

import math
from typing import Any

from clew.errors import ConfigError
from clew.rules.table import Rule, plain

_FLAGS = {"true": True, "false": False}


def written(rule: Rule, value: Any) -> str:
    """The value as the field of a form has it: lists a line each, tables as `name = value` lines."""
    if rule.kind == "flag":
        return "true" if value else "false"
    if rule.kind == "texts":
        return "\n".join(value)
    if rule.kind in ("numbers_by_name", "texts_by_name"):
        return "\n".join(f"{name} = {plain(each)}" for name, each in value.items())
    return str(plain(value))


def read(rule: Rule, text: str) -> Any:
    """The value that the field says. Raises ConfigError, which says what was expected and what was found."""
    if rule.kind == "number":
        return _number(rule, text.strip())
    if rule.kind == "flag":
        return _FLAGS[_one_of(text, tuple(_FLAGS))]
    if rule.kind == "choice":
        return _one_of(text, rule.choices)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines if rule.kind == "texts" else dict(_pair(rule, line) for line in lines)


def _one_of(text: str, choices: tuple[str, ...]) -> str:
    if text.strip() not in choices:
        raise ConfigError(f"expected one of {', '.join(choices)}; found {_short(text)}")
    return text.strip()


def _number(rule: Rule, text: str) -> int | float:
    try:
        # Python reads 1_000 and other alphabets' digits too, which TOML or a reader would not.
        number = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        number = math.nan
    exact = number.is_integer() and abs(number) < 2**53
    if (
        not math.isfinite(number)
        or (rule.is_whole and not exact)
        or (rule.above is not None and number <= rule.above)
        or (rule.least is not None and number < rule.least)
    ):
        raise ConfigError(f"expected {_expected(rule)}; found {_short(text)}")
    return int(number) if exact else number


def _expected(rule: Rule) -> str:
    kind = "a whole number" if rule.is_whole else "a number"
    if rule.above is not None:
        return f"{kind} greater than {rule.above:g}"
    return f"{kind} of at least {rule.least:g}" if rule.least is not None else kind


def _pair(rule: Rule, line: str) -> tuple[str, Any]:
    name, equals, value = (part.strip() for part in line.partition("="))
    if not equals or not name or not value:
        example = "ios = 5" if rule.kind == "numbers_by_name" else "app = brand-b"
        raise ConfigError(f"expected lines such as {example}; found {_short(line)}")
    # Minutes of a platform are minutes like the others: sessions never end after none.
    return name, _number(rule._replace(above=0, least=None), value) if rule.kind == "numbers_by_name" else value


def _short(text: str) -> str:
    return "nothing" if not text.strip() else repr(text if len(text) <= 40 else f"{text[:39]}…")
