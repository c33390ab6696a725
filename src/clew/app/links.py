"""One-time log-in links, for who may read the project's folder."""

from __future__ import annotations

from pathlib import Path

import msgspec

from clew.api.running import ServeAddress
from clew.config import Paths, Settings
from clew.errors import ConfigError
from clew.state import Role, State, new_link


def login_link(root: Path, settings: Settings, name: str = "owner", role: Role | None = None) -> str:
    """A new link that logs `name` in, once. It leads to the running `serve`, or to where it will be. Raises ConfigError.

    A new user gets the role, by default the least; a user who is there must have it, where one is given.
    """
    with State.open(Paths(root).state) as state:
        try:
            user = state.add_user(name, role or ("owner" if name.casefold() == "owner" else "viewer"))
        except ValueError as error:
            raise ConfigError(f"--name: {error}") from error
        if role not in (None, user.role):
            raise ConfigError(f"--role: expected {user.role}, which {user.name} has, or another name; found {role}")
        return new_link(state, _base_url(root, settings), user.name)


def _base_url(root: Path, settings: Settings) -> str:
    try:
        return msgspec.json.decode((Paths(root).run / "serve.json").read_bytes(), type=ServeAddress).url
    except FileNotFoundError:
        return f"http://{settings.web.address}"
