"""Segment's snake case against the pairs of its published tests, and by property."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.names import snake

PAIRS = [
    ("Order Completed", "order_completed"),
    ("orderId", "order_id"),
    ("userID", "user_id"),
    ("iPhone 15 Pro", "i_phone_15_pro"),
    ("Signed-Up!", "signed_up"),
    ("2FA Enabled", "2fa_enabled"),
    ("products.sku", "products_sku"),
    ("OAuth2Token", "oauth2_token"),
    ("sample___text", "sample_text"),
    ("ABc", "abc"),
    ("aB", "a_b"),
    ("order_ID", "order_id"),
    ("context_page_URL", "context_page_url"),
    ("v2Beta", "v2_beta"),
    ("__private", "private"),
    ("trailing_", "trailing"),
    ("Ordre Terminé", "ordre_termin"),
    ("注文完了", ""),
    ("f_pX9", "f_p_x9"),
    ("99Bottles", "99bottles"),
    ("HTTPServerError", "httpserver_error"),
    ("CTAClicked", "ctaclicked"),
    ("5TEst", "5test"),
    ("edf_6N", "edf_6n"),
    ("", ""),
    ("_", ""),
    ("a", "a"),
    ("A", "a"),
    ("a_b_c", "a_b_c"),
    ("a__b", "a_b"),
    ("some text", "some_text"),
    ("SOME_TEXT", "some_text"),
    ('"; drop table users', "drop_table_users"),
    ("a\n", "a"),
]


@pytest.mark.parametrize(("text", "expected"), PAIRS)
def test_published_pairs(text: str, expected: str) -> None:
    assert snake(text) == expected


@given(st.text())
def test_only_clean_names(text: str) -> None:
    assert re.fullmatch(r"(?:[a-z0-9]+(?:_[a-z0-9]+)*)?", snake(text))


@given(st.text(alphabet="aZ9_ é"))
def test_a_clean_name_stays(text: str) -> None:
    assert snake(snake(text)) == snake(text)


@given(st.text())
def test_no_letter_or_digit_is_lost(text: str) -> None:
    assert snake(text).replace("_", "") == "".join(c for c in text if c.isascii() and c.isalnum()).lower()


def _by_the_procedure(text: str) -> str:
    """segment.md C.3, byte by byte."""
    data = text.encode()
    i, n = 0, len(data)
    lower = underscore = since = False

    def is_small(b: int) -> bool:
        return 97 <= b <= 122 or 48 <= b <= 57

    while i < n:
        b = data[i]
        if 97 <= b <= 122:
            lower = True
            since = since or underscore
        elif 48 <= b <= 57:
            pass
        elif b == 95 and 0 < i < n - 1 and is_small(data[i + 1]):
            underscore, since = True, False
        else:
            break
        i += 1
    if i == n:
        return text
    out = data[:i].decode()

    def word(at: int) -> tuple[str, int]:
        start = at
        while at < n and (65 <= data[at] <= 90 or 48 <= data[at] <= 57):
            at += 1
        while at < n and is_small(data[at]):
            at += 1
        return data[start:at].decode().lower(), at

    if 65 <= data[i] <= 90 and (not lower or (underscore and not since)):
        piece, i = word(i)
        out += piece
    while i < n:
        piece, after = word(i)
        if not piece:
            i += 1
            continue
        out += ("_" if out else "") + piece
        i = after
    return out


@given(st.text(alphabet=st.sampled_from("aBc9_ -é"), max_size=12))
def test_agrees_with_the_procedure(text: str) -> None:
    assert snake(text) == _by_the_procedure(text)
