"""Settings read from clew.toml and the environment, or changed one by one."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from clew import clock
from clew.config.paths import Paths
from clew.config.sections import Settings
from clew.config.table import settings_table
from clew.errors import ConfigError, ProjectError

RESERVED_SCHEMAS = frozenset({"main", "clew", "temp", "system", "information_schema", "pg_catalog", "models"})


def load(root: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the project in `root`. Raises ProjectError without clew.toml, ConfigError with what and where."""
    path = Paths(root).config
    try:
        return parse(path.read_text("utf-8"), path, environment)
    except FileNotFoundError as error:
        raise ProjectError(f"expected {path}, found no such file: run `clew init {root}` or give --project") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error


def parse(text: str, path: Path, environment: Mapping[str, str]) -> Settings:
    """The settings that the text of a clew.toml makes; `path` is where errors say that they are. Raises ConfigError."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    _apply_environment(values, environment)
    try:
        settings = msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}") from error
    _check(settings, path)
    return settings


def _apply_environment(values: dict[str, Any], environment: Mapping[str, str]) -> None:
    for row in settings_table():
        section, name = row.name.split(".")
        text = environment.get(variable(row.name))
        if text is not None and section != "sources":
            values.setdefault(section, {})[name] = toml_value(text)


def variable(name: str) -> str:
    """The environment variable of a setting.

    >>> variable("sessions.buffer_minutes")
    'CLEW_SESSIONS_BUFFER_MINUTES'
    """
    return f"CLEW_{name.replace('.', '_')}".upper()


def toml_value(text: str) -> Any:
    """A value as clew.toml has it; what is none is a text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def changed(settings: Settings, changes: Mapping[str, str]) -> Settings:
    """The settings with some others: `{"sessions.inactivity_minutes": "10"}`, values as in clew.toml. Raises ConfigError."""
    values = msgspec.to_builtins(settings)
    for name, text in changes.items():
        if name not in {row.name for row in settings_table() if not row.name.startswith("sources.")}:
            raise ConfigError(f"expected the name of a setting, such as sessions.inactivity_minutes; found {name!r}: see docs/settings.md")
        section, field = name.split(".")
        values[section][field] = toml_value(text)
    try:
        return msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{', '.join(changes)}: {error}") from error


def _check(settings: Settings, path: Path) -> None:
    clock.zone(settings.project.timezone)
    names = [s.name for s in settings.sources]
    keys = [s.write_key for s in settings.sources]
    for name in names:
        if name in RESERVED_SCHEMAS or re.match(r"build_\d", name):
            raise ConfigError(f"{path}: source name {name!r} is a schema of Clew's own: choose another")
    for what, values in (("name", names), ("write_key", keys)):
        twice = {v for v in values if values.count(v) > 1}
        if twice:
            raise ConfigError(f"{path}: two sources share the {what} {sorted(twice)[0]!r}: each needs its own")
