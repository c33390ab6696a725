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
PATH = "/sessions/metrics"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 900, 390])
def test_pictures(browser: Browser, site: Site, screenshots: Path, scheme: Any, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme) as context:
        page = context.new_page()
        site.open(page, PATH)
        page.screenshot(path=screenshots / f"metrics-{scheme}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing is wider than the window"
        page.goto(f"{site.url}{PATH}?by=channel&draw=email&draw=direct&draw=paid_search&grain=week&range=90d&metric=bounce&source=web&country=NL")
        page.wait_for_selector("#chart .main-svg")
        page.screenshot(path=screenshots / f"metrics-by-{scheme}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("d")
        page.screenshot(path=screenshots / f"metrics-definition-{scheme}-{width}.png")


def test_the_chart_draws_what_is_asked(page: Page, site: Site) -> None:
    site.open(page, f"{PATH}?grain=week&range=90d")
    lines = page.locator("#chart .cartesianlayer path.js-line")
    expect(lines).to_have_count(4)  # the first week is cut, whole weeks, the week that is not over, the period before
    assert page.locator("#rows tbody tr").count() == 14
    assert page.locator("#rows tbody th").first.inner_text() == "week of 2026-11-23 so far"
    page.locator("#title-median").click()
    page.wait_for_selector("#metrics[data-metric=median]")
    page.wait_for_selector("#chart .main-svg")
    expect(page.locator("#chart .ytick text", has_text="20 s")).to_have_count(1)


def test_a_breakdown_its_rows_drawn_and_one_of_them_as_filter(page: Page, site: Site) -> None:
    site.open(page, PATH)
    page.evaluate("window.same = true")
    page.locator(".table-head summary").click()
    page.get_by_role("link", name="Channel", exact=True).click()
    page.wait_for_url("**by=channel")
    assert page.locator("#rows tbody tr").count() == 5
    assert page.locator("#rows .spark path").first.get_attribute("d")
    for name in ("email", "direct"):
        page.get_by_role("checkbox", name=f"Draw {name}").click()
        page.wait_for_url(f"**draw={name}")
    page.wait_for_selector("#chart .main-svg")
    assert [text.text_content() for text in page.locator("#chart .legendtext").all()] == ["email", "direct", "not over yet"]
    page.get_by_role("checkbox", name="Draw email").click()
    page.wait_for_url("**by=channel&draw=direct")
    page.get_by_role("link", name="email", exact=True).click()
    page.wait_for_url("**?channel=email")
    assert "channel: email" in page.locator(".chip").inner_text()
    page.locator(".chip").click()
    page.wait_for_url(f"**{PATH}")
    assert page.evaluate("window.same"), "without loading the page anew"


def test_the_table_sorts_and_the_url_says_how(page: Page, site: Site) -> None:
    site.open(page, f"{PATH}?by=landing")
    page.locator("#rows thead").get_by_role("link", name="Events each").click()
    page.wait_for_url("**by=landing&sort=events")
    column = page.locator("#rows tbody td:nth-child(10)")
    numbers = [float(text) for text in column.all_inner_texts()]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 4
    page.locator("#rows thead").get_by_role("link", name="Events each").click()
    page.wait_for_url("**sort=events-up")
    assert [float(text) for text in column.all_inner_texts()] == sorted(numbers)


def test_definition_and_sql_of_each_number(page: Page, site: Site) -> None:
    site.open(page, f"{PATH}?by=channel")
    for key, said in (("sessions", "more than 30 min"), ("median", "nearest rank"), ("bounce", "exactly one event"), ("new", "first session ever")):
        page.locator(f"[data-open=drawer-{key}]").first.click()
        drawer = page.locator(f"dialog#drawer-{key}")
        assert said in drawer.inner_text()
        assert drawer.inner_text().count("FROM main.session_facts AS f") == 2
        page.keyboard.press("Escape")
    page.keyboard.press("s")
    assert page.locator("dialog#drawer-sessions pre").first.is_visible()
    assert page.locator("#code-session_metrics").count() == 1, "in the drawer that is open, in no other"


def test_exports(page: Page, site: Site) -> None:
    site.open(page, f"{PATH}?by=channel")
    for name, file in (
        ("CSV", "session_metrics_by_channel_2026-10-27_2026-11-23.csv"),
        ("PNG", "sessions_2026-10-27_2026-11-23.png"),
        ("SQL", "session_metrics.sql"),
        ("SQL: breakdown", "session_metrics_by.sql"),
    ):
        page.locator(".actions summary").first.click()
        with page.expect_download() as download:
            page.locator(".actions .panel").get_by_text(name, exact=True).click()
        assert download.value.suggested_filename == file
        assert Path(download.value.path()).stat().st_size > 200
        page.keyboard.press("Escape")


def test_nothing_jumps_and_gaps_are_filled(page: Page, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clew.web.metrics.pages.FIRST_PAINT_SECONDS", 0.0)
    site.log_in(page)
    page.goto(f"{site.url}{PATH}")
    page.wait_for_selector("#metrics[data-ready=yes]")
    page.wait_for_selector("#chart .main-svg")
    assert page.evaluate(SHIFTS) < 0.01


def test_no_sessions_say_so_and_what_to_do(page: Page, site: Site, screenshots: Path) -> None:
    site.open(page, f"{PATH}?channel=carrier+pigeon&country=NL")
    assert "No sessions from 2026-10-27 to 2026-11-23 with these filters" in page.locator("main").inner_text()
    page.screenshot(path=screenshots / "metrics-empty.png")
    page.get_by_role("link", name="remove all").click()
    page.wait_for_selector("#chart .main-svg")
    assert page.url == f"{site.url}{PATH}"


def test_without_scripts(browser: Browser, site: Site) -> None:
    from clew.state import new_link

    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(new_link(site.stage.state, site.url))
        page.get_by_role("button").click()
        page.goto(f"{site.url}{PATH}?by=country")
        expect(page.locator("#rows tbody tr")).to_have_count(3)
        page.get_by_role("link", name="(not known)").click()
        assert "country: (not known)" in page.locator(".chip").inner_text()
