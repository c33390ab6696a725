"""The pages: `stage` over made-up sessions, `site` over a shop built by the real models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pages import Stage


@pytest.fixture
def stage(tmp_path: Path, store: duckdb.DuckDBPyConnection) -> Iterator[Stage]:
    made = Stage(tmp_path, store)
    yield made
    made.state.close()


@pytest.fixture
def site(tmp_path: Path, shop: duckdb.DuckDBPyConnection) -> Iterator[Stage]:
    made = Stage(tmp_path, shop)
    yield made
    made.state.close()
