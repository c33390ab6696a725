from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from clew.config import Log
from clew.eventlog import LogWriter, seal
from clew.messages import Stamp
from clew.web.guard import cookie_name
from pages import Stage, off, served

pytestmark = pytest.mark.anyio
HOSTILE = '<img src=x onerror="alert(1)">\n\ndata: {"rows":[]}'


def write(root: Path, *events: str) -> None:
    writer = LogWriter(root / "log", Log())
    for event in events:
        message = json.dumps({"type": "track", "event": event, "userId": event}).encode()
        writer.append(seal(Stamp(source="web", received_at=10**15, type="track", message_id=event, timestamp=10**15), message), 1)
    writer.close()


def first_batch(url: str) -> dict[str, Any]:
    """The first rows of the stream, read as a browser reads it."""
    with httpx.stream("GET", url, timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        kind = ""
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data" and kind == "rows" and json.loads(value)["rows"]:
                found: dict[str, Any] = json.loads(value)
                return found
    raise AssertionError("the stream ended")


def test_the_stream_is_one_event_a_batch_whatever_names_hold(tmp_path: Path, store: duckdb.DuckDBPyConnection) -> None:
    write(tmp_path, HOSTILE, "Plain")
    with served(Stage(tmp_path, store, web=off())) as url:
        rows = first_batch(f"{url}/api/live")["rows"]
        assert [row["name"] for row in rows] == [HOSTILE, "Plain"]
        assert [row["name"] for row in first_batch(f"{url}/api/live?event=Plain")["rows"]] == ["Plain"]


async def test_who_logs_out_gets_no_more_of_the_stream(stage: Stage) -> None:
    write(stage.root, "Before")
    with served(stage) as url:
        async with httpx.AsyncClient(base_url=url, cookies={cookie_name(stage.state): await session(stage)}) as client:
            async with client.stream("GET", "/api/live", timeout=20) as answer:
                lines = answer.aiter_lines()
                while "Before" not in await anext(lines):
                    pass
                stage.state.log_out(client.cookies[cookie_name(stage.state)])
                write(stage.root, "After")
                assert not [line async for line in lines if "After" in line]
            assert (await client.get("/api/live")).status_code == 401


async def session(stage: Stage) -> str:
    """The token of a new session."""
    return stage.state.use_link(stage.state.make_link(stage.state.add_user("owner", "owner")), "127.0.0.1") or ""


async def test_the_raw_call(stage: Stage) -> None:
    write(stage.root, HOSTILE)
    client = await stage.logged_in()
    call = (await client.get("/api/live/raw?log=log&chunk=1&ordinal=0")).json()
    assert json.loads(call["message"])["event"] == HOSTILE
    assert json.loads(call["stamp"])["source"] == "web"


@pytest.mark.parametrize("query", ["chunk=1&ordinal=5", "chunk=7&ordinal=0", "log=refused&chunk=1&ordinal=0", "log=..%2F..&chunk=9&ordinal=0"])
async def test_a_call_that_is_gone(stage: Stage, query: str) -> None:
    write(stage.root, "A")
    client = await stage.logged_in()
    answer = await client.get(f"/api/live/raw?{query}")
    assert answer.status_code == 410
    assert answer.json()["error"]


@pytest.mark.parametrize("query", ["", "chunk=1", "chunk=x&ordinal=0"])
async def test_what_is_no_place_in_the_log(stage: Stage, query: str) -> None:
    client = await stage.logged_in()
    assert (await client.get(f"/api/live/raw?{query}")).status_code == 400


async def test_the_filters_are_in_the_url(stage: Stage) -> None:
    client = await stage.logged_in()
    html = (await client.get("/live?source=app&event=%22%3E%3Cscript%3E&refused=1&q=find")).text
    assert "<option selected>app" in html
    assert 'value="&#34;&gt;&lt;script&gt;"' in html
    assert 'value="1" checked' in html
    assert 'value="find"' in html
