"""`clew log`: what it prints and how it exits."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clew import config
from clew.cli.log import log
from clew.config import Paths
from clew.errors import ProjectError
from clew.eventlog import Cursor, CursorFile, LogWriter, seal
from clew.messages import Stamp
from eventlog.lines import START, line, lines, write_chunks


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "clew.toml").write_text("")
    write_chunks(Paths(tmp_path).log, range(20), range(20, 25))
    refused = Stamp(source="web", received_at=START, type="track", message_id="r1", timestamp=START, reason="too_big", detail="40 KB")
    with LogWriter(Paths(tmp_path).refused, config.Log()) as writer:
        writer.append(seal(refused, b"{}"), 1)
    return tmp_path


def run(project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(log, [*arguments, "--project", str(project)])


def corrupt(project: Path) -> None:
    path = Paths(project).log / "0000000001.ndjson"
    path.write_bytes(path.read_bytes().replace(b'"n":7', b'"n":8'))


def test_verify(project: Path):
    result = run(project, "verify")
    assert (result.exit_code, result.stdout) == (0, "25 records in 2 chunks, 0 deleted, 0 corrupt\n")
    corrupt(project)
    result = run(project, "verify")
    assert result.exit_code == 4
    assert result.stdout.startswith("corrupt: chunk 1, ordinal 7: expected checksum")
    assert result.stdout.endswith("25 records in 2 chunks, 0 deleted, 1 corrupt\n")
    assert run(project, "verify", "--refused").exit_code == 0


def test_verify_as_json(project: Path):
    corrupt(project)
    result = run(project, "verify", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["records"], found["corrupt"][0]["cursor"]) == (4, 25, {"chunk": 1, "ordinal": 7})


def test_stats(project: Path):
    CursorFile(Paths(project).log, "warehouse").write(Cursor(2, 3))
    result = run(project, "stats")
    assert result.exit_code == 0
    assert "0000000001.ndjson  " in result.stdout
    assert "20 records  0 deleted  2023-11-14T22:13:20.000000Z to 2023-11-14T22:13:20.000019Z" in result.stdout
    assert "          25  web  track\n" in result.stdout
    assert "reader warehouse: at chunk 2, ordinal 3\nend of the log: chunk 2, ordinal 5\n" in result.stdout
    assert "           1  web  track  too_big\n" in run(project, "stats", "--refused").stdout


def test_stats_as_json(project: Path):
    found = json.loads(run(project, "stats", "--json").stdout)
    assert [chunk["records"] for chunk in found["chunks"]] == [20, 5]
    assert found["kinds"] == [{"kind": {"source": "web", "type": "track", "reason": None}, "records": 25}]
    assert (found["cursors"], found["end"]) == ({}, {"chunk": 2, "ordinal": 5})


def test_stats_of_an_empty_log(tmp_path: Path):
    (tmp_path / "clew.toml").write_text("")
    assert run(tmp_path, "stats").stdout == "end of the log: chunk 0, ordinal 0\n"


def test_tail(project: Path):
    result = run(project, "tail", "--lines", "7")
    assert [text.split()[-1] for text in result.stdout.splitlines()] == [f"m{number}" for number in range(18, 25)]
    assert result.stdout.splitlines()[-1] == "2023-11-14T22:13:20.000024Z  web  track  m24"
    assert run(project, "tail", "--refused").stdout == "2023-11-14T22:13:20.000000Z  web  track  r1  too_big: 40 KB\n"
    assert run(project, "tail", "--lines", "0").stdout == ""


def test_tail_as_json_gives_the_lines_as_they_are(project: Path):
    assert run(project, "tail", "--json", "--lines", "3").stdout_bytes == lines(22, 23, 24)


def test_tail_names_corrupt_records_on_standard_error(project: Path):
    corrupt(project)
    result = run(project, "tail", "--lines", "25")
    assert len(result.stdout.splitlines()) == 24
    assert result.stderr.startswith("corrupt: chunk 1, ordinal 7: ")


def test_tail_shows_what_is_no_record_as_it_is(project: Path):
    with LogWriter(Paths(project).log, config.Log()) as writer:
        writer.append(seal(Stamp(source="web", received_at=1, type="track", message_id="m", timestamp=1), b"not json") + line(30), 2)
    first, second = run(project, "tail", "--lines", "2").stdout.splitlines()
    assert first.startswith("intact, but no record (")
    assert second.endswith("m30")


def test_tail_follows(project: Path):
    command = "import sys; from clew.cli.log import log; log(sys.argv[1:])"
    arguments = [sys.executable, "-uc", command, "tail", "--follow", "--json", "--lines", "1", "--project", str(project)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as following:
        assert following.stdout is not None
        assert following.stdout.readline() == line(24)
        with LogWriter(Paths(project).log, config.Log()) as writer:
            writer.append(lines(25, 26), 2)
            assert [following.stdout.readline(), following.stdout.readline()] == [line(25), line(26)]
        following.send_signal(signal.SIGINT)
        following.communicate()


def test_flags_from_the_environment(project: Path):
    result = CliRunner().invoke(log, ["tail"], env={"CLEW_PROJECT": str(project), "CLEW_LINES": "2", "CLEW_JSON": "1"})
    assert result.stdout_bytes == lines(23, 24)


def test_a_folder_that_is_no_project(tmp_path: Path):
    result = run(tmp_path, "verify")
    assert isinstance(result.exception, ProjectError)
    assert "clew init" in str(result.exception)
