"""What the pages of the reports print is what the program prints: each `clew report` in a block, and the block after it."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from clew import cli

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("reports", "trends", "funnel", "paths", "retention", "lifecycle", "stickiness", "playbook")
BLOCKS = re.compile(r"(```sh\n(clew report [^`]+?)\n```\n+```(\w+)\n)(.*?)(\n```)", re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
def test_what_the_page_prints(project: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """With CLEW_GOLDEN=write the pages are written anew: look at the difference."""
    path = DOCS / f"{name}.md"
    text = path.read_text("utf-8")

    def printed(block: re.Match[str]) -> str:
        arguments = shlex.split(block[2].replace("\\\n", " "))[1:]
        assert cli.run([*arguments, "--project", str(project)]) == 0, block[2]
        return block[1] + anonymous(capsys.readouterr().out.strip()) + block[5]

    found = BLOCKS.sub(printed, text)
    assert BLOCKS.search(text), f"docs/{name}.md: expected an example, found none"
    if writes():
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")


def writes() -> bool:
    """Whether pages are to be written anew."""
    return os.environ.get("CLEW_GOLDEN") == "write"


def anonymous(printed: str) -> str:
    """Lists name people by numbers that a build gives them as they come: the page has dots instead."""
    head, *lines = printed.split("\n")
    columns = len(re.match(r"(unit\s+)?(person_id\s)?", head)[0].split())  # type: ignore[index]  # it matches nothing too
    for _ in range(columns):
        lines = [re.sub(r"^((?: |•)*)(\d+)(?= )", lambda m: m[1] + " " * (len(m[2]) - 1) + "•", line) for line in lines]
    return "\n".join([head, *lines])
