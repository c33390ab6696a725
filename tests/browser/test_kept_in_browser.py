"""Keeping what a report says, as somebody does it by hand: saving, and opening again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from playwright.sync_api import expect
from tests.shopping import built_shop

from clew.state import saved
from pages import Stage, served

from .conftest import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("complaints"), pytest.mark.xdist_group("browser")]
FUNNEL = "range=90d&step=Page+Viewed&step=Product+Viewed&step=Product+Added&step=Order+Completed"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with built_shop(tmp_path_factory.mktemp("shop")).connection as connection:
        yield connection


@pytest.fixture
def site(tmp_path: Path, shop: duckdb.DuckDBPyConnection) -> Iterator[Site]:
    stage = Stage(tmp_path, shop)
    saved.save(stage.state, "From page to order", "funnel", FUNNEL, "owner")
    saved.save(stage.state, "People by week", "trends", "interval=week&measure=people&range=90d", "owner")
    saved.save(stage.state, "Who stays", "retention", "range=90d", "ada")
    saved.save(stage.state, "Products", "trends", "by=category&event=Product+Viewed&range=28d", "ada")
    with served(stage) as url:
        yield Site(stage, url)
    stage.state.close()


PICTURES = {"reports-saved": "/reports", "report-saved": f"/funnel?{FUNNEL}"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pictures(browser: Browser, site: Site, screenshots: Path, scheme: Any, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme) as context:
        page = context.new_page()
        site.log_in(page)
        for name, path in PICTURES.items():
            page.goto(site.url + path)
            if page.query_selector("#chart"):
                page.wait_for_selector("#chart .main-svg")
            page.keyboard.press("k")
            page.screenshot(path=screenshots / f"kept-{name}-{scheme}-{width}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name}: nothing is wider than the window"


def test_a_report_is_saved_and_renamed_by_hand(page: Page, site: Site) -> None:
    site.open(page, "/trends?measure=people&range=28d")
    page.keyboard.press("k")
    page.keyboard.type("Daily people")
    page.keyboard.press("Enter")
    expect(page.locator("summary[data-key=k]")).to_have_text("Saved")
    page.keyboard.press("k")
    page.get_by_role("link", name="Daily people").click()
    page.wait_for_url("**/reports#saved-5")
    page.get_by_label("Rename Daily people").click()
    page.locator("#saved-5 [name=name]").fill("People each day")
    page.keyboard.press("Enter")
    expect(page.locator("#saved-5 > a")).to_have_text("People each day")
    page.locator("#saved-5 > a").click()
    page.wait_for_url(lambda url: url.endswith("/trends?measure=people&range=28d"))
