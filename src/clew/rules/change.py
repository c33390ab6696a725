"""Writing rules into clew.toml: checked first, whole or not at all, everything else in the file as it was."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clew import config
from clew.config import Paths, Settings
from clew.errors import ConfigError
from clew.eventlog.disk.durable import publish, waiting_lock
from clew.rules.table import Rule, mark, rules
from clew.state import State, note_changes
from clew.tomlfile import literal, with_value


def change(
    root: Path, wanted: Mapping[str, str], state: State, by: str, *, seen: str | None = None, environment: Mapping[str, str] = os.environ
) -> list[tuple[str, Any, Any]]:
    """Change rules of the project: name -> value as clew.toml has it. Returns those that were others: name, before, after.

    Who did it is kept in `state`. A running `serve` sees the file and builds anew. Raises ConfigError, and changes nothing, for what is no rule or no
    value of it; for one that the environment sets; and where the rules are no longer those whose `mark` was `seen`, on which somebody decided.
    """
    path = Paths(root).config.resolve()
    Paths(root).run.mkdir(parents=True, exist_ok=True, mode=0o700)
    with waiting_lock(Paths(root).run / "rules.lock"):
        settings = config.load(root, environment)
        known = {rule.name: rule for rule in rules(settings, environment)}
        if seen is not None and seen != mark(known.values()):
            raise ConfigError("the rules were changed meanwhile: look at what they are now, and decide again")
        done = _changes(settings, known, wanted)
        text = path.read_bytes().decode("utf-8")
        for name, _, after in done:
            section, key = name.split(".")
            text = with_value(text, section, key, after)
        config.parse(text, path, environment)
        if done:
            _replace(path, text.encode("utf-8"))
            note_changes(state, [(name, literal(old), literal(new)) for name, old, new in done], by)
    return done


def _changes(settings: Settings, known: Mapping[str, Rule], wanted: Mapping[str, str]) -> list[tuple[str, Any, Any]]:
    """What is to be written: those of `wanted` that are not so already."""
    for name in wanted:
        if name not in known:
            raise ConfigError(f"expected the name of a rule, such as sessions.inactivity_minutes; found {name!r}: see `clew rules list`")
        if known[name].variable:
            raise ConfigError(f"{name} is set by the environment variable {known[name].variable}, which wins over clew.toml: change it there")
    after = {rule.name: rule.value for rule in rules(config.changed(settings, wanted), {})}
    return [(name, known[name].value, config.toml_value(text)) for name, text in wanted.items() if after[name] != known[name].value]


def _replace(path: Path, content: bytes) -> None:
    new = path.with_name(f"{path.name}.new")
    with new.open("wb") as file:
        shutil.copymode(path, new)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    publish(new, path)
