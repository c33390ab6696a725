"""Hypothesis strategies: messages, whole and spoilt, and the bodies they come in."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
timestamps = st.datetimes().map(lambda moment: moment.isoformat() + "Z")

TYPES = ("track", "identify", "page", "screen", "group", "alias")
messages = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES), "userId": ids, "messageId": ids, "event": ids, "groupId": ids, "previousId": ids},
    optional={
        "anonymousId": st.none() | ids,
        "timestamp": timestamps,
        "originalTimestamp": timestamps,
        "sentAt": timestamps,
        "properties": st.dictionaries(texts, values, max_size=4),
        "traits": st.dictionaries(texts, values, max_size=4),
        "context": st.dictionaries(texts, values, max_size=4),
        "integrations": values,
        "name": values,
    },
)
"""Messages that every rule accepts."""


@st.composite
def spoilt(draw: st.DrawFn) -> dict[str, Any]:
    """A message in which some members are something else, or missing."""
    message = dict(draw(messages))
    for name in draw(st.lists(st.sampled_from([*message, "_metadata", "writeKey", "more"]), max_size=3)):
        if draw(st.booleans()):
            message.pop(name, None)
        else:
            message[name] = draw(values)
    return message
