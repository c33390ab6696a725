"""One owner per role and project; a dead owner holds nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clew import locks
from clew.errors import ProjectError


def test_a_second_owner_is_refused_and_told_who(tmp_path: Path) -> None:
    path = tmp_path / "run" / "serve.lock"
    with locks.hold(path, "clew serve"):
        assert locks.is_held(path)
        with pytest.raises(ProjectError, match=f"clew serve already runs on .* \\(process {os.getpid()}\\)"), locks.hold(path, "clew serve"):
            pass
    assert not locks.is_held(path)
    with locks.hold(path, "clew serve"):
        pass


def test_a_killed_owner_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run" / "x.lock"
    code = f"from clew import locks; from pathlib import Path\nwith locks.hold(Path({str(path)!r}), 'x'): print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert locks.is_held(path)
        assert locks.holder(path) == process.pid
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not locks.is_held(path)
