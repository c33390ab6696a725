"""A new project folder: clew.toml with its sources and write keys, the secret salt, and a .gitignore for what is data."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

from clew import config
from clew.config import Paths, Source
from clew.errors import ConfigError, ProjectError
from clew.tomlfile import literal

TEMPLATE = """\
# A Clew project. Every setting with its default and meaning: docs/settings.md. Any may also be given as CLEW_SECTION_NAME.

[project]
name = {name}
timezone = "UTC"

# Each site, app or server that sends events has a source: its name is the schema of its tables.
{sources}
# Rules of sessions, and what a bounce is; change them and the history changes with them.
[sessions]
inactivity_minutes = 30

[bounce]
rule = "one_event"
"""
SOURCE = """\
[[sources]]
name = {name}
write_key = {write_key}
client_side = {client_side}
"""
IGNORED = "log/\nrefused/\ndedupe/\nscratch/\nexports/\nrun/\nwarehouse.duckdb*\nstate.sqlite*\nsecret.salt\n"


def new_write_key() -> str:
    """32 random letters and digits, as Segment's look."""
    return secrets.token_hex(16)


def init(root: Path, write_key: str | None = None, sources: Sequence[Source] = ()) -> tuple[Source, ...]:
    """Make a project in `root` and return its sources: those given, else one called `app` with `write_key` or a new key.

    Raises ProjectError where a project is already.
    """
    path = Paths(root).config
    if path.exists():
        raise ProjectError(f"{path} exists: this folder is a project already")
    chosen = tuple(sources) or (Source(name="app", write_key=write_key or new_write_key(), client_side=True),)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(path, chosen)
    (root / ".gitignore").write_text(IGNORED, "utf-8")
    config.salt(root)
    return chosen


def _write(path: Path, sources: tuple[Source, ...]) -> None:
    text = TEMPLATE.format(name=literal(path.parent.resolve().name or "clew"), sources="\n".join(_source(s) for s in sources))
    path.write_text(text, "utf-8")
    try:
        config.load(path.parent, {})
    except ConfigError:
        path.unlink()
        raise


def _source(source: Source) -> str:
    return SOURCE.format(name=literal(source.name), write_key=literal(source.write_key), client_side=literal(source.client_side))
