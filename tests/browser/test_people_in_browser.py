"""The people pages in Chromium: from a number to a raw call, keys, hostile texts, deciding, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from playwright.sync_api import expect

from clew.state import new_link
from pages import URL, Stage, served
from shop import HOSTILE, People
from web.test_people_pages import fill

from .conftest import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("complaints"), pytest.mark.xdist_group("browser")]


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    made = People(tmp_path)
    fill(made)
    made.call("alias", 10, previousId="old-ada", userId="eve")
    made.call("alias", 11, previousId="old-ada", userId="ada")
    for n in range(120):
        made.call("track", 12 + n / 1000, userId="ada", anonymousId="tablet", event=f"Event {n}", properties={"n": n})
    made.build()
    yield made
    made.close()


@pytest.fixture
def site(tmp_path: Path, people: People) -> Iterator[Site]:
    def build() -> None:
        people.build()
        stage.status = people.status()

    stage = Stage(tmp_path, people.database, url=URL, build=build)
    stage.status = people.status()
    with served(stage) as url:
        yield Site(stage, url)
    stage.state.close()


def test_four_clicks_from_a_number_to_a_raw_call(page: Page, site: Site, screenshots: Path) -> None:
    site.open(page, "/?range=7d")
    page.locator(".tile .number a").nth(1).click()
    page.wait_for_url("**/people?active_from=*")
    page.screenshot(path=screenshots / "people-active.png", full_page=True)
    page.get_by_role("link", name="ada", exact=True).click()
    page.wait_for_url("**/people/ada")
    page.locator("tbody td:nth-child(2) a").last.click()
    page.wait_for_url("**/people/ada?session=*")
    row = page.locator("a[data-call]", has_text="Order Completed")
    row.click()
    page.wait_for_selector("#call-message >> text=Order Completed")
    assert page.locator("#call-title").inner_text() == "track Order Completed"
    assert '"userId": "old-ada"' in page.locator("#call-message").inner_text()
    page.screenshot(path=screenshots / "person-call.png")
    build_id = (site.stage.status.build_id or 0) + 1
    site.stage.status = msgspec.structs.replace(site.stage.status, build_id=build_id)
    expect(page.locator(f"#as-of[data-build='{build_id}']")).to_be_attached(timeout=30_000)
    expect(page.locator("#call")).to_be_visible()
    assert '"userId": "old-ada"' in page.locator("#call-message").inner_text(), "a newer build leaves what is read"
    page.keyboard.press("Escape")
    expect(page.locator("#call")).not_to_be_visible()


def test_the_numbers_of_a_day_lead_to_lists(page: Page, site: Site) -> None:
    site.open(page, "/?range=7d")
    cell = page.locator("#days tbody tr").first.locator("td a").first
    number = cell.inner_text()
    cell.click()
    page.wait_for_url("**/sessions?from=2026-11-23&to=2026-11-23")
    assert f"{number} sessions" in page.locator(".pager").inner_text()


def test_search_from_anywhere_by_the_keyboard(page: Page, site: Site) -> None:
    site.open(page, "/live")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.type("ada@exam")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people?q=ada%40exam")
    page.get_by_role("link", name="ada", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/ada")
    page.keyboard.press("2")
    page.wait_for_url("**/people/ada?view=events")
    page.keyboard.press("]")
    page.wait_for_url("**page=2")
    expect(page.locator(".pager span")).to_contain_text("51–100 of")
    page.keyboard.press("[")
    page.wait_for_url("**/people/ada?view=events")
    page.go_back()
    expect(page.locator(".pager span")).to_contain_text("51–100 of")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/people")


def test_a_long_session_is_paged_where_it_stands(page: Page, site: Site) -> None:
    site.open(page, "/people/ada")
    page.locator("tbody td:nth-child(2) a").first.click()
    expect(page.locator(".opened .pager span")).to_contain_text("1–50 of 120")
    page.locator(".opened .pager a", has_text="After").click()
    expect(page.locator(".opened .pager span")).to_contain_text("51–100 of 120")
    shown = page.locator("main").inner_text()
    page.reload()
    assert page.locator("main").inner_text() == shown, "the address is the state"


def test_hostile_texts_are_text(page: Page, site: Site, screenshots: Path) -> None:
    site.open(page, "/people?q=<script>")
    page.locator("a.id").first.click()
    page.wait_for_url("**/people/%3Cscript%3E*")
    assert page.locator("main script").count() == 0
    for view in ("traits", "identity", "events"):
        page.goto(f"{page.url.split('?')[0]}?view={view}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.locator("a[data-call]").first.click()
    page.wait_for_selector("#call-message >> text=alert(1)")
    assert HOSTILE in page.locator("#call-message").inner_text()
    page.screenshot(path=screenshots / "person-hostile.png", full_page=True)


def test_an_edge_is_denied_and_given_back(page: Page, site: Site, screenshots: Path) -> None:
    site.open(page, "/people/ada?view=identity")
    page.screenshot(path=screenshots / "person-identity.png", full_page=True)
    row = page.locator("section[aria-labelledby=edges] tr", has_text="phone")
    row.get_by_role("button", name="Deny").click()
    page.wait_for_selector("#denied")
    assert "phone" not in page.locator("section[aria-labelledby=identifiers]").inner_text()
    page.screenshot(path=screenshots / "person-denied.png", full_page=True)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector("section[aria-labelledby=identifiers] >> text=phone")


def test_a_wrong_merge_is_denied_and_the_person_splits(page: Page, site: Site, screenshots: Path) -> None:
    """What old-ada did was ada's; without the edge it is eve's, to whom the edge before leads. Given back, it is ada's again."""
    site.open(page, "/people/ada")
    facts = page.locator(".person .facts").first
    together = facts.inner_text()
    page.goto(f"{site.url}/people/old-ada?view=events")
    expect(page.locator("main")).to_contain_text("Event 119")
    page.goto(f"{site.url}/people/ada?view=identity")
    edge = "form[action='/identity/deny']:has([name=alias][value=old-ada]):has([name=next_alias][value=ada])"
    page.locator(f"{edge} button").click()
    page.wait_for_selector("#denied")
    page.goto(f"{site.url}/people/old-ada?view=events")
    expect(page.locator("main")).to_contain_text("Order Completed")
    expect(page.locator("main")).not_to_contain_text("Event 119")
    page.screenshot(path=screenshots / "person-split.png", full_page=True)
    page.goto(f"{site.url}/people/ada")
    assert facts.inner_text() != together
    page.goto(f"{site.url}/people/ada?view=identity")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector("section[aria-labelledby=identifiers] >> text=old-ada")
    page.goto(f"{site.url}/people/ada")
    assert facts.inner_text() == together


def test_viewers_have_no_buttons(page: Page, site: Site) -> None:
    page.goto(new_link(site.stage.state, site.url, "vi", "viewer"))
    page.wait_for_url("**/account?welcome=1")
    page.goto(f"{site.url}/people/ada?view=identity")
    page.wait_for_selector("svg .node")
    assert page.get_by_role("button", name="Deny").count() == 0


PATHS = {
    "people": "/people",
    "search": "/people?q=ada",
    "person": "/people/ada",
    "events": "/people/ada?view=events",
    "identity": "/people/ada?view=identity",
    "traits": "/people/ada?view=traits",
    "sessions": "/sessions?range=7d",
    "conflicts": "/identity",
    "nobody": "/people?q=nobody-at-all",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pictures(browser: Browser, site: Site, screenshots: Path, scheme: Any, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme) as context:
        page = context.new_page()
        site.log_in(page)
        for name, path in PATHS.items():
            page.goto(site.url + path)
            if name == "person":
                page.locator("tbody td:nth-child(2) a").last.click()
                page.wait_for_selector(".opened")
            page.screenshot(path=screenshots / f"people-{name}-{scheme}-{width}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name}: nothing is wider than the window"
