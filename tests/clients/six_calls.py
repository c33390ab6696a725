"""Sends all six calls with Segment's own Python library, unmodified: python six_calls.py HOST KEY N, N rounds of six, one line printed a round.

Then flushes, and prints `failed: ...` for each batch that the library gave up on.
"""

from __future__ import annotations

import sys
import time

from segment.analytics.client import Client


def main(host: str, key: str, rounds: int, pause: float) -> None:
    client = Client(
        key, host=host, on_error=lambda error, batch: print(f"failed: {error} ({len(batch)})", flush=True), upload_interval=0.1, upload_size=5
    )
    for n in range(rounds):
        client.identify(f"py-{n}", {"email": f"{n}@shop.example"}, anonymous_id=f"py-anon-{n}")
        client.track(f"py-{n}", "Order Completed", {"order_id": f"py-{n}", "revenue": 12.5, "n": n})
        client.page(f"py-{n}", "Docs", "Home", {"url": "https://shop.example/"})
        client.screen(f"py-{n}", "App", "Main", {"n": n})
        client.group(f"py-{n}", "g1", {"name": "Acme"})
        client.alias(f"py-old-{n}", f"py-{n}")
        print(f"round {n}", flush=True)
        time.sleep(pause)
    client.shutdown()
    print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
