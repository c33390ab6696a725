"""`clew init`: a project that loads, whatever the folder or key is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew import config
from clew.app import project
from clew.config import Source
from clew.errors import ProjectError


def test_a_new_project_loads(tmp_path: Path) -> None:
    (source,) = project.init(tmp_path / "shop")
    loaded = config.load(tmp_path / "shop", {})
    assert loaded.sources == (source,)
    assert loaded.project.name == "shop"
    assert len(source.write_key) == 32


def test_a_project_is_not_made_twice(tmp_path: Path) -> None:
    project.init(tmp_path, "key")
    with pytest.raises(ProjectError, match="a project already"):
        project.init(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(key=st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_write_key_survives(tmp_path: Path, key: str) -> None:
    config.Paths(tmp_path).config.unlink(missing_ok=True)
    project.init(tmp_path, key)
    assert config.load(tmp_path, {}).sources[0].write_key == key


def test_sources_are_written_in_order(tmp_path: Path) -> None:
    sources = (Source(name="web", write_key="a", client_side=True), Source(name="server", write_key="b"))
    assert project.init(tmp_path, sources=sources) == sources
    assert config.load(tmp_path, {}).sources == sources
