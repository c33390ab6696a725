"""Who is one person in a repository's log, through HTTP: the figures of docs/identity.md, and the people are the oracle's."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from tests.e2e.gitlog import Commit, Score, aliases, identifies, of_commits, of_identifiers, send
from tests.oracle import Identity as Oracle
from tests.oracle import Message

from clew import clock
from clew.api import Clew
from clew.config import Identity, Settings
from conftest import TOP
from running import Running

EXCERPT = TOP / "tests" / "data" / "sympy_git_identities" / "alias_edges.csv.gz"
ENDS = ("first_seen", "last_seen")
PAGE = TOP / "docs" / "identity.md"
SHARED = "e00001"
"""The address that stood for six people: a placeholder."""
RULES = {
    "as it comes": {},
    "`max_aliases_per_person = 3`": {"max_aliases_per_person": 3},
    "`max_aliases_per_person = 1`": {"max_aliases_per_person": 1},
    f"`{SHARED}` denied, edge by edge": {"denied": SHARED},
    f"`{SHARED}` among `blocked`": {"blocked": SHARED},
}
TOLD = {
    "`alias` calls for changed e-mails": {},
    f"`alias` calls, and `{SHARED}` among `blocked`": {"blocked": SHARED},
}
"""The same once more, when the calls came too."""


def settings(rules: dict[str, Any], commits: list[Commit]) -> Settings:
    if "denied" in rules:
        rules = {"denied": tuple(sorted({(c.name, c.email) for c in commits if c.email == SHARED}))}
    if "blocked" in rules:
        rules = {"blocked": (*Identity().blocked, SHARED)}
    return Settings(identity=Identity(**rules))


@pytest.fixture(scope="module")
def log(data_dir: Path) -> list[Commit]:
    path = data_dir / "sympy_git_identities" / "commits.parquet"
    if not path.is_file():
        pytest.skip(f"no data set at {path}: set CLEW_DATA_DIR")
    columns = "strftime(ts_utc, '%Y-%m-%dT%H:%M:%SZ') AS at, email_id, name_id, person_id"
    return [Commit(*row) for row in duckdb.sql(f"SELECT {columns} FROM '{path}' ORDER BY ALL").fetchall()]


@pytest.fixture(scope="module")
def excerpt() -> list[Commit]:
    """The first and the last commit of each pair of e-mail and name: what decides where a name leads."""
    with gzip.open(EXCERPT, "rt") as lines:
        rows = list(csv.DictReader(lines))
    return sorted({Commit(row[at].replace(" ", "T") + "Z", row["email_id"], row["name_id"], row["person_id"]) for row in rows for at in ENDS})


def universal(running: Running, rules: Settings, calls: list[dict[str, Any]]) -> dict[str, str]:
    """To whom each identifier leads, as the program says under some rules, and as the oracle says."""
    changed = msgspec.structs.replace(Clew.open(running.root).settings, identity=rules.identity)
    project = Clew(running.root, changed)
    project.build()
    found = {row["alias"]: row["universal_user_id"] for row in project.query("SELECT alias, universal_user_id FROM universal_alias_mapping")}
    oracle = Oracle([_message(call) for call in calls], rules)
    assert found == {alias.id: person.id for alias, (person, *_) in oracle.mapping().items()}
    return found


def _message(call: dict[str, Any]) -> Message:
    at = clock.parse_time(call["timestamp"])
    assert at is not None
    names = {"anonymous_id": "anonymousId", "user_id": "userId", "previous_id": "previousId", "message_id": "messageId", "type": "type"}
    return Message(timestamp=at, received_at=at, **{name: call.get(wire) for name, wire in names.items()})  # type: ignore[arg-type]


def printed() -> Iterator[tuple[str, list[str]]]:
    """The rows of the page's table: the rules, and the figures."""
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] in RULES | TOLD:
            yield cells[0], cells[1:]


def of_page(score: Score) -> list[str]:
    return [f"{score.precision:.3f}", f"{score.recall:.3f}"]


def test_the_excerpt(start_project: Callable[..., Running], excerpt: list[Commit]) -> None:
    """Where a name leads is told by its last commit: the figures over identifiers are those of the page."""
    running = start_project()
    calls = identifies(excerpt)
    send(running, calls)
    assert running.build()["rows"]["universal_alias_mapping"] == 844 + 893
    assert running.stop() == 0
    page = dict(printed())
    for name, rules in RULES.items():
        people = universal(running, settings(rules, excerpt), calls)
        assert [str(len(set(people.values()))), *of_page(of_identifiers(excerpt, people))] == page[name][:3], name


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_all_commits_are_as_the_page_says(start_project: Callable[..., Running], log: list[Commit]) -> None:
    """With CLEW_GOLDEN=write the table is written anew: look at the difference."""
    assert (len(log), len({c.email for c in log}), len({c.name for c in log}), len({c.person for c in log})) == (28_041, 844, 893, 749)
    running = start_project()
    calls, rows = identifies(log), {}
    for rule_sets, more in ((RULES, []), (TOLD, aliases(log))):
        if more:
            running.start()
        send(running, more or calls)
        running.build()
        assert running.stop() == 0
        for name, rules in rule_sets.items():
            people = universal(running, settings(rules, log), calls + more)
            rows[name] = [str(len(set(people.values()))), *of_page(of_identifiers(log, people)), *of_page(of_commits(log, people))]
    if os.environ.get("CLEW_GOLDEN") == "write":
        _write(rows)
    assert dict(printed()) == rows


def _write(rows: dict[str, list[str]]) -> None:
    lines = PAGE.read_text("utf-8").splitlines()
    for n, line in enumerate(lines):
        name = line.strip("|").split("|")[0].strip()
        if name in rows:
            lines[n] = f"| {name} | {' | '.join(rows[name])} |"
    PAGE.write_text("\n".join(lines) + "\n", "utf-8")
