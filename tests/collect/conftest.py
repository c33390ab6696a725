"""A started collector for each test of this folder that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collect.door import CollectDoor


@pytest.fixture
def door(tmp_path: Path) -> Iterator[CollectDoor]:
    with CollectDoor(tmp_path) as started:
        yield started
