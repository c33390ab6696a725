from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import msgspec
import pytest
from playwright.sync_api import expect

from clew.models import current_build
from clew.timelines.upkeep import keep
from pages import Stage, served

from .conftest import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("complaints"), pytest.mark.xdist_group("browser")]
FUNNEL = "/funnel?range=90d&step=Page+Viewed&step=Product+Viewed&step=Product+Added&step=Order+Completed"
PICTURES = {
    "trends": "/trends?range=90d&event=Product+Viewed&by=category",
    "funnel": FUNNEL,
    "funnel-empty": "/funnel",
    "paths": "/paths?range=90d&anchor=Page+Viewed&show=links",
    "retention": "/retention?range=90d",
    "lifecycle": "/lifecycle?range=90d",
    "stickiness": "/stickiness",
    "reports": "/reports",
    "playbook": "/reports/retention_cohorts",
    "refused": "/funnel?step=A{",
    "list": f"{FUNNEL}&reached=4",
    "verify": f"/reports{FUNNEL.replace('?', '/verify?')}",
}
DASHES = "(lines) => lines.map((line) => line.style.strokeDasharray.split(',')[0])"


@pytest.fixture
def site(tmp_path: Path, shop: duckdb.DuckDBPyConnection, kernels: None) -> Iterator[Site]:
    stage = Stage(tmp_path, shop)
    result = current_build(shop.cursor())
    assert result is not None
    assert keep(shop.cursor(), stage.settings, tmp_path, result).what == "base"
    with served(stage) as url:
        yield Site(stage, url)
    stage.state.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pictures(browser: Browser, site: Site, screenshots: Path, scheme: Any, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme) as context:
        page = context.new_page()
        site.log_in(page)
        for name, path in PICTURES.items():
            page.goto(site.url + path)
            if page.query_selector("#report"):
                page.wait_for_selector("#report[data-ready=yes]")
            if page.query_selector("#chart"):
                page.wait_for_selector("#chart .main-svg")
            page.screenshot(path=screenshots / f"report-{name}-{scheme}-{width}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name}: nothing is wider than the window"


def test_a_funnel_is_built_from_events_really_seen(page: Page, site: Site) -> None:
    site.open(page, "/funnel?range=90d")
    page.evaluate("window.same = true")
    page.get_by_role("link", name="Product Viewed", exact=True).click()
    page.wait_for_selector("#chart .main-svg")
    for name in ("Product Added", "Order Completed"):
        page.locator("#step-new").fill(name)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**step={name.replace(' ', '+')}**")
        page.wait_for_selector("#chart .main-svg")
    assert page.url.count("step=") == 3
    expect(page.locator("#rows tbody tr")).to_have_count(3)
    assert page.locator("#seen-events option").first.get_attribute("value") == "Product Viewed"
    units = page.locator("#rows tbody tr:nth-child(3) td a").first
    number = int(units.inner_text())
    units.click()
    page.wait_for_url("**reached=3**")
    expect(page.locator("#rows tbody tr")).to_have_count(number)
    page.reload()
    expect(page.locator("#rows tbody tr")).to_have_count(number)
    page.keyboard.press("b")
    page.wait_for_selector("#chart .main-svg")
    assert page.url.count("step=") == 3
    page.get_by_role("button", name="Remove Product Added").click()
    expect(page.locator("#rows tbody tr")).to_have_count(2)


def test_a_trend(page: Page, site: Site) -> None:
    site.open(page, "/trends?range=28d")
    page.locator("#measure").select_option("people")
    page.wait_for_url("**measure=people**")
    page.locator("#interval").select_option("week")
    page.wait_for_url("**interval=week**")
    expect(page.locator("#rows tbody tr")).to_have_count(5)
    assert page.locator("#rows tbody tr").first.inner_text().endswith("so far")
    page.wait_for_selector("#chart .main-svg")
    expect(page.locator("#chart .legend")).to_contain_text("not over yet")
    assert page.locator("#chart .cartesianlayer path.js-line").evaluate_all(DASHES) == ["", "9px"]
    cell = page.locator("#rows tbody td a").first
    number = int(cell.inner_text())
    cell.click()
    page.wait_for_url("**cell=**")
    expect(page.locator("#rows tbody tr")).to_have_count(number)


def test_a_path(page: Page, site: Site) -> None:
    site.open(page, "/paths?range=90d")
    page.locator("#anchor").fill("Product Added")
    page.keyboard.press("Tab")
    page.wait_for_url("**anchor=Product+Added**")
    page.locator("#direction").select_option("backward")
    page.wait_for_url("**direction=backward**")
    page.locator("#show").select_option("links")
    page.wait_for_url("**show=links**")
    page.wait_for_selector("#chart .sankey")
    assert page.locator("#rows tbody tr").first.inner_text().split("\t")[:2] == ["1", "Product Added"]


def test_a_retention_table(page: Page, site: Site) -> None:
    site.open(page, "/retention?range=90d")
    assert page.locator("#rows tbody tr").first.inner_text().startswith("All complete")
    cell = page.locator("#rows tbody tr:nth-child(2) td:nth-child(4) a")
    number = cell.get_attribute("title").split()[0]
    cell.click()
    page.wait_for_url("**cell=**")
    expect(page.locator("#rows tbody tr")).to_have_count(int(number))


def test_what_cannot_be_asked_is_said_where_it_can_be_mended(page: Page, site: Site, complaints: list[str]) -> None:
    site.open(page, "/funnel?range=90d&step=Product+Viewed")
    page.locator("#step-1").fill("Product Viewed{")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("at character 16")
    page.locator("#step-1").fill("Product Viewed{category=Shoes}")
    page.keyboard.press("Enter")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    assert all("400" in said for said in complaints)
    complaints.clear()


def test_definition_sql_and_exports(page: Page, site: Site) -> None:
    site.open(page, FUNNEL)
    page.keyboard.press("d")
    drawer = page.locator("dialog#drawer")
    assert "different attempts are never mixed" in drawer.inner_text()
    assert "Product Added, after the latest event that reached step 2" in drawer.inner_text()
    page.keyboard.press("Escape")
    for name, file in (("CSV", "funnel.csv"), ("PNG", "funnel.png"), ("SQL", "funnel.sql")):
        page.keyboard.press("e")
        with page.expect_download() as download:
            page.locator(".actions .panel").get_by_text(name, exact=True).click()
        assert download.value.suggested_filename == file
        assert Path(download.value.path()).stat().st_size > 200
        page.keyboard.press("Escape")


def test_without_scripts(browser: Browser, site: Site) -> None:
    from clew.state import new_link

    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(new_link(site.stage.state, site.url))
        page.get_by_role("button").click()
        page.goto(f"{site.url}/funnel?range=90d")
        page.get_by_role("link", name="Product Viewed", exact=True).click()
        page.locator("#step-new").fill("Product Added")
        page.get_by_role("button", name="Show").first.click()
        expect(page.locator("#rows tbody tr")).to_have_count(2)


def test_a_server_that_is_gone_is_said_and_the_page_stays(page: Page, site: Site, complaints: list[str]) -> None:
    site.open(page, FUNNEL)
    rows = page.locator("#rows tbody tr").count()
    page.context.set_offline(True)
    page.locator("#step-1").fill("Product Added")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("does not answer")
    expect(page.locator("#rows tbody tr")).to_have_count(rows)
    page.context.set_offline(False)
    complaints.clear()


def test_a_report_is_verified_by_keyboard(page: Page, site: Site) -> None:
    site.open(page, FUNNEL)
    expect(page.locator("#foot")).to_contain_text("Server time")
    page.keyboard.press("d")
    page.get_by_role("link", name="Verify").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_have_attribute("data-agrees", "yes")
    page.keyboard.press("b")
    page.wait_for_selector("#report[data-ready=yes]")


def test_a_tables_order_stays_when_the_page_is_drawn_again(page: Page, site: Site) -> None:
    site.open(page, "/trends?range=28d&event=Product+Viewed")
    heads = page.locator("#rows thead")
    heads.get_by_role("link", name="Events", exact=True).click()
    page.wait_for_url("**sort=value")
    expect(page.locator("#rows th[aria-sort=descending]")).to_have_text("Events")
    first = page.locator("#rows tbody tr").first.inner_text()
    page.evaluate("window.same = true")
    site.stage.status = msgspec.structs.replace(site.stage.status, build_id=99)
    page.wait_for_selector("#as-of[data-build='99']", state="attached", timeout=15_000)
    assert page.locator("#rows tbody tr").first.inner_text() == first
    page.locator("#interval").select_option("week")
    page.wait_for_url("**interval=week**")
    expect(page.locator("#rows tbody tr")).to_have_count(5)
    numbers = [int(text.replace(",", "")) for text in page.locator("#rows tbody td:nth-child(2)").all_inner_texts()]
    assert numbers == sorted(numbers, reverse=True)
    assert page.evaluate("window.same"), "without loading the page anew"
    heads.get_by_role("link", name="Events", exact=True).press("Enter")
    page.wait_for_url("**sort=value-up**")


def test_the_list_of_keys_names_what_the_page_has_now(page: Page, site: Site) -> None:
    site.open(page, FUNNEL)
    page.keyboard.press("?")
    shown = page.locator("#help dt:not([hidden])")
    keys = [text.strip() for text in shown.all_inner_texts()]
    assert {"d", "s", "t", "e", "c", "k", "/", "?", "esc"} <= set(keys)
    assert "b" not in keys, "nothing to go back from"
    page.keyboard.press("Escape")
    page.locator("#rows tbody td a").first.click()
    page.wait_for_url("**reached=1**")
    page.keyboard.press("?")
    listed = [text.strip() for text in shown.all_inner_texts()]
    assert "b" in listed
    assert "c" not in listed
    assert page.title().startswith("Funnel: who reached step 1")


def test_the_pages_of_a_narrow_window_by_keyboard(browser: Browser, site: Site) -> None:
    with browser.new_context(viewport={"width": 400, "height": 800}) as context:
        page = context.new_page()
        site.open(page, "/trends?range=28d")
        page.locator("#sheet").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#rail li a").first).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#sheet")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/live")
