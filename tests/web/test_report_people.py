"""From a number of a report to the people and sessions that it counts, over a real project."""

from __future__ import annotations

import html
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest

from pages import Stage
from shop import HOSTILE, People

pytestmark = pytest.mark.anyio
WAIT = {"x-clew-wait": "1"}


@pytest.mark.parametrize(
    ("path", "people"),
    [
        ("/funnel", ["ada", HOSTILE]),
        ("/lifecycle", ["ada", "bob", HOSTILE]),
        ("/trends?measure=people", ["ada", "bob", HOSTILE]),
        ("/paths?event=Viewed", ["ada", HOSTILE]),
    ],
)
async def test_from_a_number_to_a_person(tmp_path: Path, path: str, people: list[str]) -> None:
    shop = People(tmp_path)
    for hour, user, event in ((0, "ada", "Viewed"), (0.1, "ada", "Bought"), (1, HOSTILE, "Viewed"), (1.1, HOSTILE, "Bought"), (2, "bob", "Looked")):
        shop.call("track", hour, userId=user, event=event)
    shop.build()
    stage = Stage(tmp_path, shop.database)
    stage.status = shop.status()
    client = await stage.logged_in()
    steps = f"?{urlencode([('step', 'Viewed'), ('step', 'Bought')])}" if path == "/funnel" else ""
    report = (await client.get(path + steps, headers=WAIT)).text
    (_, number), *_ = cells = re.findall(r'<td[^>]*><a data-turn[^>]* href="([^"]+)">(\d+)</a>', report)
    assert int(number) == len(people)
    listed = (await client.get(html.unescape(cells[0][0]), headers=WAIT)).text
    found = re.findall(r'<td[^>]*><a href="(/people/[^"]+)">([^<]+)</a>', listed)
    assert sorted(html.unescape(name) for _, name in found) == sorted(people)
    for link, name in found:
        answer = await client.get(html.unescape(link), follow_redirects=True)
        assert answer.status_code == 200, link
        assert name in answer.text
    stage.state.close()
    shop.close()
