"""The pages of reports, without a browser: numbers lead to those whom they count, and all forms of an answer agree."""

from __future__ import annotations

import csv
import html
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb
import pytest
from tests.shopping import HOSTILE, STEPS

from pages import Stage

pytestmark = pytest.mark.anyio
WAIT = {"x-clew-wait": "1"}
FUNNEL = urlencode([("step", step) for step in STEPS[1:]] + [("range", "90d")])
ASKED = {
    "trends": "interval=week&by=@platform&measure=people",
    "funnel": FUNNEL,
    "paths": "anchor=Product+Added&direction=backward&show=links",
    "retention": "range=90d",
    "lifecycle": "range=90d",
    "stickiness": "show=histogram",
}


@pytest.fixture
def site(tmp_path: Path, shop: duckdb.DuckDBPyConnection) -> Stage:
    return Stage(tmp_path, shop)


async def page(site: Stage, path: str, status: int = 200) -> str:
    answer = await (await site.logged_in()).get(path, headers=WAIT)
    assert answer.status_code == status, answer.text
    return answer.text


def links(text: str) -> list[tuple[str, str]]:
    """(address, number) of the cells that lead to a list."""
    return [(html.unescape(link), number) for link, number in re.findall(r'<td[^>]*><a data-turn[^>]* href="([^"]+)">([^<]+)</a>', text)]


@pytest.mark.parametrize("name", ASKED)
async def test_the_list_behind_a_number_has_that_length(site: Stage, name: str) -> None:
    client = await site.logged_in()
    found = links((await client.get(f"/{name}?{ASKED[name]}", headers=WAIT)).text)
    assert len(found) > 2
    for link, number in found[:6]:
        path, _, query = link.partition("?")
        behind = (await client.get(f"/api/reports{path}?{query}")).json()
        listed = (await client.get(link, headers=WAIT)).text
        assert f"{len(behind['rows']):,} row" in listed
        if "%" not in number:
            assert len(behind["rows"]) == int(number.replace(",", "")), link


@pytest.mark.parametrize("name", ASKED)
async def test_the_json_the_csv_and_the_sql_agree(site: Stage, shop: duckdb.DuckDBPyConnection, name: str) -> None:
    client = await site.logged_in()
    told = (await client.get(f"/api/reports/{name}?{ASKED[name]}")).json()
    rows = shop.cursor().execute((await client.get(f"/reports/{name}.sql?{ASKED[name]}")).text).fetchall()
    table = list(csv.reader(io.StringIO((await client.get(f"/reports/{name}.csv?{ASKED[name]}")).text)))
    assert table[0] == list(told["rows"][0])
    assert len(table) - 1 == len(rows) == len(told["rows"]) > 0
    assert told["report"] == name
    assert told["data_as_of"] == "2026-11-23T13:32:05Z"
    assert told["chart"]["data"]


async def test_events_really_seen_are_offered_with_their_counts(site: Stage, shop: duckdb.DuckDBPyConnection) -> None:
    text = await page(site, "/funnel?range=90d")
    (count,) = shop.cursor().execute("SELECT count(*) FROM mapped_tracks WHERE event = 'Product Viewed'").fetchone() or (0,)
    assert f'<option value="Product Viewed" label="Product Viewed · {count:,}">' in text
    assert '<option value="category">' in text
    assert "Choose the first step" in text
    assert "step=Product+Viewed" in text


async def test_hostile_names_stay_text(site: Stage) -> None:
    client = await site.logged_in()
    for path in ("/funnel?range=90d", f"/funnel?{urlencode({'step': HOSTILE, 'range': '90d'})}", "/trends?by=category&range=90d", "/paths?range=90d"):
        text = (await client.get(path, headers=WAIT)).text
        assert HOSTILE not in text, path
        assert "&lt;script&gt;alert(" in text, path


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/funnel?step=A{", "at character 3"),
        ("/paths?depth=x", "Expected <code>int</code>"),
        ("/trends?measure=sum", "expected one with sum"),
        ("/lifecycle?cell=x&cell=new", "expected a day"),
    ],
)
async def test_what_cannot_be_asked_is_said_beside_the_controls(site: Stage, path: str, said: str) -> None:
    assert said in html.unescape(await page(site, path, 400))


