"""One value of a TOML file is changed; all else, comments too, stays byte for byte."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.errors import ConfigError
from clew.tomlfile import literal, with_value

FILE = """\
# A project.
[project]
name = "shop"  # shown on every page

[[sources]]
name = "app"
inactivity_minutes = 3

# Rules of sessions.
[sessions]
inactivity_minutes = 30    # half an hour = usual
end_events = [
  "Signed Out",  # [not] a bracket
  'Left # the "shop"',
]

[sessions.platform_inactivity_minutes]
ios = 5 # phones

[bounce]
rule = "one_event"
"""


def test_a_value_changes_and_nothing_else() -> None:
    assert with_value(FILE, "sessions", "inactivity_minutes", 10) == FILE.replace("= 30 ", "= 10 ")
    assert with_value(FILE, "bounce", "rule", "arrival") == FILE.replace('"one_event"', '"arrival"')
    first, rest = FILE.split("end_events = [")
    assert with_value(FILE, "sessions", "end_events", ["Out"]) == first + 'end_events = ["Out"]' + rest.split("]", 2)[2]


def test_a_key_that_is_new() -> None:
    assert with_value(FILE, "sessions", "buffer_minutes", 15) == FILE.replace("]\n\n[sessions.p", "]\nbuffer_minutes = 15\n\n[sessions.p")
    assert with_value(FILE, "identity", "mode", "last") == FILE + '\n[identity]\nmode = "last"\n'
    assert with_value("", "identity", "mode", "last") == '[identity]\nmode = "last"\n'
    assert with_value("[sessions]", "sessions", "scope", "device") == '[sessions]\nscope = "device"\n'
    assert with_value("[sessions.x]\r\na = 1\r\n", "sessions", "b", 2) == "[sessions.x]\r\na = 1\r\n\r\n[sessions]\r\nb = 2\r\n"


def test_tables_inside_a_section() -> None:
    changed = with_value(FILE, "sessions", "platform_inactivity_minutes", {"an droid": 7})
    assert 'platform_inactivity_minutes = {"an droid" = 7}' in changed
    assert "# phones" in changed
    assert with_value('sessions.a.x = 1\nsessions.b = "y"\n', "sessions", "a", {}) == 'sessions.b = "y"\nsessions.a = {}\n'
    assert with_value("sessions = { a = 1, b = 2 } # c", "sessions", "a", 3) == "sessions = {a = 3, b = 2} # c"


@pytest.mark.parametrize(
    "text",
    ["[[sessions]]\na = 1\n", "sessions = 3\n", "sessions.b = 1 x", "sessions.a = 1 # 'x\nsessions.a = 2"],
)
def test_what_cannot_be_changed_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"by hand, as 10|not TOML"):
        with_value(text, "sessions", "a", 10)


names = st.sampled_from(["a", "a", "b", "e f", 'q"', "x=#[y]", ""])
texts = st.text(st.sampled_from("ab #=[]{}'\"\\\n\r\té\x7f,."), max_size=8)
leaves = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), texts)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=5)
gaps = st.sampled_from(["", "\n", "# [a]\n", "  # b = 'x\n", '\n\n# """\n'])
behind = st.sampled_from(["", " # why = \"no'", "\t#", "   "])


def quoted(name: str) -> str:
    return literal(name)


@st.composite
def written(draw: st.DrawFn) -> str:
    """A TOML file as people write them: headers, dotted keys, several lines, comments anywhere."""
    lines: list[str] = []
    for name in draw(st.lists(names, unique=True, max_size=2)):
        lines += [draw(gaps), f"{quoted(name)}.{quoted(draw(names))} = {draw(values.map(literal))}{draw(behind)}\n"]
    for section in draw(st.lists(names, unique=True, max_size=4)):
        lines += [draw(gaps), draw(st.sampled_from(["[{}]", "[ {} ]", "[[{}]]", "[{}.sub]"])).format(quoted(section)), draw(behind), "\n"]
        for name in draw(st.lists(names, unique=True, max_size=3)):
            lines += [draw(gaps), quoted(name), draw(st.sampled_from([" = ", "=", "\t= "])), draw(spread), draw(behind), "\n"]
    text = "".join(lines)
    return text[:-1] if draw(st.booleans()) and text.endswith("\n") else text


spread = values.map(literal) | st.sampled_from(
    [  # as people write them
        '"""\na = 1 # "x" \\"""\n[b]"""',
        "'''\n[c]\n# ''x'''",
        '[\n  1, # "]"\n  2,\n]',
        "1979-05-27T07:32:00Z",
        "0x1F",
        '""""quoted""""',
        "{ a = [\n1\n] }",
    ]
)


@settings(max_examples=400)
@given(written(), names, names, values, st.booleans())
def test_against_tomllib(text: str, section: str, name: str, value: Any, crlf: bool) -> None:
    text = text.replace("\r", "").replace("\n", "\r\n") if crlf else text
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    if not isinstance(before.get(section, {}), dict):
        with pytest.raises(ConfigError):
            with_value(text, section, name, value)
        return
    after = with_value(text, section, name, value)
    assert tomllib.loads(after) == {**before, section: {**before.get(section, {}), name: value}}
    comments = [line for line in text.splitlines() if line.strip().startswith("#") and '"""' not in text and "'''" not in text and "[\n" not in text]
    assert all(comment in after for comment in comments)
