"""What the set-up cannot bring is named; the tests that need it skip with the reason, and fail where CI=true."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

TESTS = Path(__file__).parents[1]
NEEDY = """
import pytest
@pytest.mark.browser
def test_page(chromium): pass
def test_plain(): pass
def test_other_skip(): pytest.skip("not a matter of the machine")
"""
SETTINGS = "[pytest]\nmarkers = browser: x\npythonpath = .\n"


def run_needy_test(folder: Path, **environment: str) -> str:
    """Run tests on a machine without Chromium, with this project's conftest; what pytest printed."""
    for name in ("conftest.py", "running.py"):
        shutil.copy(TESTS / name, folder)
    (folder / "test_needy.py").write_text(NEEDY)
    (folder / "pytest.ini").write_text(SETTINGS)
    clean = {k: v for k, v in os.environ.items() if k not in ("CI", "PATH") and not k.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", "-p", "no:xdist", str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**clean, "PATH": str(folder), **environment}).stdout


def test_a_missing_program_is_a_skip_by_name(tmp_path: Path) -> None:
    printed = run_needy_test(tmp_path)
    assert "1 passed, 2 skipped" in printed
    assert "Chromium is missing: apt-get install chromium" in printed


def test_in_ci_it_is_a_failure(tmp_path: Path) -> None:
    printed = run_needy_test(tmp_path, CI="true")
    assert "1 passed, 1 skipped, 1 error" in printed
    assert "skipped where CI=true" in printed
    assert "Chromium is missing" in printed


@pytest.fixture
def install() -> ModuleType:
    """The script as a module."""
    loader = importlib.machinery.SourceFileLoader("install", str(TESTS / "setup" / "install"))
    spec = importlib.util.spec_from_loader("install", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_chromium_without_apt_or_root(install: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no apt-get" in install.bring_chromium()
    (tmp_path / "apt-get").touch(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert install.bring_chromium() == "as root: apt-get install chromium"


def test_a_failed_step_is_told_with_what_it_printed(install: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    problem = install.run([sys.executable, "-c", "import sys; print('no network'); sys.exit(3)"])
    assert "no network" in problem
    monkeypatch.setattr(install, "bring_chromium", lambda: problem)
    monkeypatch.setattr(install, "bring_node_library", lambda: None)
    install.main()
    told = capsys.readouterr().err
    assert "Chromium is missing" in told
    assert "no network" in told
    assert "analytics-node" not in told
