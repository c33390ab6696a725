from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from playwright.sync_api import expect

from clew.web.context import Status
from pages import AS_OF, Stage, micros

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from .conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("complaints"), pytest.mark.xdist_group("browser")]
SHIFTS = """
() => new Promise((done) => {
  let sum = 0
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value }).observe({ type: "layout-shift", buffered: true })
  setTimeout(() => done(sum), 300)
})
"""


def test_the_link_logs_in_and_the_numbers_are_there(page: Page, site: Site, screenshots: Path) -> None:
    site.open(page)
    assert page.locator("#days tbody tr").count() == 28
    assert page.locator(".tile .number span").first.get_attribute("title") == f"{page.locator('#days tfoot td').first.inner_text()} sessions"
    assert page.locator("#chart .cartesianlayer path.js-line").count() == 3, "whole days, the unfinished one, the period before"
    page.screenshot(path=screenshots / "overview.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 900, 390])
def test_pictures(browser: Browser, site: Site, screenshots: Path, scheme: Any, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme) as context:
        page = context.new_page()
        site.open(page, "/?metric=people")
        page.screenshot(path=screenshots / f"overview-{scheme}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing is wider than the window"
        page.keyboard.press("d")
        page.screenshot(path=screenshots / f"definition-{scheme}-{width}.png")


def test_keys(page: Page, site: Site) -> None:
    site.open(page)
    page.keyboard.press("d")
    drawer = page.locator("dialog#drawer-sessions")
    assert "more than 30 min" in drawer.inner_text()
    assert "FROM main.session_facts" in drawer.inner_text()
    page.keyboard.press("Escape")
    assert not drawer.is_visible()
    page.keyboard.press("s")
    assert drawer.is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.wait_for_url("**/?view=table")
    page.wait_for_selector("#chart", state="detached")
    page.keyboard.press("t")
    page.wait_for_selector("#chart .main-svg")
    page.keyboard.press("c")
    page.wait_for_url("**/?compare=off")
    page.keyboard.press("e")
    page.get_by_role("link", name="CSV").first.wait_for()
    page.keyboard.press("Escape")
    assert not page.locator(".actions .panel").first.is_visible()
    page.keyboard.press("?")
    assert "Definition of the number" in page.locator("#help").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/live")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url(f"{site.url}/")


def test_the_url_is_the_state(page: Page, site: Site) -> None:
    site.open(page)
    page.evaluate("window.same = true")
    page.locator("#controls summary").first.click()
    page.get_by_role("link", name="Last 7 days").click()
    page.wait_for_url("**/?range=7d")
    expect(page.locator("#days tbody tr")).to_have_count(7)
    page.locator("#title-bounce").click()
    page.wait_for_url("**/?range=7d&metric=bounce")
    page.wait_for_selector("#chart .main-svg")
    shown = page.locator("#days").inner_text()
    assert page.evaluate("window.same"), "without loading the page anew"
    page.go_back()
    page.wait_for_selector("#overview[data-metric=sessions]")
    page.go_forward()
    page.wait_for_selector("#overview[data-metric=bounce]")
    page.reload()
    assert page.locator("#days").inner_text() == shown
    page.locator("#controls summary").first.click()
    page.locator("input[name=from]").fill("2026-11-02")
    page.locator("input[name=to]").fill("2026-11-04")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**from=2026-11-02&to=2026-11-04**")
    expect(page.locator("#days tbody tr")).to_have_count(3)


def test_a_source_is_a_chip_that_can_be_removed(page: Page, site: Site) -> None:
    site.open(page)
    page.locator("#controls summary", has_text="All sources").click()
    page.get_by_role("link", name="app", exact=True).click()
    page.wait_for_url("**/?source=app")
    page.locator(".chip").click()
    page.wait_for_url(f"{site.url}/")


def test_a_newer_build_draws_the_page_again(page: Page, site: Site) -> None:
    site.open(page)
    page.evaluate("window.same = true")
    later = micros(AS_OF) + 60 * 10**6
    site.stage.status = msgspec.structs.replace(site.stage.status, build_id=2, data_as_of=later)
    page.wait_for_selector("#as-of time:text('14:33:05')", timeout=15_000)
    page.wait_for_selector("#chart .main-svg")
    assert page.evaluate("window.same")


def test_a_failing_build_is_said(page: Page, site: Site) -> None:
    site.open(page)
    assert not page.locator(".trouble").is_visible()
    site.stage.status = msgspec.structs.replace(site.stage.status, error="the disk is <b>full</b>")
    page.wait_for_selector(".trouble:visible", timeout=15_000)
    page.locator("#as-of summary").click()
    assert "failed: the disk is <b>full</b>" in page.locator("#as-of").inner_text()


def test_the_first_build_opens_the_page(page: Page, site: Site, screenshots: Path) -> None:
    ready = site.stage.status
    site.stage.status = Status()
    site.open(page)
    assert "No events yet" in page.locator("main").inner_text()
    page.screenshot(path=screenshots / "nothing-yet.png", full_page=True)
    site.stage.status = Status(loaded_at=ready.loaded_at)
    page.wait_for_selector("text=The first build is being made", timeout=15_000)
    site.stage.status = ready
    page.wait_for_selector("#days", timeout=15_000)
    page.wait_for_selector("#chart .main-svg")
    expect(page.locator("#days tbody tr td a").first).to_be_visible()  # made by its script


def test_nothing_jumps_when_the_chart_comes(page: Page, site: Site) -> None:
    site.open(page)
    assert page.evaluate(SHIFTS) < 0.01


def test_a_slow_query_leaves_gaps_that_are_filled(page: Page, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clew.web.overview.pages.FIRST_PAINT_SECONDS", 0.0)
    site.log_in(page)
    page.goto(site.url)
    page.wait_for_selector("#overview[data-ready=yes]")
    page.wait_for_selector("#chart .main-svg")
    assert page.evaluate(SHIFTS) < 0.01


def test_the_table_sorts_and_the_url_says_how(page: Page, site: Site) -> None:
    site.open(page)
    for name, key, column in (("Sessions", "sessions", 0), ("Bounce rate", "bounce_rate", 2)):
        page.locator("#days thead").get_by_role("link", name=name, exact=True).click()
        page.wait_for_url(f"**sort={key}")
        expect(page.locator("#days th[aria-sort=descending]")).to_have_text(name)
        numbers = [float(text.split()[0]) for row in page.locator("#days tbody tr").all() for text in [row.locator("td").nth(column).inner_text()]]
        assert numbers == sorted(numbers, reverse=True)
    first = page.locator("#days tbody th").first.inner_text()
    page.reload()
    assert page.locator("#days tbody th").first.inner_text() == first
    page.locator("#days thead").get_by_role("link", name="Day", exact=True).click()
    expect(page.locator("#days tbody th").first).to_contain_text("Mon 2026-11-23")


def test_exports(page: Page, site: Site) -> None:
    site.open(page)
    for name, file in (
        ("CSV", "overview_2026-10-27_2026-11-23.csv"),
        ("PNG", "overview_2026-10-27_2026-11-23.png"),
        ("SQL", "overview_sessions.sql"),
    ):
        page.locator(".actions summary").first.click()
        with page.expect_download() as download:
            page.locator(".actions .panel").get_by_text(name, exact=True).click()
        assert download.value.suggested_filename == file
        assert Path(download.value.path()).stat().st_size > 200
        page.keyboard.press("Escape")


def test_colours_are_chosen_and_remembered(page: Page, site: Site) -> None:
    site.open(page)
    line = "getComputedStyle(document.querySelector('#chart .trace path.js-line')).stroke"
    page.locator("#chart .trace path.js-line").first.wait_for(state="attached")
    light = page.evaluate(line)
    page.locator("#theme").click()
    page.locator("#theme").click()
    expect(page.locator("#chart .trace path.js-line").first).not_to_have_css("stroke", light)
    page.reload()
    page.wait_for_selector("#chart .main-svg")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 22, 21)"


def test_all_is_reached_by_tab_and_seen(page: Page, site: Site) -> None:
    site.open(page)
    wanted = page.evaluate("""
        [...document.querySelectorAll('a[href]:not([tabindex]), button, summary, input')]
            .filter((e) => e.checkVisibility() && e.type !== 'hidden').length
    """)
    page.evaluate("window.seen = new Set(); window.unseen = []")
    for _ in range(wanted + 20):
        page.keyboard.press("Tab")
        page.evaluate("""() => {
          const at = document.activeElement
          if (at.matches("a, button, summary, input")) seen.add(at)
          if (at !== document.body && getComputedStyle(at).outlineStyle === "none") unseen.push(at.outerHTML.slice(0, 80))
        }""")
    assert page.evaluate("seen.size") == wanted
    assert page.evaluate("unseen") == []


def test_the_narrow_page_has_its_rail_in_a_sheet(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    site.open(page)
    live = page.get_by_role("link", name="Live")
    assert not live.is_visible()
    page.get_by_role("button", name="Pages").click()
    live.click()
    page.wait_for_url("**/live")


def test_without_scripts_the_numbers_are_there(browser: Browser, site: Site) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        from clew.state import new_link

        page.goto(new_link(site.stage.state, site.url))
        page.get_by_role("button").click()
        page.goto(site.url)
        expect(page.locator(".tile .number span").first).not_to_have_text("…")
        page.locator("#controls summary").first.click()
        page.get_by_role("link", name="Last 7 days").click()
        assert page.locator("#days tbody tr").count() == 7


def test_a_failed_answer_is_said(page: Page, site: Site, complaints: list[str]) -> None:
    site.open(page)
    stage: Stage = site.stage
    stage.app.state.answers._warehouse = None
    page.locator("#title-people").click()
    page.wait_for_selector("text=2.1 %")  # remembered: no query needed
    page.locator("#controls summary").first.click()
    page.get_by_role("link", name="Last 7 days").click()
    page.wait_for_selector("text=Something went wrong here")
    complaints.clear()  # the browser reports the 500
