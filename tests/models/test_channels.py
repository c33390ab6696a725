"""Which channel a session came by."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.models.stage import Stage

from clew.config import Settings


def channel(root: Path, **columns: str) -> tuple[str, str | None]:
    stage = Stage()
    values = {"source": "web", "message_id": "m", "type": "page", "anonymous_id": "a", "device_id": "a", **columns}
    stage.connection.execute(
        f"""INSERT INTO clew.test_events BY NAME SELECT {", ".join(f"? AS {c}" for c in values)}, TIMESTAMP '2026-01-01' AS timestamp,
        TIMESTAMP '2026-01-01' AS received_at, 0 AS batch_index, 1 AS load_id, true AS activity""",
        list(values.values()),
    )
    stage.build(Settings(), root)
    return stage.rows("SELECT channel, first_referrer FROM session_facts")[0]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, "direct"),
        ({"click_id": "gclid", "utm_medium": "email", "referrer": "https://www.google.com/"}, "paid search"),
        ({"utm_medium": "CPC", "utm_source": "Facebook"}, "paid social"),
        ({"utm_medium": "cpc", "utm_source": "someone"}, "paid search"),
        ({"utm_source": "newsletter"}, "email"),
        ({"utm_medium": "skywriting"}, "other"),
        ({"utm_campaign": "spring"}, "direct"),
        ({"referrer": "https://www.google.com/search?q=x"}, "organic search"),
        ({"referrer": "https://mail.google.com/mail/u/0"}, "email"),
        ({"referrer": "https://news.search.yahoo.com:443/"}, "organic search"),
        ({"referrer": "https://notgoogle.com/"}, "referral"),
        ({"referrer": "not a url"}, "referral"),
    ],
)
def test_channel(tmp_path: Path, columns: dict[str, str], expected: str) -> None:
    assert channel(tmp_path, **columns)[0] == expected


def test_the_sites_own_pages_are_no_referrer(tmp_path: Path) -> None:
    assert channel(tmp_path, page_url="https://shop.example/b", referrer="https://shop.example/a") == ("direct", None)


def test_the_owners_table_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels" / "referrers.csv").write_text("host,channel\nGoogle.com,'O''Reilly'\n")
    assert channel(tmp_path, referrer="https://www.google.com/")[0] == "'O''Reilly'"
