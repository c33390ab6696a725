"""The text of each model: golden files for the default rules and for all rules at once, which also run as they stand, as a user would run them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from tests.models.histories import histories, rules
from tests.models.stage import Stage
from tests.models.test_against_oracle import relaxed
from tests.models.test_identity_cases import ARTICLE
from tests.oracle import Message

from clew.config import Settings
from clew.errors import ConfigError
from clew.models import MODELS, model_sql
from clew.models.render import Names, render

GOLDEN = Path(__file__).parent / "golden"
EVERY_RULE: dict[str, Any] = {
    "project": {"timezone": "Europe/Amsterdam"},
    "identity": {
        "mode": "first",
        "space": {"app": "it's"},
        "denied": [["a", "b'c"]],
        "max_aliases_per_person": 7,
        "blocked": ["x'; DROP TABLE y; --"],
    },
    "sessions": {
        "inactivity_minutes": 20.5,
        "platform_inactivity_minutes": {"ios": 5},
        "buffer_minutes": 0,
        "new_at_midnight": True,
        "new_on_campaign": True,
        "max_minutes": 90,
        "end_events": ["Signed Out"],
        "start_events": ["Opened"],
        "ignore_events": ["Beat"],
        "scope": "device",
    },
    "bounce": {"rule": "single_view", "engagement_events": ["Bought"]},
    "activity": {"exclude": ["Snapshot"]},
}
SETTINGS = {"default": Settings(), "every_rule": msgspec.convert(EVERY_RULE, Settings)}
NAMES = [m.name for m in MODELS]


@pytest.mark.parametrize("rules", SETTINGS)
@pytest.mark.parametrize("name", NAMES)
def test_golden(name: str, rules: str) -> None:
    """With CLEW_GOLDEN=write the files are written anew: look at the difference."""
    path = GOLDEN / rules / f"{name}.sql"
    found = model_sql(name, SETTINGS[rules]) + "\n"
    if os.environ.get("CLEW_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")


def check_definitions(stage: Stage, rules: Settings) -> None:
    """Each text, run as it stands over the models before it, gives the rows that the build stored."""
    for name in NAMES:
        columns = "* EXCLUDE (universal_hash)" if name == "universal_alias_mapping" else "*"
        theirs = stage.connection.execute(f"SELECT {columns} FROM ({model_sql(name, rules)}) ORDER BY ALL").fetchall()
        assert theirs == stage.connection.execute(f"SELECT {columns} FROM {name} ORDER BY ALL").fetchall(), name


@pytest.mark.parametrize("rules", SETTINGS)
def test_a_users_own_run_gives_the_rows_of_the_build(tmp_path: Path, rules: str) -> None:
    stage = Stage(ARTICLE)
    stage.build(SETTINGS[rules], tmp_path)
    check_definitions(stage, SETTINGS[rules])


@relaxed(int(os.environ.get("CLEW_EXAMPLES", "40")))
@given(histories(), rules())
def test_texts_equal_builds(tmp_path: Path, history: list[Message], rules: Settings) -> None:
    stage = Stage(history)
    stage.build(rules, tmp_path)
    check_definitions(stage, rules)
    stage.connection.close()


def test_a_text_says_what_it_is(tmp_path: Path) -> None:
    for name in NAMES:
        assert "--" in model_sql(name, Settings()), f"{name}: no comment"
        assert "salt is" not in render(name, Settings(), Names(salt="s"))


def test_the_salt_is_not_shown() -> None:
    assert "'the project''s secret salt'" in model_sql("universal_alias_mapping", Settings())


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("utm.csv", "medium,channel\n", "expected the header medium,source,channel, found medium,channel"),
        ("referrers.csv", "host,channel\nx.org\n", "line 2: expected 2 values, found 'x.org'"),
        ("click_ids.csv", "", "found an empty file"),
        ("click_ids.csv", "click_id,channel\n,x\n", "line 2: expected 2 values, found ',x'"),
    ],
)
def test_a_table_of_channels_that_is_none(tmp_path: Path, file: str, text: str, said: str) -> None:
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels" / file).write_text(text)
    with pytest.raises(ConfigError, match=said):
        render("session_facts", Settings(), Names(root=tmp_path))
