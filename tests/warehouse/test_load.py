"""The loader end to end: from lines in the log to Segment's tables."""

from __future__ import annotations

from typing import Any

from tests.warehouse.project import Project, record


def track(number: int, event: str = "Order Completed", /, **properties: Any) -> dict[str, Any]:
    return {"type": "track", "messageId": f"m{number}", "anonymousId": "a1", "event": event, "properties": properties}


def test_a_track_call_is_in_tracks_and_in_its_events_table(project: Project) -> None:
    result = project.feed(record(track(1, revenue=18.99, orderId="o-1", nested={"a": {"b": 1}}, products=[{"sku": "x"}])))
    assert (result.records, result.stored) == (1, 1)
    assert project.rows("SELECT id, event, event_text, anonymous_id FROM web.tracks") == [("m1", "order_completed", "Order Completed", "a1")]
    ((revenue, order, nested, products),) = project.rows("SELECT revenue::VARCHAR, order_id, nested_a_b, products FROM web.order_completed")
    assert (revenue, order, nested, products) == ("18.9900", "o-1", 1, '[{"sku":"x"}]')
    assert project.rows("SELECT source, id FROM main.order_completed") == [("web", "m1")]
