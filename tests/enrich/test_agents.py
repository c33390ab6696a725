from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.enrich import Agent, agent

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
CASES = {
    WINDOWS: Agent("Chrome", "126", "Windows", "desktop"),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15": Agent(
        "Safari", "17", "Mac OS X", "desktop"
    ),
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0": Agent("Firefox", "127", "Ubuntu", "desktop"),
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36": Agent(
        "Chrome", "126", "Chrome OS", "desktop"
    ),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1": Agent(
        "Mobile Safari", "17", "iOS", "mobile"
    ),
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1": Agent(
        "Mobile Safari", "16", "iOS", "tablet"
    ),
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36": Agent(
        "Chrome Mobile", "126", "Android", "mobile"
    ),
    "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36": Agent(
        "Chrome", "126", "Android", "tablet"
    ),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": Agent("Googlebot", "2", None, "bot"),
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36": Agent(
        "HeadlessChrome", "126", "Linux", "bot"
    ),
    "curl/8.5.0": Agent("curl", "8", None, "other"),
    "": Agent(None, None, None, "other"),
}


@pytest.mark.parametrize("text", CASES, ids=lambda text: text[:60])
def test_real_ones(text: str) -> None:
    assert agent(text) == CASES[text]
    assert agent(text).is_bot == (CASES[text].device_type == "bot")


def test_each_is_read_once() -> None:
    agent.cache_clear()
    for _ in range(3):
        agent(WINDOWS)
    assert agent.cache_info().misses == 1


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    assert agent(text).device_type in ("desktop", "mobile", "tablet", "bot", "other")


def test_a_long_one_is_read_in_part() -> None:
    assert agent(WINDOWS + " x" * 500_000) == agent(WINDOWS)
