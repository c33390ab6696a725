from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from clew.web.assets import asset_url
from pages import Stage

pytestmark = pytest.mark.anyio
STATIC = Path(__file__).parents[2] / "src" / "clew" / "web" / "static"


@pytest.mark.parametrize("name", [path.name for path in STATIC.iterdir()] + ["plotly.min.js"])
async def test_an_asset_is_kept_for_ever_and_compressed(stage: Stage, name: str) -> None:
    answer = await stage.client().get(asset_url(name))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith(("text/javascript", "text/css", "image/svg+xml"))


async def test_who_cannot_unpack_gets_it_plain(stage: Stage) -> None:
    answer = await stage.client().get(asset_url("app.js"), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.content == (STATIC / "app.js").read_bytes()


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fapp.py", "%2Fetc%2Fpasswd"])
async def test_other_files_are_not_served(stage: Stage, name: str) -> None:
    assert (await stage.client().get(f"/static/x/{name}")).status_code in (303, 404)


def test_our_scripts_are_small() -> None:
    assert sum(path.stat().st_size for path in STATIC.glob("*.js")) < 60_000
    assert len(gzip.compress((STATIC / "style.css").read_bytes())) < 10_000


def test_scripts_never_make_markup_of_text() -> None:
    for path in STATIC.glob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", path.read_text()), path.name


def test_nothing_comes_from_elsewhere() -> None:
    for path in [*STATIC.iterdir(), *(STATIC.parent / "templates").iterdir()]:
        found = [url for url in re.findall(r"https?://[^\s\"'<]+", path.read_text()) if not url.startswith("http://www.w3.org/")]
        assert found == [], path.name
