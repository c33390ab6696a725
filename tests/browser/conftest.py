"""The pages over made-up shoppers on a real port, and a browser that is logged in. Pictures of what it saw are kept in `screenshots/`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import pytest

from clew.state import new_link
from pages import URL, Stage, served

if TYPE_CHECKING:
    from playwright.sync_api import Page


class Site(NamedTuple):
    stage: Stage
    url: str

    def log_in(self, page: Page) -> None:
        """Open a one-time link, as the owner does."""
        page.goto(new_link(self.stage.state, self.url))
        page.wait_for_url("**/account?welcome=1")

    def open(self, page: Page, path: str = "/") -> None:
        """Log in and open a page; the chart of the overview is waited for."""
        self.log_in(page)
        page.goto(self.url + path)
        if page.query_selector("#chart"):
            page.wait_for_selector("#chart .main-svg")


@pytest.fixture
def site(tmp_path: Path, store: duckdb.DuckDBPyConnection) -> Iterator[Site]:
    stage = Stage(tmp_path, store, url=URL)
    with served(stage) as url:
        yield Site(stage, url)
    stage.state.close()


@pytest.fixture
def complaints(page: Page, site: Site) -> Iterator[list[str]]:
    """What the browser complains of, and requests to elsewhere: there must be none."""
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text) if said.type in ("error", "warning") else None)
    page.on("request", lambda sent: None if sent.url.startswith((site.url, "data:", "blob:")) else found.append(f"asked {sent.url}"))
    yield found
    assert found == []
