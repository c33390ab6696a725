"""The pages over the made-up shoppers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pages import Stage, database, shoppers


@pytest.fixture(scope="session")
def store() -> Iterator[duckdb.DuckDBPyConnection]:
    with database(*shoppers()) as connection:
        yield connection


@pytest.fixture
def stage(tmp_path: Path, store: duckdb.DuckDBPyConnection) -> Iterator[Stage]:
    made = Stage(tmp_path, store)
    yield made
    made.state.close()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
