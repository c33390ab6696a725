"""A message is stored in pieces, and comes out byte for byte as it was received."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
import xxhash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.warehouse.project import SMALL, Project

from clew.warehouse.loading.scanning import SCAN_LINES

texts = st.text(max_size=6) | st.sampled_from(["\x01", "\x02", "\\u0001", '{"a":1}', '"message":', "é\u2028", "\U0001f600", "$&", "\\1"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.dictionaries(texts, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(texts, values, max_size=3)
MEMBERS = {"track": "properties", "identify": "traits", "page": "properties", "group": "traits", "alias": "traits"}


@st.composite
def written(draw: st.DrawFn) -> str:
    """A message as some client may write it: spaces, escapes, members in any order, the same object in several places."""
    kind = draw(st.sampled_from(sorted(MEMBERS)))
    same = draw(objects)
    message = {"type": kind, "event": "E", "userId": "u", MEMBERS[kind]: draw(st.just(same) | objects), "context": draw(st.just(same) | objects)}
    message |= draw(st.dictionaries(st.sampled_from(["integrations", "name", "other"]), st.just(same) | values))
    if draw(st.booleans()):
        message["context"] = {"traits": message[MEMBERS[kind]], "page": same}
    order = draw(st.permutations(list(message)))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,", "\t:")]))
    return json.dumps({key: message[key] for key in order}, separators=separators, ensure_ascii=draw(st.booleans()))


def line(number: int, message: str) -> bytes:
    kind = json.loads(message)["type"]
    body = f'"source":"web","received_at":{number},"type":"{kind}","message_id":"m{number}","timestamp":{number},"message":{message}}}'.encode()
    return b'{"xxh3":"' + xxhash.xxh3_64_hexdigest(body).encode() + b'",' + body + b"\n"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(written(), min_size=1, max_size=8), st.sampled_from([1, SCAN_LINES]))
def test_it_comes_out_byte_for_byte(messages: list[str], scan_lines: int) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("clew.warehouse.loading.scanning.SCAN_LINES", scan_lines)
        project = Project(Path(folder), SMALL)
        try:
            project.feed(*(line(number, message) for number, message in enumerate(messages)))
            assert project.rows("SELECT reason FROM clew.set_aside") == []
            assert [message for (message,) in project.rows("SELECT message FROM clew.events ORDER BY ordinal")] == messages
        finally:
            project.close()


def test_what_stands_beside_it_is_not_stored_twice(project: Project) -> None:
    project.feed(line(1, '{"type":"track","event":"E","properties":{"a":1},"context":{"ip":"x"}}'))
    assert project.rows("SELECT message FROM clew.event_rows") == [('{"type":"track","event":"E","properties":\x01,"context":\x02}',)]


@pytest.mark.parametrize("mark", ["\x01", "\x02"])
@pytest.mark.parametrize("place", ['{"type":"track","event":"%s","properties":{"a":1}}', '{"type":"track",%s"event":"E","properties":{"a":1}}'])
def test_a_raw_control_character_is_no_json(project: Project, mark: str, place: str) -> None:
    message = '{"type":"track","event":"E"}'
    damaged = line(2, message).replace(message.encode(), (place % mark).encode())
    body = damaged[27:-1]
    project.write(line(1, message), damaged[:9] + xxhash.xxh3_64_hexdigest(body).encode() + b'",' + body + b"\n")
    assert sum(result.set_aside for result in project.load()) == 1
    assert project.rows("SELECT message FROM clew.events") == [(message,)]


def test_a_repeat_is_compared_with_the_whole_message(project: Project) -> None:
    first = '{"type":"track","event":"E","properties":{"a":1},"context":{"n":"x"}}'
    other = first.replace("1", "2")
    project.feed(line(1, first))
    again, changed = line(1, first), line(1, other)
    result = project.feed(again, changed)
    assert (result.duplicates, result.id_reused) == (1, 1)
    assert project.rows("SELECT message FROM clew.rejections") == [(other,)]
