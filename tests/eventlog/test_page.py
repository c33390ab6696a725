"""docs/eventlog.md: its example is a record, its commands run, the tests it names are there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest

from clew import config
from clew.eventlog import LogWriter, check, compress_closed, erase
from clew.messages import decode_record
from eventlog.lines import write_chunks

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "eventlog.md").read_text("utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The page's example, twice, beside other records; a deleted one; a compressed chunk."""
    with LogWriter(tmp_path / "log", config.Log()) as writer:
        writer.append(block("json").encode() * 2, 2)
    write_chunks(tmp_path / "log", range(3))
    compress_closed(tmp_path / "log")
    erase(tmp_path / "log", lambda record: record.message_id == "m1")
    return tmp_path


def test_the_example_is_a_record():
    example = block("json").encode()
    check(example[:-1])
    assert decode_record(example).message_id == "m-1"


def test_the_query_runs(log: Path):
    rows = duckdb.sql(block("sql").replace("'log/", f"'{log}/log/")).fetchall()
    assert {(source, event, count) for source, event, count, _ in rows} == {("web", "Order Completed", 2), ("web", None, 2)}


@pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq")
def test_the_shell_command_runs(log: Path):
    first = block("sh").splitlines()[0]
    assert subprocess.run(["sh", "-c", first], cwd=log, capture_output=True, text=True, check=True).stdout == "m-1\nm-1\n"


def test_the_tests_it_names_are_there():
    names = set(re.findall(r"`((?:disk/)?test_\w+\.py)`", PAGE))
    assert len(names) > 8
    assert [name for name in sorted(names) if not (HERE / name).exists()] == []
