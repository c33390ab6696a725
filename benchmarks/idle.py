"""What an idle `clew up` costs: memory (sum of PSS over its processes) and the time from start to the first page.

Targets: at most 300 MB, under 5 s.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SETTLE = 10.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def family(pid: int) -> list[int]:
    """A process and all below it."""
    parents = {int(p.name): int((p / "stat").read_text().rpartition(")")[2].split()[1]) for p in Path("/proc").iterdir() if p.name.isdigit()}
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def pss(pid: int) -> int:
    """Proportional set size in kB."""
    return int(next(line.split()[1] for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:")))


def first_page(port: int, path: str, began: float) -> float:
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return time.monotonic() - began
        except OSError:
            time.sleep(0.02)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "clew", "init", folder], check=True, capture_output=True)
        collect, web = free_port(), free_port()
        began = time.monotonic()
        command = [sys.executable, "-m", "clew", "up", "--project", folder, "--collect", f"127.0.0.1:{collect}", "--web", f"127.0.0.1:{web}"]
        with subprocess.Popen(command, env={**os.environ, "CLEW_WEB_LOGIN": "false"}) as up:
            took = first_page(web, "/", began)
            first_page(collect, "/health", began)
            time.sleep(SETTLE)
            sizes = {pid: pss(pid) / 1024 for pid in family(up.pid)}
            up.terminate()
    print(f"first page after {took:.2f} s (target: under 5 s)")
    each = ", ".join(f"{size:.0f}" for size in sizes.values())
    print(f"idle memory {sum(sizes.values()):.0f} MB PSS in {len(sizes)} processes: {each} (target: at most 300 MB)")


if __name__ == "__main__":
    main()
