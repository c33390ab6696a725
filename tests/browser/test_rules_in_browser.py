"""A rule is changed in Chromium, on pages over a worker that really builds: preview, apply, old numbers until the swap, new ones after."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest
from playwright.sync_api import expect

from clew import clock, config
from clew.app import project
from clew.app.worker import Worker
from clew.config import Paths
from clew.eventlog import LogWriter, seal
from clew.messages import Stamp
from clew.models import full
from clew.models.frame import Frame
from clew.state import State, new_link
from clew.warehouse import Warehouse
from clew.web.app import make_app
from pages import URL, Stage, served

from .conftest import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("complaints"), pytest.mark.xdist_group("browser")]
SHOE = {"type": "track", "event": "Product Viewed"}


class Shop(NamedTuple):
    """A project with a worker. `hold` keeps builds from going on until it is set again."""

    root: Path
    warehouse: Warehouse
    worker: Worker
    hold: threading.Event

    def track(self, user: str, minutes_ago: int) -> None:
        at = clock.now() - minutes_ago * clock.MINUTE
        stamp = Stamp(source="app", received_at=at, type="track", message_id=f"{user}-{minutes_ago}", timestamp=at)
        with closing(LogWriter(Paths(self.root).log, config.load(self.root, {}).log)) as writer:
            writer.append(seal(stamp, msgspec.json.encode({**SHOE, "userId": user, "messageId": stamp.message_id})), 1)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Ada with an event every 20 minutes, bob with one every 5."""
    root, hold, number_texts = tmp_path / "shop", threading.Event(), full.number_texts
    project.init(root, "key")

    def wait(frame: Frame) -> None:
        assert hold.wait(60)
        number_texts(frame)

    monkeypatch.setattr(full, "number_texts", wait)
    settings = config.load(root, {})
    with Warehouse.open(root, settings) as warehouse, State.open(Paths(root).state) as state:
        made = Shop(root, warehouse, Worker(warehouse, root, settings, state), hold)
        hold.set()
        for n in range(6):
            made.track("ada", 300 - 20 * n)
        for n in range(3):
            made.track("bob", 100 - 5 * n)
        made.worker.start()
        made.worker.build(full=False)
        yield made
        hold.set()
        made.worker.stop()


@pytest.fixture
def site(shop: Shop) -> Iterator[Site]:
    worker = shop.worker
    stage = Stage(shop.root, shop.warehouse, url=URL)
    context = stage.context._replace(
        read_settings=worker.settings,
        wanted=worker.wanted,
        status=worker.status,
        build=lambda: worker.build(False),
        try_rules=worker.trials.run,
        stop_build=worker.stop_build,
        stop_trial=worker.trials.stop,
        reload=worker.reload,
    )
    stage.app = make_app(context)
    with served(stage) as url:
        yield Site(stage, url)
    stage.state.close()


def sessions(page: Page) -> Locator:
    """The number of sessions on the overview."""
    return page.locator(".tile", has_text="Sessions").first.locator(".number span, .number a").first


def test_a_rule_is_changed(page: Page, site: Site, shop: Shop, screenshots: Path) -> None:
    site.open(page, "/?range=7d")
    expect(sessions(page)).to_have_text("2")
    before = (shop.root / "clew.toml").read_text()
    page.keyboard.press("g")
    page.keyboard.press("u")
    page.wait_for_url("**/settings/rules")
    page.screenshot(path=screenshots / "rules.png", full_page=True)

    page.get_by_label("Inactivity minutes", exact=True).fill("soon")
    page.keyboard.press("Enter")
    expect(page.locator("#wrong-sessions-inactivity_minutes")).to_have_text("Expected a number greater than 0; found 'soon'")
    expect(page.get_by_role("button", name="Apply")).to_have_count(0)
    page.get_by_label("Inactivity minutes", exact=True).fill("10")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/rules?sessions.inactivity_minutes=10")
    row = page.locator(".compared tr", has=page.get_by_role("rowheader", name="Sessions", exact=True))
    expect(row.locator("td")).to_have_text(["2", "7", "▲ 250.0 %"], timeout=60_000)
    page.screenshot(path=screenshots / "rules-preview.png", full_page=True)
    assert (shop.root / "clew.toml").read_text() == before, "a preview changes nothing"
    address = page.url
    page.reload()
    expect(row.locator("td").nth(1)).to_have_text("7")

    shop.hold.clear()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**/settings/rules")
    assert (shop.root / "clew.toml").read_text() == before.replace("inactivity_minutes = 30", "inactivity_minutes = 10")
    banner = page.locator(".banner")
    expect(banner).to_contain_text("sessions.inactivity_minutes 30, from now on 10")
    expect(banner.locator("[data-words]")).to_contain_text("Numbering people and texts, 20 %", timeout=60_000)
    page.screenshot(path=screenshots / "rules-applied.png", full_page=True)
    page.goto(f"{site.url}/?range=7d")
    expect(sessions(page)).to_have_text("2")
    expect(banner).to_contain_text("A full build by the new rules is on its way")
    page.screenshot(path=screenshots / "rules-old-numbers.png", full_page=True)

    shop.hold.set()
    expect(sessions(page)).to_have_text("7", timeout=60_000)
    expect(banner).to_have_count(0)
    page.screenshot(path=screenshots / "rules-new-numbers.png", full_page=True)

    page.locator("#as-of summary").click()
    page.get_by_role("link", name="All builds").click()
    page.wait_for_url("**/builds")
    newest = page.locator("tbody tr").first
    expect(newest).to_contain_text("rules changed")
    expect(newest).to_contain_text("sessions.inactivity_minutes 30 → 10")
    expect(newest).to_contain_text("shown now")
    page.screenshot(path=screenshots / "builds.png", full_page=True)
    page.goto(address)
    page.wait_for_url("**/settings/rules")
    expect(page.get_by_label("Inactivity minutes", exact=True)).to_have_value("10")
    page.get_by_role("link", name="Preview setting it back").click()
    page.wait_for_url("**/settings/rules?sessions.inactivity_minutes=30")