async def test_dates_that_are_none(site: Stage) -> None:
    client = await site.logged_in()
    assert (await client.get("/trends?range=soon", headers=WAIT)).status_code == 400
    assert (await client.get("/reports/nothing", headers=WAIT)).status_code == 404
    assert (await client.get("/api/reports/nothing")).status_code == 404


async def test_before_the_first_build(site: Stage) -> None:
    from clew.web.context import Status

    site.status = Status()
    client = await site.logged_in()
    assert "No events yet" in (await client.get("/trends")).text
    assert (await client.get("/api/reports/trends")).status_code == 409


async def test_the_list_of_reports_and_ones_own(site: Stage) -> None:
    folder = site.root / "reports"
    folder.mkdir()
    (folder / "by_platform.sql").write_text(
        "-- title: By platform\n-- about: People of each.\n-- param least number = 0: at least so many\n-- chart: bar platform people\n"
        "SELECT platform, count(DISTINCT person_id) AS people FROM mapped_tracks GROUP BY platform HAVING people >= $least ORDER BY platform"
    )
    (folder / "broken.sql").write_text("SELECT $undeclared")
    (folder / "trends.sql").write_text("SELECT 1")
    client = await site.logged_in()
    text = (await client.get("/reports")).text
    assert '<a href="/reports/by_platform">By platform</a>' in text
    assert "$undeclared, found none" in html.unescape(text)
    assert "a built-in report has this name" in text
    assert '<a href="/reports/slip_away">When do users slip away</a>' in text
    shown = (await client.get("/reports/by_platform?least=1", headers=WAIT)).text
    assert 'name="least" id="least" value="1"' in shown
    told: Any = (await client.get("/api/reports/by_platform")).json()
    assert [row["people"] for row in told["rows"]] == [30, 30, 30]
    assert told["chart"]["data"][0]["type"] == "bar"
    assert "to be a number" in (await client.get("/reports/by_platform?least=x")).text
    assert "By platform" in (await client.get("/reports/by_platform")).text


async def test_a_file_reads_nothing_but_the_projects_tables(site: Stage) -> None:
    (site.root / "reports").mkdir()
    (site.root / "reports" / "escape.sql").write_text("SELECT * FROM '/etc/passwd'")
    assert "files and settings cannot be read" in await page(site, "/reports/escape")


@pytest.mark.parametrize("name", ["feature_use", "retention_cohorts", "user_paths", "slip_away", "metrics_that_matter", "describing_retention"])
async def test_the_playbook(site: Stage, name: str) -> None:
    client = await site.logged_in()
    told = (await client.get(f"/api/reports/{name}")).json()
    assert told["rows"]
    assert told["chart"]["data"]
    assert (await client.get(f"/reports/{name}", headers=WAIT)).text.count("<tr>") > 1


@pytest.mark.parametrize("path", ["/trends", "/funnel", "/reports", "/api/reports/trends", "/reports/trends.csv", "/reports/trends.sql"])
async def test_who_is_not_logged_in_sees_nothing(site: Stage, path: str) -> None:
    answer = await site.client().get(path)
    assert answer.status_code in (303, 401)


STEPS_ASKED = urlencode([("step", step) for step in STEPS[1:3]])
OPTIONS = [
    *(
        f"/trends?{q}"
        for q in ("interval=hour&range=7d", "compare=true", "compare=true&by=category", "measure=p90&property=total", "measure=per_person")
    ),
    *(f"/trends?{q}" for q in ("measure=accounts", "measure=sessions&by=@platform", "divided_by=Product+Viewed", "interval=quarter&view=table")),
    *(f"/funnel?{STEPS_ASKED}&{q}" for q in ("by_day=true", "by=category", "by=@platform&by_day=true", "order=any", "order=strict", "unit=session")),
    *(f"/funnel?{STEPS_ASKED}&{q}" for q in ("unit=account", "exclude=Order+Completed@1-2", "hold=category", "scope=session", "complete_only=true")),
    *(f"/paths?{q}" for q in ("", "show=steps", "scope=history&label=category&goal=Order+Completed", "within=5m&repeats=true&keep=1", "depth=40")),
    *(f"/retention?{q}" for q in ("interval=day&range=7d", "index=elapsed&count=unbounded", "count=bracket&bracket=0&bracket=1-2", "unit=session")),
    *(f"/lifecycle?{q}" for q in ("interval=month", "unit=account", "unit=session")),
    *(f"/stickiness?{q}" for q in ("", "unit=session&show=histogram", "range=today")),
]


