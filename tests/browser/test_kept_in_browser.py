"""Keeping what a report says, as somebody does it by hand: saving, and opening again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import msgspec
import pytest
from playwright.sync_api import expect

from clew import config
from clew.state import annotating, audiences, boards, saved, shares
from pages import Stage, served

from .conftest import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("complaints"), pytest.mark.xdist_group("browser")]
FUNNEL = "range=90d&step=Page+Viewed&step=Product+Viewed&step=Product+Added&step=Order+Completed"


@pytest.fixture
def site(tmp_path: Path, shop: duckdb.DuckDBPyConnection) -> Iterator[Site]:
    stage = Stage(tmp_path, shop)
    kept = {1: saved.save(stage.state, "From page to order", "funnel", FUNNEL, "owner")}
    kept[2] = saved.save(stage.state, "People by week", "trends", "interval=week&measure=people&range=90d", "owner")
    kept[3] = saved.save(stage.state, "Who stays", "retention", "range=90d", "ada")
    kept[4] = saved.save(stage.state, "Products", "trends", "by=category&event=Product+Viewed&range=28d", "ada")
    board = boards.make(stage.state, "Every morning", "owner").board_id
    for number, shape in ((1, "chart"), (2, "number"), (1, "number"), (3, "number"), (2, "chart"), (3, "table"), (4, "chart")):
        boards.add(stage.state, board, kept[number].saved_id, shape)
    people = saved.save(stage.state, "By person", "trends", "by=%40user_id", "ada")
    boards.add(stage.state, board, people.saved_id, "table")
    shares.share(stage.state, board, "30", "ada")
    dropped = f"dropped=4&{FUNNEL}"
    audiences.make(stage.state, "Carts left behind", "funnel", dropped, audiences.Count(11, 1, stage.status.data_as_of or 0), "ada")
    audiences.make(stage.state, "Buyers", "funnel", f"{FUNNEL}&reached=4", audiences.Count(45, 0, 1_795_000_000_000_000), "owner")
    annotating.annotate(stage.state, "2026-11-09", "Release 2.0", "ada")
    annotating.annotate(stage.state, "2026-10-19", "Campaign <b>for</b> autumn", "owner")
    with served(stage) as url:
        yield Site(stage, url)
    stage.state.close()


def shared_path(site: Site) -> str:
    (link,) = shares.shares(site.stage.state, 1)
    return f"/shared/{shares.token(config.salt(site.stage.root), link.link_id)}"


COMPARED = f"{FUNNEL}&groups=events&a=Page+Viewed%7B%40platform%3Dios%7D&b=Page+Viewed%7B%40platform%3Dweb%7D"
PICTURES = {
    "reports-saved": "/reports",
    "report-saved": f"/funnel?{FUNNEL}",
    "boards": "/dashboards",
    "flags": "/trends?range=90d&interval=week",
    "retention": "/retention?range=90d",
    "annotations": "/annotations",
    "audiences": "/audiences",
    "compare": f"/compare/funnel?{COMPARED}",
    "compare-retention": "/compare/retention?range=28d",
    "list": f"/funnel?{FUNNEL}&reached=4",
    "board": "/dashboards/1",
    "board-edit": "/dashboards/1?view=edit",
    "shared": "",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pictures(browser: Browser, site: Site, screenshots: Path, scheme: Any, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme) as context:
        page = context.new_page()
        site.log_in(page)
        for name, path in PICTURES.items():
            page.goto(site.url + (path or shared_path(site)))
            if page.query_selector("#report"):
                page.wait_for_selector("#report[data-ready=yes]")
            if page.query_selector(".chart"):
                page.wait_for_selector(".chart .main-svg")
            if name in ("report-saved", "list"):
                page.keyboard.press("k")
            if name in ("board", "shared"):
                expect(page.locator(".chart .main-svg").nth(4)).to_be_attached()
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
    page.wait_for_url("**/reports#saved-6")
    page.get_by_label("Rename Daily people").click()
    page.locator("#saved-6 [name=name]").fill("People each day")
    page.keyboard.press("Enter")
    expect(page.locator("#saved-6 > a")).to_have_text("People each day")
    page.locator("#saved-6 > a").click()
    page.wait_for_url(lambda url: url.endswith("/trends?measure=people&range=28d"))


def test_a_dashboard_is_put_together_by_hand_and_shared(page: Page, site: Site, browser: Browser) -> None:
    site.open(page, "/dashboards")
    page.keyboard.press("n")
    page.keyboard.type("Mine")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboards/2?view=edit")
    for name, shape in (("People by week", "number"), ("From page to order", "chart")):
        page.locator("#add-saved").select_option(label=name)
        page.locator("#add-shape").select_option(shape)
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator(".places")).to_contain_text(name)
    page.get_by_role("button", name="Earlier: From page to order").click()
    expect(page.locator(".places li").first).to_contain_text("From page to order")
    page.get_by_role("button", name="From page to order as a table").click()
    page.get_by_role("button", name="Make a link").click()
    url = page.locator(".share input").input_value()
    page.keyboard.press("w")
    expect(page.locator(".board-tile")).to_have_count(2)
    with browser.new_context() as stranger:
        other = stranger.new_page()
        other.goto(site.url + "/shared/" + url.split("/shared/")[1])
        expect(other.locator(".board-tile td").nth(1)).to_have_text("Page Viewed")
        assert other.locator("a").count() == 0
        page.keyboard.press("w")
        page.get_by_role("button", name="Revoke this link").click()
        expect(page.locator(".share")).to_have_count(0)
        other.reload()
        expect(other.get_by_role("heading")).to_have_text("This link does not hold any more")


def test_a_dashboard_draws_itself_again_at_a_newer_build(page: Page, site: Site) -> None:
    site.open(page, "/dashboards/1")
    page.evaluate("window.same = true")
    expect(page.locator("#as-of")).to_have_attribute("data-build", "1")
    site.stage.status = msgspec.structs.replace(site.stage.status, build_id=2)
    expect(page.locator("#as-of")).to_have_attribute("data-build", "2", timeout=10_000)
    expect(page.locator(".chart .main-svg").first).to_be_attached()
    assert page.evaluate("window.same")


def test_a_day_is_annotated_by_hand_and_flagged_on_the_chart(page: Page, site: Site) -> None:
    site.open(page, "/trends?range=90d")
    page.keyboard.press("a")
    page.keyboard.type("Launch in Spain")
    page.get_by_label("On", exact=True).fill("2026-11-12")
    page.get_by_role("button", name="Annotate").last.click()
    expect(page.locator("#flags li")).to_have_count(3)
    expect(page.locator("#chart .annotation")).to_have_count(3)
    expect(page.locator("#rows tr:has-text('2026-11-12')")).to_contain_text("⚑ Launch in Spain")
    page.goto(site.url + "/annotations")
    page.get_by_label("Delete Launch in Spain").click()
    page.get_by_role("button", name="Delete Launch in Spain").click()
    expect(page.locator(".entries li")).to_have_count(2)


def test_an_audience_is_saved_from_a_list_by_hand(page: Page, site: Site) -> None:
    site.open(page, f"/funnel?{FUNNEL}&reached=3")
    number = page.locator("#rows tbody tr").count()
    page.keyboard.press("k")
    page.keyboard.type("Almost")
    page.keyboard.press("Enter")
    page.wait_for_url("**/audiences")
    expect(page.locator("#audience-3")).to_contain_text(f"{number} people")
    page.get_by_role("link", name="Almost").click()
    expect(page.locator("#rows tbody tr")).to_have_count(number)


def test_groups_are_chosen_by_hand(page: Page, site: Site) -> None:
    site.open(page, f"/funnel?{FUNNEL}&by=%40platform")
    page.keyboard.press("c")
    page.wait_for_url("**/compare/funnel?**")
    expect(page.locator("#rows tbody tr")).to_have_count(3)
    page.locator("#groups").select_option("values")
    page.locator("#group-a").fill("ios")
    page.keyboard.press("Tab")
    page.wait_for_url("**a=ios**")
    expect(page.get_by_role("alert")).to_contain_text("Choose two values")
    page.locator("#group-b").fill("web")
    page.keyboard.press("Enter")
    expect(page.locator("#rows thead th").nth(1)).to_have_text("ios")
    expect(page.locator("#rows tbody tr").last).to_contain_text("points")
    page.reload()
    expect(page.locator("#rows thead th").nth(2)).to_have_text("web")
    expect(page.locator("#chart .barlayer .bars")).to_have_count(2)
    expect(page.locator("#chart .errorbars path.yerror")).to_have_count(3)
    page.keyboard.press("e")
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="PNG").click()
    assert downloaded.value.suggested_filename == "compare_funnel.png"
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.locator("#chart")).to_have_count(0)
    expect(page.locator("#rows tbody tr")).to_have_count(3)
    page.keyboard.press("b")
    page.wait_for_url(lambda url: "/funnel?" in url and "groups" not in url and "by=%40platform" in url)


def test_a_field_is_written_while_the_answer_of_another_is_on_its_way(page: Page, site: Site) -> None:
    site.open(page, f"/compare/funnel?{FUNNEL}&by=%40platform&groups=values")
    held: list[Route] = []
    page.route("**/compare/funnel?*", lambda route: route.continue_() if held else held.append(route))
    page.locator("#group-a").fill("ios")
    page.keyboard.press("Tab")
    expect(page.locator("body.turning")).to_be_attached()
    page.locator("#group-b").fill("web")
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.locator("body.turning")).to_have_count(0)
    page.wait_for_url("**a=ios**")
    expect(page.locator("#group-b")).to_have_value("web")
    expect(page.locator("#group-b")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**b=web**")
    expect(page.locator("#rows thead th").nth(1)).to_have_text("ios")
    expect(page.locator("#rows thead th").nth(2)).to_have_text("web")


@pytest.mark.parametrize("key", ["Enter", "Tab"])
def test_what_is_half_written_outlives_a_newer_build(page: Page, site: Site, key: str) -> None:
    site.open(page, f"/funnel?{FUNNEL}")
    page.locator("#step-1").click()
    page.evaluate("window.before = document.getElementById('step-1')")
    page.locator("#step-1").fill("Product")
    for build in (2, 3):
        site.stage.status = msgspec.structs.replace(site.stage.status, build_id=build)
        expect(page.locator(f"#as-of[data-build='{build}']")).to_be_attached(timeout=30_000)
    expect(page.locator("#step-1")).to_have_value("Product")
    assert page.evaluate("window.before.isConnected") is False, "it is another field"
    assert "step=Product&" not in page.url, "nothing was asked yet"
    page.keyboard.type(" Viewed")
    page.keyboard.press(key)
    page.wait_for_url("**/funnel?*step=Product+Viewed&step=Product+Viewed**")
    expect(page.locator("#step-new")).to_have_value("")


def test_retention_is_taken_as_a_picture(page: Page, site: Site, screenshots: Path) -> None:
    site.open(page, "/retention?range=90d")
    page.keyboard.press("e")
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="PNG").click()
    downloaded.value.save_as(screenshots / "retention.png")
    assert downloaded.value.suggested_filename == "retention.png"
    assert (screenshots / "retention.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    expect(page.locator(".aside")).to_have_count(0)
