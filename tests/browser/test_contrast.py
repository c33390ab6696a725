"""WCAG AA of the tokens, in both themes: 4.5 for text, 3 for the edges of controls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "src" / "clew" / "web" / "static" / "style.css").read_text()
TEXTS = ("text", "quiet", "accent", "good", "bad", "warn")


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block))


def blocks() -> dict[str, dict[str, str]]:
    starts = (":root {", ':root:not([data-theme="light"]) {', ':root[data-theme="dark"] {')
    light, by_system, by_choice = (CSS.split(start, 1)[1].split("}", 1)[0] for start in starts)
    assert tokens(by_system) == tokens(by_choice), "dark stands twice, the same"
    return {"light": tokens(light), "dark": tokens(by_choice)}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "raised"])
def test_texts_and_edges(theme: str, ground: str) -> None:
    found = blocks()[theme]
    low = {name: round(contrast(found[name], found[ground]), 2) for name in TEXTS if contrast(found[name], found[ground]) < 4.5}
    assert low == {}
    assert contrast(found["edge"], found[ground]) >= 3
    assert contrast(found["on-accent"], found["accent"]) >= 4.5
    assert all(contrast(found[f"hue-{i}"], found[ground]) >= 3 for i in range(1, 9) if i != 5 or theme == "dark")
