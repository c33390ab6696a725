from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from playwright.sync_api import expect

from clew import clock
from clew.config import Log
from clew.eventlog import LogWriter, seal
from clew.messages import Stamp
from clew.web.context import Status

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("complaints"), pytest.mark.xdist_group("browser")]
HOSTILE = "<img src=x onerror=alert(1)>"
FIRST = "#rows tbody tr:first-child"


class Sender:
    """Writes to both logs, as the collector does."""

    def __init__(self, root: Path) -> None:
        self.writers = {name: LogWriter(root / name, Log()) for name in ("log", "refused")}
        self.count = 0

    def __call__(self, event: str, source: str = "web", user: str | None = None, reason: str | None = None, count: int = 1) -> None:
        lines = b"".join(self._line(event, source, user, reason) for _ in range(count))
        self.writers["refused" if reason else "log"].append(lines, count)

    def _line(self, event: str, source: str, user: str | None, reason: str | None) -> bytes:
        self.count += 1
        message = {"type": "track", "event": event, "anonymousId": "anon-1", "userId": user, "properties": {"name": HOSTILE, "price": 12.50}}
        now = clock.now()
        stamp = Stamp(
            source=source, received_at=now, type="track", message_id=f"m{self.count}", timestamp=now, reason=reason, detail=reason and "why"
        )
        return seal(stamp, json.dumps(message).encode())


@pytest.fixture
def send(site: Site) -> Iterator[Sender]:
    sender = Sender(site.stage.root)
    yield sender
    for writer in sender.writers.values():
        writer.close()


def test_events_appear_as_they_arrive(page: Page, site: Site, send: Sender, screenshots: Path) -> None:
    site.open(page, "/live")
    page.wait_for_selector("text=Nothing to show at the moment")
    assert page.locator("#empty pre").count() == 0, "who has numbers needs no first event"
    site.stage.status = Status()
    page.reload()
    page.wait_for_selector("text=No events yet")
    assert "curl http://127.0.0.1:8471/v1/track -u web-key:" in page.locator("#empty").inner_text()
    page.screenshot(path=screenshots / "live-empty.png", full_page=True)
    send("Product Viewed", user="u-1")
    page.wait_for_selector("#rows >> text=Product Viewed")
    send(HOSTILE)
    page.wait_for_selector(f"{FIRST} >> text={HOSTILE}")
    send("No Name", reason="missing_event")
    page.wait_for_selector(f"{FIRST}.refused >> text=missing_event: why")
    assert page.locator("#state").inner_text() == "Live"
    assert "u-1 · anon-1" in page.locator("#rows").inner_text()
    assert page.locator("#rows img").count() == 0, "names are text"
    page.screenshot(path=screenshots / "live.png")


def test_the_raw_call_opens_by_click_and_by_key(page: Page, site: Site, send: Sender, screenshots: Path) -> None:
    send("Product Viewed", user="u-1")
    site.open(page, "/live")
    page.locator(FIRST).click()
    page.wait_for_selector("#raw-message >> text=onerror")
    assert f'"name": "{HOSTILE}"' in page.locator("#raw-message").inner_text()
    assert '"price": 12.5' in page.locator("#raw-message").inner_text()
    assert '"source": "web"' in page.locator("#raw-stamp").inner_text()
    page.screenshot(path=screenshots / "raw-call.png")
    page.keyboard.press("Escape")
    page.locator(f"{FIRST} button").focus()
    page.keyboard.press("Enter")
    assert page.locator("#raw").is_visible()


def test_a_newer_build_leaves_the_stream_alone(page: Page, site: Site, send: Sender) -> None:
    send("One")
    site.open(page, "/live")
    page.wait_for_selector("#rows >> text=One")
    site.stage.status = msgspec.structs.replace(site.stage.status, build_id=2)
    page.wait_for_selector("#as-of[data-build='2']", timeout=10_000)
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    send("Two")
    page.wait_for_selector("#rows >> text=Two")


def test_pause(page: Page, site: Site, send: Sender) -> None:
    send("One")
    site.open(page, "/live")
    page.wait_for_selector("#rows >> text=One")
    page.keyboard.press("p")
    send("Two")
    page.wait_for_selector("text=Paused, 1 waiting")
    assert "Two" not in page.locator("#rows").inner_text()
    page.keyboard.press("p")
    page.wait_for_selector("#rows >> text=Two")


def test_filters_are_in_the_url(page: Page, site: Site, send: Sender) -> None:
    send("One", user="ada")
    send("Two", source="app", user="bob")
    send("Three", reason="invalid_id", user="cy")
    site.open(page, "/live")
    page.wait_for_selector("#rows >> text=One")
    page.locator("select[name=source]").select_option("app")
    page.wait_for_url("**/live?source=app")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    assert "Two" in page.locator("#rows").inner_text()
    page.reload()
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.locator("input[name=refused]").check()
    page.wait_for_selector("text=Nothing fits these filters")
    page.goto(f"{site.url}/live?refused=1")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.goto(f"{site.url}/live")
    page.wait_for_selector("#rows >> text=One")
    page.get_by_role("searchbox", name="Text").fill("BOB")
    assert page.locator("#rows tbody tr:visible").count() == 1
    page.wait_for_url("**/live?q=BOB")


def test_at_most_500_rows(page: Page, site: Site, send: Sender) -> None:
    send("Old")
    site.open(page, "/live")
    page.wait_for_selector("#rows >> text=Old")
    send("Flood", count=3000)
    page.wait_for_selector("text=came too fast to be shown")
    expect(page.locator("#rows tbody tr")).to_have_count(500)
    send("Last")
    page.wait_for_selector(f"{FIRST} >> text=Last")
    assert page.locator("#rows tbody tr").count() == 500


def test_the_stream_comes_back(page: Page, site: Site, send: Sender, complaints: list[str]) -> None:
    send("One")
    site.open(page, "/live")
    page.wait_for_selector("#rows >> text=One")
    page.context.set_offline(True)
    page.evaluate("() => 0")
    page.context.set_offline(False)
    send("Two")
    page.wait_for_selector(f"{FIRST} >> text=Two")
    assert page.locator("#state").inner_text() == "Live"
    complaints.clear()
