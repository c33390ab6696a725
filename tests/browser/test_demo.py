"""The demo as a stranger sees it: one command, the printed link, and within a minute numbers on the page and a live page that moves."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from running import CLEW, clew, environment, free_port, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
SECONDS = 60


class Demo:
    """`clew demo` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "shop"
        self.output = folder / "demo.out"
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        self.began = time.monotonic()
        addresses = ["--collect", f"127.0.0.1:{free_port()}", "--web", f"127.0.0.1:{free_port()}"]
        command = [*CLEW, "demo", "--no-browser", "--project", str(self.root), *addresses]
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment())

    @property
    def printed(self) -> str:
        return self.output.read_text()

    @property
    def seconds(self) -> float:
        """Since it was started."""
        return time.monotonic() - self.began

    def stop(self) -> None:
        """As Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        try:
            assert self.process.wait(30) == 0, self.printed
        finally:
            self.process.kill()
        assert "Traceback" not in self.printed, self.printed

    def query(self, sql: str) -> Any:
        """The rows, by `clew query`."""
        return json.loads(clew("query", "--format", "json", sql, project=self.root).stdout)

    def link(self) -> str:
        return str(wait_until(lambda: re.search(r"http://\S*/login\S+", self.printed), f"the link, in: {self.printed}")[0])


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    demo.start()
    yield demo
    demo.stop()


def test_the_demo_in_a_browser(demo: Demo, page: Page, screenshots: Path) -> None:
    link = demo.link()
    page.goto(link)
    page.wait_for_url(lambda url: "/login" not in url)
    top = link.split("/login")[0]

    sessions, people, bounce = wait_until(lambda: numbers(page, top), "numbers on the overview", SECONDS - demo.seconds, every=0.5)
    seen_after = demo.seconds
    print(f"sessions {sessions}, people {people}, bounce rate {bounce} on the page {seen_after:.0f} s after the start")
    assert seen_after < SECONDS
    expect_a_shop(page, top)
    page.screenshot(path=screenshots / "demo-overview.png", full_page=True)

    page.goto(f"{top}/live")
    rows = page.locator("#rows tbody tr")
    rows.first.wait_for()
    first = rows.first.inner_text()
    wait_until(lambda: rows.first.inner_text() != first, "the live page to move", 15)
    page.screenshot(path=screenshots / "demo-live.png")
    rows.first.click()
    page.locator("#raw-message", has_text="simulated shoppers").wait_for()
    page.screenshot(path=screenshots / "demo-call.png")


def numbers(page: Page, top: str) -> tuple[str, str, str] | None:
    """What the tiles say, once all three are there and yesterday's visits are among them."""
    page.goto(top)
    tiles = [tile.inner_text() for tile in page.locator(".tile .number span[title]").all()]
    complete = len(tiles) == 3 and all(re.search(r"\d", text) for text in tiles)
    return (tiles[0], tiles[1], tiles[2]) if complete and yesterday(page, top)["sessions"] >= 100 else None


def yesterday(page: Page, top: str) -> dict[str, int]:
    """The overview's day before the last, as the page's own script gets it."""
    answer = page.request.get(f"{top}/api/overview").json()
    return dict(answer["days"][-2])


def expect_a_shop(page: Page, top: str) -> None:
    """Yesterday has some hundred sessions, some of which bounced; stitching makes people fewer than raw ids."""
    day = yesterday(page, top)
    assert 100 <= day["sessions"] <= 1000
    assert 0.1 < day["bounced"] / day["sessions"] < 0.6
    assert 0 < day["people"] < day["raw_ids"]


def test_a_second_run_goes_on_with_the_same_past(demo: Demo) -> None:
    wait_until(lambda: "Sent source simulated" in demo.printed, "the past to be sent")
    count = "SELECT source, count(*) AS n FROM clew.events WHERE timestamp < received_at - INTERVAL 1 MINUTE GROUP BY ALL ORDER BY ALL"
    assert clew("build", project=demo.root).returncode == 0
    first = demo.query(count)

    demo.stop()
    demo.start()
    wait_until(lambda: "Sent source simulated" in demo.printed, "the past to be sent again")
    assert "/login" in demo.printed
    assert clew("build", project=demo.root).returncode == 0
    assert demo.query(count) == first
    assert demo.query("SELECT count(*) AS n FROM clew.rejections") == [{"n": 0}]
