"""Anything may come to a public door: the answer is always one of the collector's own, and whole messages are never lost beside broken ones."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.messages import Record
from collect.door import KEY, CollectDoor
from collect.messages import spoilt

PATHS = ("/v1/batch", "/v1/track", "/v1/identify", "/v1/group", "/v1/alias", "/v1/m", "/v1/", "/health", "/v1/nothing", "/control/replay")
GOOD = {"type": "track", "userId": "neighbour", "event": "Good"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectDoor]:
    """One collector for all examples: what it answers does not depend on what came before."""
    with CollectDoor(tmp_path_factory.mktemp("fuzz"), remember_messages=0) as started:
        yield started


bodies = (
    st.binary(max_size=300)
    | st.binary(max_size=300).map(gzip.compress)
    | spoilt().map(lambda message: json.dumps(message).encode())
    | st.lists(spoilt(), max_size=3).map(lambda batch: json.dumps({"batch": batch}).encode())
)
headers = st.dictionaries(
    st.sampled_from(["authorization", "content_encoding", "origin", "content_type", "access_control_request_headers"]),
    st.text(st.characters(max_codepoint=255), max_size=30) | st.sampled_from(["gzip", "Basic", "Bearer x", "Basic V0tfVEVTVDo="]),
    max_size=3,
)


@given(st.sampled_from(["POST", "GET", "PUT", "OPTIONS", "HEAD"]), st.sampled_from(PATHS), bodies, headers, st.integers(1, 4))
@settings(max_examples=300, deadline=None)
def test_every_request_gets_an_answer(shared: CollectDoor, method: str, path: str, body: bytes, given_headers: dict[str, str], pieces: int) -> None:
    answer = shared.request(method, path, body, None, pieces=pieces, **given_headers)  # type: ignore[arg-type]
    assert answer.status in {200, 204, 400, 401, 403, 404, 405, 415}
    if answer.status >= 400:
        assert set(answer.json) == {"code", "message"}


@given(
    st.lists(spoilt(), max_size=2), st.binary(max_size=40) | st.sampled_from([b"NaN", b'{"a":\xff}', b'{"a":"\\ud800"}', b"[" * 5000 + b"]" * 5000])
)
@settings(max_examples=200, deadline=None)
def test_a_broken_neighbour_costs_nothing(shared: CollectDoor, others: list[dict[str, Any]], broken: bytes) -> None:
    """Whatever bytes stand between two good messages, both are stored. Open quotes or brackets may take a neighbour along: into what is kept."""
    good = json.dumps(GOOD).encode()
    elements = [good, *(json.dumps(other).encode() for other in others), broken, good]
    stored, kept = neighbours(shared.log), neighbours(shared.refused)
    answer = shared.post("/v1/batch", b'{"batch":[' + b",".join(elements) + b"]}", KEY)
    stored, kept = neighbours(shared.log) - stored, neighbours(shared.refused) - kept
    if any(byte in broken for byte in b'"{}[]'):
        assert (answer.status, stored + kept) in {(200, 2), (400, 0)}
    else:
        assert (answer.status, stored) == (200, 2)


def neighbours(found: list[Record]) -> int:
    return sum(bytes(record.message).count(b"neighbour") for record in found)


@given(st.lists(spoilt(), min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_every_message_is_stored_or_refused(tmp_path_factory: pytest.TempPathFactory, batch: list[dict[str, Any]]) -> None:
    folder: Path = tmp_path_factory.mktemp("one")
    with CollectDoor(folder) as door:
        assert door.batch(*batch).status == 200
        places = sorted([record.batch_index for record in door.log] + [record.batch_index for record in door.refused])
        distinct = {json.dumps(message) for message in batch}
        assert len(distinct) <= len(places) <= len(batch)
        assert set(places) <= set(range(len(batch)))