@pytest.mark.parametrize("path", OPTIONS)
async def test_every_option_has_a_page_and_its_numbers_lists(site: Stage, path: str) -> None:
    client = await site.logged_in()
    answer = await client.get(path, headers=WAIT)
    assert answer.status_code == 200, html.unescape(answer.text)
    assert 'role="alert"' not in answer.text
    told = (await client.get(f"/api/reports{path}")).json()
    assert told["rows"] == [] or told["chart"], "what has rows has a chart"
    for link, number in links(answer.text)[:3]:
        name, _, query = link.partition("?")
        listed = (await client.get(f"/api/reports{name}?{query}")).json()["rows"]
        if name == "/trends" and "events" in listed[0] and told["params"]["measure"] == "events":
            assert sum(row["events"] for row in listed) == int(number.replace(",", ""))
        elif number.replace(",", "").isdigit() and told["params"].get("measure") in (None, "people", "accounts", "sessions"):
            assert len(listed) == int(number.replace(",", "")), link
        else:
            assert listed


def cells(text: str, column: int) -> list[str]:
    """The texts of a column of the page's table."""
    body = text.partition('id="rows"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    return [re.sub("<[^>]+>", "", row.split("</td>")[column - 1]).strip() for row in body.split("</tr>")[:-1]]


@pytest.mark.parametrize(
    ("path", "column", "up"),
    [
        ("/trends?range=90d&sort=value", 2, False),
        ("/trends?range=90d&sort=value-up", 2, True),
        (f"/funnel?{FUNNEL}&by=%40platform&sort=units", 4, False),
        ("/paths?range=90d&show=links&sort=paths-up", 4, True),
        ("/reports/times_by_event?sort=people-up", 2, True),
    ],
)
async def test_a_table_in_the_order_of_its_url(site: Stage, path: str, column: int, up: bool) -> None:
    (site.root / "reports").mkdir()
    (site.root / "reports" / "times_by_event.sql").write_text(
        "SELECT event, count(*) AS people FROM mapped_tracks WHERE event IS NOT NULL GROUP BY event"
    )
    text = await page(site, path)
    numbers = [int(cell.replace(",", "")) for cell in cells(text, column)]
    assert len(numbers) > 2
    assert numbers == sorted(numbers, reverse=not up)
    assert f'aria-sort="{"ascending" if up else "descending"}"' in text
    form = text.partition('<form method="get"')[2].partition("</form>")[0]
    assert f'name="sort" value="{path.partition("sort=")[2]}"' in form, "a control that changes keeps the order"


async def test_cohorts_are_sorted_by_a_period_and_all_of_them_stay_first(site: Stage) -> None:
    text = await page(site, "/retention?range=90d&interval=week&sort=size")
    assert cells(text, 1)[0] == "All complete"
    sizes = [int(cell.replace(",", "")) for cell in cells(text, 2)[1:]]
    assert sizes == sorted(sizes, reverse=True)
    shares = [cell.removesuffix(" so far") for cell in cells(await page(site, "/retention?range=90d&interval=week&sort=1-up"), 4)[1:]]
    known = [float(share.removesuffix(" %")) for share in shares if share]
    assert known == sorted(known)
    assert shares[len(known) :] == [""] * (len(shares) - len(known)), "those without a number come last"


async def test_the_columns_of_a_breakdown_are_sorted_by_their_names(site: Stage) -> None:
    text = await page(site, "/trends?range=28d&by=%40platform&sort=web-up")
    heads = re.findall(r'aria-sort="(.*?)"><a[^>]*>([^<]*)</a>', text)
    assert heads == [("ascending", "web")]
    columns = re.findall(r"<th[^>]*><a[^>]*>([^<]*)</a>", text)
    numbers = [int(cell) for cell in cells(text, columns.index("web") + 1)]
    assert len(numbers) == 28
    assert numbers == sorted(numbers)


async def test_a_long_table_is_sorted_before_it_is_cut_into_pages(site: Stage) -> None:
    """By default the newest periods are on the first page, in whatever order the rows come."""
    first, last = [[cell[4:] for cell in cells(await page(site, f"/trends?range=365d{more}"), 1)] for more in ("", "&page=4")]
    assert first == sorted(first, reverse=True)
    assert first[0].startswith("2026-11-23")
    assert last == sorted(last, reverse=True)
    assert max(last) < min(first)
    largest = [int(cell) for cell in cells(await page(site, "/trends?range=365d&sort=value"), 2)]
    rest = [int(cell) for cell in cells(await page(site, "/trends?range=365d&sort=value&page=2"), 2)]
    assert min(largest) >= max(rest)


async def test_a_funnels_dropped_do_not_depend_on_the_page(site: Stage) -> None:
    path = f"/funnel?{FUNNEL}&by_day=true"
    dropped = [cell for number in (1, 2) for cell in cells(await page(site, f"{path}&page={number}"), 4)]
    assert len(dropped) > 100
    assert not [cell for cell in dropped if cell.startswith("-")]


async def test_a_files_own_param_of_that_name_is_no_order(site: Stage) -> None:
    (site.root / "reports").mkdir()
    (site.root / "reports" / "sorts.sql").write_text("-- param sort text = n: what it is\nSELECT unnest([1, 3, 2]) AS n, $sort AS said")
    assert cells(await page(site, "/reports/sorts?sort=n"), 1) == ["1", "3", "2"]


@pytest.mark.parametrize(
    "path", ["/funnel?range=90d&step=Product+Veiwed{category%3DShoes}&step=Order+Completed", "/trends?range=28d&event=Product+Veiwed"]
)
async def test_an_event_that_was_never_seen_is_said_with_the_nearest(site: Stage, path: str) -> None:
    text = await page(site, path)
    assert "No event of the name <b>Product Veiwed</b> was ever seen." in text
    found = re.search(r'The nearest that were: <a data-turn href="([^"]+)">Product Viewed</a>', text)
    assert found
    mended = await page(site, html.unescape(found[1]))
    assert "was ever seen" not in mended
    assert "Product Viewed" in mended


async def test_an_event_of_other_days_was_seen(site: Stage) -> None:
    assert "was ever seen" not in await page(site, "/trends?from=2020-01-01&to=2020-01-02&event=Product+Viewed")
    text = await page(site, f"/trends?event={urlencode({'': HOSTILE})[1:]}")
    assert "<script>alert" not in text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"/funnel?{FUNNEL}", r"<span title=\"\d+ of \d+\">[\d.]+ %</span> <em>of \d+ reached Order Completed</em>"),
        ("/trends?range=28d", r"<em>on Sun 2026-11-22</em>"),
        ("/trends?range=90d&interval=week", r"<em>in the week of 2026-11-16</em>"),
        ("/retention?range=90d", r"<em>of \d+ there in week 1</em>"),
        ("/stickiness", r"<em>mean of whole days</em>"),
    ],
)
async def test_a_report_begins_with_its_number(site: Stage, path: str, said: str) -> None:
    head = (await page(site, path)).partition('class="number headline"')[2].partition("</p>")[0]
    assert re.search(said, html.unescape(head)), head


