"""docs/quickstart.md does what it says: its commands are run in order, and print what the page shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from running import environment, free_port

PAGE = Path(__file__).parents[1] / "docs" / "quickstart.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


COLLECT, WEB = free_port(), free_port()
PORTS = {"CLEW_COLLECT": f"127.0.0.1:{COLLECT}", "CLEW_WEB": f"127.0.0.1:{WEB}"}


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page's commands use curl, which is missing here")
def test_the_commands_of_the_page(tmp_path: Path) -> None:
    blocks = [(kind, on_other_ports(text)) for kind, text in BLOCK.findall(PAGE.read_text())]
    # Whatever goes wrong on the way, what was started in the background is stopped.
    script = "set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + "\n".join(
        command(kind, text) for kind, text in blocks if kind in ("sh", "python")
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # -m: `kill %1`, as people at a terminal have it.
    command_line = ["bash", "-m", "-c", script]
    done = subprocess.run(command_line, cwd=tmp_path, env=environment(PATH=path) | PORTS, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 130, 143), done.stdout + done.stderr
    for kind, text in blocks:
        if kind == "json":
            assert json.loads(text) in arrays(done.stdout), done.stdout + done.stderr
    assert "my-key" in done.stdout
    assert "/login" in done.stdout


def arrays(printed: str) -> list[object]:
    """The JSON arrays among what was printed."""
    return [json.loads(text) for text in re.findall(r"^\[$.*?^\]$", printed, re.MULTILINE | re.DOTALL)]


def on_other_ports(text: str) -> str:
    """A Clew may run on this machine on the ports of the page."""
    return text.replace("127.0.0.1:8471", PORTS["CLEW_COLLECT"]).replace("127.0.0.1:8470", PORTS["CLEW_WEB"])


def command(kind: str, text: str) -> str:
    return text if kind == "sh" else f"python - <<'END_OF_PYTHON'\n{text}END_OF_PYTHON\n"
