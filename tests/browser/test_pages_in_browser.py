from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from .test_overview_in_browser import SHIFTS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from .conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("complaints"), pytest.mark.xdist_group("browser")]
PATH = "/pages"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 900, 390])
def test_pictures(browser: Browser, site: Site, screenshots: Path, scheme: Any, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme) as context:
        page = context.new_page()
        site.open(page, f"{PATH}?source=web")
        page.screenshot(path=screenshots / f"pages-{scheme}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing is wider than the window"
        page.keyboard.press("d")
        page.screenshot(path=screenshots / f"pages-definition-{scheme}-{width}.png")


def test_sort_find_and_go_to_the_sessions(page: Page, site: Site) -> None:
    site.open(page, PATH)
    page.evaluate("window.same = true")
    page.locator("#rows thead").get_by_role("link", name="Exit rate").click()
    page.wait_for_url("**sort=exit_rate")
    expect(page.locator("#rows thead [aria-sort=descending]")).to_have_text("Exit rate")
    rates = [float(text.removesuffix(" %")) for text in page.locator("#rows tbody td:nth-child(9)").all_inner_texts()]
    assert rates == sorted(rates, reverse=True)
    assert len(rates) == 4
    page.get_by_role("searchbox", name="Pages whose name holds").fill("S")
    page.keyboard.press("Enter")
    page.wait_for_url("**holding=S")
    expect(page.locator("#rows tbody tr")).to_have_count(2)
    assert "sort=exit_rate" in page.url
    page.locator(".chip").click()
    expect(page.locator("#rows tbody tr")).to_have_count(4)
    assert page.evaluate("window.same"), "without loading the page anew"
    entrances = page.locator("#rows tbody tr").filter(has_text="/sale").get_by_title("These sessions").first
    count = entrances.inner_text()
    entrances.click()
    page.wait_for_url("**/sessions/metrics?landing=%2Fsale")
    expect(page.locator("#title-sessions")).to_be_visible()
    expect(page.locator(".tile .number").first).to_contain_text(count)


def test_definition_and_sql_of_each_number(page: Page, site: Site) -> None:
    site.open(page, PATH)
    for name, said in (("Exit rate", "divided by sessions"), ("Median time on page", "nothing follows"), ("Bounce rate", "exactly one event")):
        page.locator(".actions summary").first.click()
        page.locator(".actions .panel").get_by_role("button", name=name).click()
        drawer = page.locator("dialog[open]")
        assert said in drawer.inner_text()
        assert "FROM main.person_tracks AS t" in drawer.inner_text()
        page.keyboard.press("Escape")


def test_exports(page: Page, site: Site) -> None:
    site.open(page, PATH)
    for name, file in (("CSV", "pages_2026-10-27_2026-11-23.csv"), ("SQL", "pages.sql")):
        page.keyboard.press("e")
        with page.expect_download() as download:
            page.locator(".actions .panel").get_by_text(name, exact=True).click()
        assert download.value.suggested_filename == file
        assert Path(download.value.path()).stat().st_size > 100
        page.keyboard.press("Escape")


def test_nothing_jumps_and_gaps_are_filled(page: Page, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clew.web.page_table.pages.FIRST_PAINT_SECONDS", 0.0)
    site.log_in(page)
    page.goto(f"{site.url}{PATH}")
    page.wait_for_selector("#pages[data-ready=yes]")
    assert page.evaluate(SHIFTS) < 0.1


def test_no_pages_say_so_and_what_to_do(page: Page, site: Site, screenshots: Path) -> None:
    site.open(page, f"{PATH}?holding=nowhere&country=NL")
    assert "No pages from 2026-10-27 to 2026-11-23 with these filters" in page.locator("main").inner_text()
    page.screenshot(path=screenshots / "pages-empty.png")
    page.get_by_role("link", name="remove all").click()
    expect(page.locator("#rows tbody tr")).to_have_count(4)
    assert page.url == f"{site.url}{PATH}"
