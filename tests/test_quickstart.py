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


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page's commands use curl, which is missing here")
def test_the_commands_of_the_page(tmp_path: Path) -> None:
    blocks = [(kind, on_other_ports(text)) for kind, text in BLOCK.findall(PAGE.read_text())]
    script = "set -eu\n" + "\n".join(command(kind, text) for kind, text in blocks if kind in ("sh", "python"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # `kill %1` is for people at a terminal; -m gives it to scripts.
    done = subprocess.run(["bash", "-m", "-c", script], cwd=tmp_path, env=environment(PATH=path) | PORTS, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 130, 143), done.stdout + done.stderr
    for kind, text in blocks:
        if kind == "json":
            assert json.loads(text) in [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")], done.stdout + done.stderr
    assert "my-key" in done.stdout
    assert "/login" in done.stdout


COLLECT, WEB = free_port(), free_port()
PORTS = {"CLEW_COLLECT": f"127.0.0.1:{COLLECT}", "CLEW_WEB": f"127.0.0.1:{WEB}"}


def on_other_ports(text: str) -> str:
    """A Clew may run on this machine on the ports of the page."""
    return text.replace("127.0.0.1:8471", PORTS["CLEW_COLLECT"]).replace("127.0.0.1:8470", PORTS["CLEW_WEB"])


def command(kind: str, text: str) -> str:
    return text if kind == "sh" else f"python - <<'END_OF_PYTHON'\n{text}END_OF_PYTHON\n"
