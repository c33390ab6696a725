"""Links that `clew login` prints: whom they log in, and with which role."""

from __future__ import annotations

from pathlib import Path

import pytest

from clew.app.links import login_link
from clew.config import Paths, Settings
from clew.errors import ConfigError
from clew.state import State


def whom(root: Path, link: str) -> tuple[str, str]:
    """Name and role of who logs in with the link."""
    with State.open(Paths(root).state) as state:
        user = state.session_user(state.use_link(link.split("token=")[1], "127.0.0.1") or "")
        assert user is not None
        return user.name, user.role


def test_new_users_have_the_role_that_is_said(tmp_path: Path) -> None:
    assert whom(tmp_path, login_link(tmp_path, Settings())) == ("owner", "owner")
    assert whom(tmp_path, login_link(tmp_path, Settings(), "Ada", "analyst")) == ("Ada", "analyst")
    assert whom(tmp_path, login_link(tmp_path, Settings(), "vi")) == ("vi", "viewer"), "by default the least"


def test_a_link_changes_no_role(tmp_path: Path) -> None:
    login_link(tmp_path, Settings(), "Ada", "analyst")
    with pytest.raises(ConfigError, match="expected analyst"):
        login_link(tmp_path, Settings(), "ada", "owner")
    assert whom(tmp_path, login_link(tmp_path, Settings(), "ada")) == ("Ada", "analyst")


def test_a_name_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected a name"):
        login_link(tmp_path, Settings(), "a\nb", "viewer")
