"""The examples in docstrings hold."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import clew

_TOP = Path(clew.__file__).parent
MODULES = [path for path in sorted(_TOP.rglob("*.py")) if ">>> " in path.read_text("utf-8")]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(_TOP)))
def test_the_examples_hold(path: Path) -> None:
    parts = path.relative_to(_TOP.parent).with_suffix("").parts
    found = doctest.testmod(importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts)))
    assert found.failed == 0
    assert found.attempted
