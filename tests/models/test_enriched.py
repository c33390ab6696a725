"""Countries of addresses and browsers of user agents reach the sessions; what the owner sent himself comes first."""

from __future__ import annotations

from pathlib import Path

from tests.models.stage import Stage
from tests.models.test_identity_cases import message
from tests.models.test_texts import check_definitions

from clew.clock import DAY
from clew.config import Settings
from clew.models import build_if_needed
from clew.models.ledger import prepare


def test_country_and_browser(tmp_path: Path) -> None:
    stage = Stage([message(n, "a", at=n * DAY) for n in range(3)])
    db = stage.connection
    prepare(db)
    db.execute(
        "UPDATE clew.test_events SET ip = '192.0.2.1', user_agent = 'phone'; UPDATE clew.test_events SET country = 'NL' WHERE message_id = 'm000001'"
    )
    db.execute("INSERT INTO clew.ip_countries VALUES ('192.0.2.1', 'BE'); INSERT INTO clew.enrichments VALUES ('ip_countries', 1, 'file')")
    db.execute("INSERT INTO clew.user_agents VALUES ('phone', 'Firefox', '1', 'Android', 'mobile', false)")
    stage.build(Settings(), tmp_path)
    found = "SELECT country, browser, os, device_type FROM session_facts ORDER BY session_start"
    assert stage.rows(found) == [(country, "Firefox", "Android", "mobile") for country in ("BE", "NL", "BE")]
    check_definitions(stage, Settings())
    db.execute("UPDATE clew.ip_countries SET country = 'FR'; UPDATE clew.enrichments SET mark = 'newer file'")
    assert build_if_needed(stage, Settings(), tmp_path)[0].is_full
    assert {country for country, *_ in stage.rows(found)} == {"FR", "NL"}
