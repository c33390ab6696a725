"""The article's case through every stage: five identifiers, sent over HTTP, are one person U2."""

from __future__ import annotations

import pytest

from running import Running

CALLS = [
    {"type": "page", "anonymousId": "A1", "messageId": "m1", "timestamp": "2026-03-02T09:00:00Z"},
    {"type": "identify", "anonymousId": "A1", "userId": "U1", "messageId": "m2", "timestamp": "2026-03-02T09:01:00Z"},
    {"type": "track", "event": "Viewed", "anonymousId": "A2", "messageId": "m3", "timestamp": "2026-03-03T09:00:00Z"},
    {"type": "identify", "anonymousId": "A2", "userId": "U1", "messageId": "m4", "timestamp": "2026-03-03T09:01:00Z"},
    {"type": "alias", "previousId": "U1", "userId": "U2", "messageId": "m5", "timestamp": "2026-03-04T09:00:00Z"},
    {"type": "track", "event": "Bought", "userId": "U1", "messageId": "m6", "timestamp": "2026-03-05T09:00:00Z"},
    {"type": "track", "event": "Viewed", "anonymousId": "A3", "messageId": "m7", "timestamp": "2026-03-06T09:00:00Z"},
    {"type": "identify", "anonymousId": "A3", "userId": "U2", "messageId": "m8", "timestamp": "2026-03-06T09:01:00Z"},
]


@pytest.mark.parametrize("builds", [1, 3], ids=["one build", "a build after each few calls, the last calls first"])
def test_five_identifiers_are_one_person(running_project: Running, builds: int) -> None:
    for n, call in enumerate(CALLS if builds == 1 else reversed(CALLS), 1):
        status, answer = running_project.post(f"/v1/{call['type']}", call)
        assert status == 200, answer
        if n % 3 == 0 and builds > 1:
            running_project.build()
    built = running_project.build()
    assert built["rows"]["universal_alias_mapping"] == 5
    mapping = running_project.query("SELECT alias, universal_user_id FROM universal_alias_mapping ORDER BY alias")
    assert mapping == [{"alias": alias, "universal_user_id": "U2"} for alias in ("A1", "A2", "A3", "U1", "U2")]
    people = running_project.query("SELECT DISTINCT universal_user_id FROM mapped_tracks")
    assert people == [{"universal_user_id": "U2"}]
    sessions = running_project.query(
        "SELECT s.session_sequence_number AS n, f.events, f.is_bounced FROM sessions s JOIN session_facts f USING (session_id) ORDER BY n"
    )
    # One event a day: four sessions of one event. Identify and alias calls are no activity.
    assert sessions == [{"n": n, "events": 1, "is_bounced": True} for n in (1, 2, 3, 4)]