def test_what_somebody_writes_is_not_taken_away(page: Page, site: Site, shop: Shop) -> None:
    """A newer build draws other pages again; this one waits until the form is sent."""
    site.open(page, "/settings/rules")
    field = page.get_by_label("End events")
    field.fill("Signed Out")
    served = shop.worker.status().build_id
    shop.track("eve", 1)
    shop.worker.build(full=False)
    assert shop.worker.status().build_id != served
    with page.expect_response("**/api/status"):
        pass
    with page.expect_response("**/api/status"):
        pass
    expect(field).to_have_value("Signed Out")


def test_a_build_that_runs_and_one_that_fails(page: Page, site: Site, shop: Shop, screenshots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site.open(page, "/builds")
    expect(page.locator("[data-words]")).to_have_text("Nothing runs: all that was loaded is built.")
    shop.hold.clear()
    shop.track("eve", 1)
    expect(page.locator("tbody tr").first).to_contain_text("running", timeout=60_000)
    expect(page.locator("[data-words]")).to_contain_text("An incremental build runs, because of: new events. Numbering people")
    page.screenshot(path=screenshots / "builds-running.png", full_page=True)

    def fail(frame: Frame) -> None:
        raise MemoryError("no room for <people>")

    monkeypatch.setattr(full, "number_texts", fail)
    shop.track("eve", 0)
    shop.hold.set()
    expect(page.locator("tbody tr").first).to_contain_text("no room for <people>", timeout=60_000)
    expect(page.locator("[data-words]")).to_have_text("no room for <people>")
    page.screenshot(path=screenshots / "builds-failed.png", full_page=True)


def test_others_than_owners_have_no_rules(page: Page, site: Site) -> None:
    page.goto(new_link(site.stage.state, site.url, "ann", "analyst"))
    page.wait_for_url("**/account?welcome=1")
    expect(page.get_by_role("link", name="Builds")).to_have_count(1)
    expect(page.get_by_role("link", name="Rules")).to_have_count(0)


PATHS = {
    "rules": "/settings/rules",
    "rules-wrong": "/settings/rules?sessions.inactivity_minutes=0&sessions.platform_inactivity_minutes=ios%3A5&identity.mode=never",
    "rules-preview": "/settings/rules?sessions.inactivity_minutes=10&sessions.end_events=Signed+Out%0ALeft&bounce.rule=arrival",
    "builds": "/builds",
    "builds-none": "/builds?state=failed&kind=full",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pictures(browser: Browser, site: Site, screenshots: Path, scheme: Any, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme) as context:
        page = context.new_page()
        site.log_in(page)
        for name, path in PATHS.items():
            page.goto(site.url + path)
            if name == "rules-preview":
                page.wait_for_selector(".compared", timeout=60_000)
            page.screenshot(path=screenshots / f"{name}-{scheme}-{width}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name}: nothing is wider than the window"


def test_a_preview_and_a_build_are_stopped_by_keyboard(
    page: Page, site: Site, shop: Shop, monkeypatch: pytest.MonkeyPatch, screenshots: Path
) -> None:
    def hours(frame: Frame) -> None:
        frame.cursor.execute("SELECT sum((a.range * b.range) % 7) FROM range(1000000) AS a, range(1000000) AS b")

    site.open(page, "/?range=7d")
    monkeypatch.setattr(full, "number_texts", hours)
    page.goto(f"{site.url}/settings/rules?sessions.inactivity_minutes=10")
    expect(page.locator("#preview [data-words]")).to_contain_text("Numbering people and texts", timeout=60_000)
    page.screenshot(path=screenshots / "rules-stop.png", full_page=True)
    page.keyboard.press("x")
    expect(page.locator("#preview")).to_contain_text("The preview was stopped by owner", timeout=60_000)
    page.screenshot(path=screenshots / "rules-stopped.png", full_page=True)
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**/settings/rules")
    page.goto(f"{site.url}/builds")
    expect(page.locator("[data-work] [data-words]")).to_contain_text("A full build runs, because of: rules changed", timeout=60_000)
    expect(page.locator("tbody tr").first).to_contain_text("running")
    page.screenshot(path=screenshots / "builds-stop.png", full_page=True)
    page.keyboard.press("x")
    expect(page.locator("tbody tr").first).to_contain_text("stopped by owner", timeout=60_000)
    expect(page.locator("[data-work] [data-words]")).to_contain_text("The last build was stopped by owner")
    expect(page.locator(".banner")).to_contain_text("The build by the new rules was stopped")
    page.screenshot(path=screenshots / "builds-stopped.png", full_page=True)
    page.goto(f"{site.url}/?range=7d")
    expect(sessions(page)).to_have_text("2")