@pytest.mark.parametrize("path", ["/trends?range=28d&by=category&event=Product+Viewed", "/paths?range=28d", "/reports/retention_cohorts"])
async def test_where_there_is_no_one_number_none_is_made_up(site: Stage, path: str) -> None:
    assert "headline" not in await page(site, path)


async def test_days_have_their_weekday_and_periods_their_name(site: Stage) -> None:
    assert cells(await page(site, "/trends?range=7d"), 1)[0] == "Mon 2026-11-23"
    assert cells(await page(site, "/trends?range=28d&interval=week"), 1)[0] == "2026-11-23"
    text = await page(site, "/retention?range=90d")
    assert re.findall(r"<th[^>]*><a[^>]*>([^<]*)</a>", text)[:4] == ["Cohort", "Size", "Week 0", "Week 1"]
    assert "28 periods." in await page(site, "/trends?range=28d&by=%40platform")


async def test_shares_of_small_cohorts_are_marked(site: Stage) -> None:
    text = await page(site, "/retention?range=90d")
    sizes = [int(cell) for cell in cells(text, 2)]
    assert min(sizes) < 30
    marked = [row.count('class="small"') for row in text.partition('id="rows"')[2].split("</tr>")[1:-1]]
    assert [count > 0 for count in marked[1 : len(sizes)]] == [size < 30 for size in sizes[1:]]
    assert "Shares of fewer than 30 are" in text
