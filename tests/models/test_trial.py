"""Rules are tried without changing anything that anyone reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.models.stage import Stage
from tests.models.test_identity_cases import ARTICLE, message
from tests.models.test_incremental import dump

from clew.clock import MINUTE
from clew.config import Settings, changed
from clew.errors import BuildError, ConfigError
from clew.models import build_if_needed, try_rules


def test_another_timeout(tmp_path: Path) -> None:
    stage = Stage([message(n, "a", at=n * 20 * MINUTE) for n in range(6)])
    stage.build(Settings(), tmp_path)
    before = dump(stage)
    trial = try_rules(stage.cursor(), changed(Settings(), {"sessions.inactivity_minutes": "10"}), tmp_path)
    assert (trial.now.sessions, trial.then.sessions) == (1, 6)
    assert (trial.now.bounce_rate, trial.then.bounce_rate) == (0.0, 1.0)
    assert (trial.now.mean_seconds, trial.then.mean_seconds) == (6000.0, 0.0)
    assert (trial.merged, trial.split) == (0, 0)
    assert dump(stage) == before
    assert stage.rows("SELECT count(*) FROM duckdb_schemas() WHERE schema_name = 'trial'") == [(0,)]
    assert not build_if_needed(stage, Settings(), tmp_path)[1]


def test_whom_other_rules_take_apart_and_join(tmp_path: Path) -> None:
    stage = Stage(ARTICLE)
    stage.build(Settings(), tmp_path)
    apart = changed(Settings(), {"identity.denied": '[["U1", "U2"]]'})
    trial = try_rules(stage.cursor(), apart, tmp_path)
    assert (trial.now.people, trial.then.people, trial.merged, trial.split) == (1, 2, 0, 1)
    assert [(e.universal_user_id, e.people, e.aliases) for e in trial.largest_split] == [("U2", ["U1", "U2"], 5)]
    stage.build(apart, tmp_path)
    trial = try_rules(stage.cursor(), Settings(), tmp_path)
    assert (trial.merged, trial.split) == (1, 0)
    assert [(e.universal_user_id, e.people) for e in trial.largest_merged] == [("U2", ["U1", "U2"])]


def test_what_cannot_be_tried_is_said(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="found none: run `clew build` first"):
        try_rules(Stage(ARTICLE).cursor(), Settings(), tmp_path)
    with pytest.raises(ConfigError, match="expected the name of a setting"):
        changed(Settings(), {"sessions.inactivity": "1"})
    with pytest.raises(ConfigError, match=r"identity\.mode: Invalid enum value 'newest'"):
        changed(Settings(), {"identity.mode": "newest"})
