"""Comparing two groups: the shares are those of the reports, and the page, the JSON and the CSV say the same."""

from __future__ import annotations

import csv
import html
import io
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from tests.shopping import HOSTILE, STEPS

from clew.analyses.comparing import lines, parts
from clew.stats import Share, compare
from pages import Stage

pytestmark = pytest.mark.anyio
WAIT = {"x-clew-wait": "1"}
STEPPED = [("step", step) for step in STEPS[1:]]
DAYS = [("from", "2026-10-26"), ("to", "2026-11-22")]
BEFORE = [("from", "2026-09-28"), ("to", "2026-10-25")]


async def rows(client: httpx.AsyncClient, name: str, items: list[tuple[str, str]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/api/reports/{name}?{urlencode(items)}")).json()["rows"]
    return found


async def told(client: httpx.AsyncClient, name: str, items: list[tuple[str, str]]) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/compare/{name}?{urlencode(items)}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


def shares(found: list[dict[str, Any]], group: str) -> list[tuple[int, int]]:
    return [(row[f"{group}_hits"], row[f"{group}_of"]) for row in found]


def funnel_shares(found: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(row["units"], found[0]["units"]) for row in found[1:]]


WHOLE = ("complete_only", "true")


async def test_a_funnel_beside_the_days_before(site: Stage) -> None:
    client = await site.logged_in()
    found = await told(client, "funnel", [*STEPPED, *DAYS, ("by", "category")])
    now, before = await rows(client, "funnel", [*STEPPED, *DAYS, WHOLE]), await rows(client, "funnel", [*STEPPED, *BEFORE, WHOLE])
    assert shares(found, "a") == funnel_shares(now)
    assert shares(found, "b") == funnel_shares(before)
    assert len(found) == 2
    for row in found:
        expected = compare(Share(row["a_hits"], row["a_of"]), Share(row["b_hits"], row["b_of"]))
        assert expected is not None
        assert (row["difference"], row["low"], row["high"], row["p_value"], row["test"]) == expected


async def test_two_values_of_a_breakdown(site: Stage) -> None:
    client = await site.logged_in()
    asked = [*STEPPED, ("by", "category"), ("range", "90d")]
    found = await told(client, "funnel", [*asked, ("groups", "values"), ("a", "Shoes"), ("b", HOSTILE)])
    every = await rows(client, "funnel", [*asked, WHOLE])
    for group, value in (("a", "Shoes"), ("b", HOSTILE)):
        assert shares(found, group) == funnel_shares([row for row in every if row["by_value"] == value])
    text = (await client.get(f"/compare/funnel?{urlencode([*asked, ('groups', 'values')])}", headers=WAIT)).text
    assert '<option value="Games">' in text
    assert HOSTILE not in text
    assert "Choose two values of category" in text


async def test_two_events_that_begin(site: Stage) -> None:
    client = await site.logged_in()
    a, b = "Product Viewed{@platform=web}", "Product Viewed{@platform=ios}"
    asked = [*STEPPED, ("range", "90d")]
    found = await told(client, "funnel", [*asked, ("groups", "events"), ("a", a), ("b", b)])
    for group, event in (("a", a), ("b", b)):
        assert shares(found, group) == funnel_shares(await rows(client, "funnel", [("step", event), *STEPPED[1:], ("range", "90d"), WHOLE]))
    cohorts = await told(client, "retention", [("range", "90d"), ("groups", "events"), ("a", a), ("b", b)])
    for group, event in (("a", a), ("b", b)):
        means = [row for row in await rows(client, "retention", [("cohort", event), ("range", "90d")]) if row["cohort"] is None]
        assert shares(cohorts, group) == [(row["active"], row["size"]) for row in means][: len(cohorts)]


async def test_retention_beside_the_days_before(site: Stage) -> None:
    client = await site.logged_in()
    found = await told(client, "retention", DAYS)
    for group, days in (("a", DAYS), ("b", BEFORE)):
        means = [row for row in await rows(client, "retention", days) if row["cohort"] is None]
        assert shares(found, group) == [(row["active"], row["size"]) for row in means][: len(found)]
    assert found[0]["name"] == "period 0"
    assert found[0]["difference"] == 0.0
    assert found[0]["p_value"] == 1.0


async def test_the_page_and_the_csv_say_the_same(site: Stage) -> None:
    client = await site.logged_in()
    query = urlencode([*STEPPED, *DAYS])
    found = await told(client, "funnel", [*STEPPED, *DAYS])
    text = html.unescape((await client.get(f"/compare/funnel?{query}", headers=WAIT)).text)
    for row in found:
        assert f"{row['a_hits']} of {row['a_of']}" in text
        assert f"{row['difference'] * 100:+.1f} points" in text
        assert f"{row['low'] * 100:+.1f} to {row['high'] * 100:+.1f}" in text
    assert "2026-09-28 – 2026-10-25" in text
    table = list(csv.DictReader(io.StringIO((await client.get(f"/compare/funnel.csv?{query}")).text)))
    assert [(line["name"], float(line["p_value"])) for line in table] == [(row["name"], row["p_value"]) for row in found]
    chart = (await client.get(f"/api/compare/funnel?{query}")).json()["chart"]
    assert [bar["y"] for bar in chart["data"][:2]] == [[row[f"{group}_share"] for row in found] for group in ("a", "b")]
    assert chart["data"][2]["y"] == [row["difference"] * 100 for row in found]
    assert 'id="chart"' in text
    alone = (await client.get(f"/compare/funnel?{query}&view=table", headers=WAIT)).text
    assert 'id="chart"' not in alone
    assert "data-png" not in alone
    assert f'href="/compare/funnel?{urlencode(STEPPED)}' in html.unescape((await client.get(f"/funnel?{query}", headers=WAIT)).text)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/compare/trends", 404, "expected a report among funnel, retention"),
        ("/compare/funnel", 200, "Build the funnel first"),
        ("/compare/funnel?step=A&groups=x", 400, "expected groups="),
        ("/compare/funnel?step=A&groups=values&a=1&b=2", 200, "choose a property"),
        ("/compare/funnel?step=A&groups=events", 200, "Choose two events"),
        ("/compare/funnel?step=A&step=B&groups=events&a=A{&b=A", 200, "at character 3"),
        ("/compare/funnel?step=A{", 200, "at character 3"),
        ("/compare/funnel?step=Page+Viewed", 200, "A funnel of one step has no share"),
        ("/compare/funnel?step=Nothing&step=Page+Viewed", 200, "nobody in a group"),
        ("/compare/retention?groups=values&a=1&b=2", 200, "Values want a funnel"),
        ("/compare/retention?range=today", 200, "No cohort is complete"),
    ],
)
async def test_what_is_yet_to_be_chosen(site: Stage, path: str, status: int, said: str) -> None:
    client = await site.logged_in()
    answer = await client.get(path, headers=WAIT)
    assert answer.status_code == status
    assert said in html.unescape(answer.text)
    if status == 200 and "nobody" not in said and "complete" not in said and "one step" not in said:
        assert (await client.get(f"/api{path}")).status_code == 400


def test_groups_of_different_length() -> None:
    mean = {"cohort": None, "first_index": 0, "last_index": 0, "size": 4, "active": 3}
    a = parts("retention", [mean, {**mean, "first_index": 1, "last_index": 3}])
    assert [part.name for part in a] == ["period 0", "periods 1-3"]
    assert [line.name for line in lines(a, a[:1])] == ["period 0"]
    assert parts("funnel", [], "none") == []
    assert lines(parts("funnel", [{"step": 1, "name": "A", "units": 0}, {"step": 2, "name": "B", "units": 0}]), a)[0].as_json()["difference"] is None
