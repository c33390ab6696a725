"""Settings: defaults, clew.toml, the environment, and errors that say where."""

from __future__ import annotations

from pathlib import Path

import pytest

from clew import config
from clew.errors import ConfigError, ProjectError


def write(root: Path, text: str) -> Path:
    config.Paths(root).config.write_text(text, "utf-8")
    return root


def test_defaults(tmp_path: Path) -> None:
    settings = config.load(write(tmp_path, ""), {})
    assert settings == config.Settings()
    assert settings.sessions.inactivity_minutes == 30


def test_the_environment_wins(tmp_path: Path) -> None:
    write(tmp_path, "[sessions]\ninactivity_minutes = 10\n")
    environment = {"CLEW_SESSIONS_INACTIVITY_MINUTES": "5", "CLEW_SESSIONS_END_EVENTS": '["Signed Out"]', "CLEW_PROJECT_TIMEZONE": "Europe/Amsterdam"}
    settings = config.load(tmp_path, environment)
    assert (settings.sessions.inactivity_minutes, settings.sessions.end_events, settings.project.timezone) == (5, ("Signed Out",), "Europe/Amsterdam")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[sessions]\ninactivity = 3\n", "inactivity"),
        ("[sessions]\ninactivity_minutes = 'x'\n", r"sessions\.inactivity_minutes"),
        ("[sessions]\ninactivity_minutes = 0\n", r"sessions\.inactivity_minutes"),
        ("[nothing]\n", "nothing"),
        ("[project]\ntimezone = 'Mars/Olympus'\n", "Mars/Olympus"),
        ("[[sources]]\nname = 'main'\nwrite_key = 'k'\n", "'main'"),
        ("[[sources]]\nname = 'Bad Name'\nwrite_key = 'k'\n", "sources"),
        ("[[sources]]\nname = 'a'\nwrite_key = 'k'\n[[sources]]\nname = 'b'\nwrite_key = 'k'\n", "share the write_key"),
        ("not toml", "not TOML"),
    ],
)
def test_an_error_names_the_place(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(ConfigError, match=where) as error:
        config.load(write(tmp_path, text), {})
    assert "clew.toml" in str(error.value) or "timezone" in text


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="clew init"):
        config.load(tmp_path, {})


def test_the_salt_is_made_once_and_is_private(tmp_path: Path) -> None:
    first = config.salt(tmp_path)
    assert config.salt(tmp_path) == first
    assert len(first) == 32
    assert config.Paths(tmp_path).salt.stat().st_mode & 0o077 == 0


def test_every_setting_has_a_help_text() -> None:
    rows = config.settings_table()
    assert len(rows) > 50
    assert not [row.name for row in rows if not row.help]
