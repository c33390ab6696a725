"""Seven years of answers and comments: the sessions are those of a few lines of numpy."""

from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import numpy as np
import pytest

from clew.config import OwnEvents, Settings
from clew.models import build
from clew.warehouse import Warehouse

FOUND = """SELECT CAST(universal_user_id AS BIGINT) AS p, CAST(epoch(session_start) AS BIGINT) AS a, CAST(epoch(session_last) AS BIGINT) AS z, events
FROM sessions ORDER BY p, a"""


def test_sessions_equal_those_of_a_short_script(data_dir: Path, tmp_path: Path) -> None:
    path = data_dir / "snap_mathoverflow" / "sx-mathoverflow.txt.gz"
    if not path.is_file():
        pytest.skip(f"no data set at {path}: set CLEW_DATA_DIR")
    with gzip.open(path) as file:
        rows = np.loadtxt(file, np.int64)
    person, moment = rows[:, 0], rows[:, 2]
    order = np.lexsort((moment, person))
    person, moment = person[order], moment[order]
    opens = np.r_[True, (person[1:] != person[:-1]) | (np.diff(moment) > 1800)]
    first = np.flatnonzero(opens)
    last = np.r_[first[1:], len(person)] - 1
    expected = np.c_[person[first], moment[first], moment[last], last - first + 1]

    with duckdb.connect(str(tmp_path / "snap.duckdb")) as db:
        db.register("snap", {"src": rows[:, 0], "at": rows[:, 2]})
        db.execute("CREATE TABLE snap AS SELECT CAST(src AS VARCHAR) AS person, 'Answered' AS event, make_timestamp(\"at\" * 1000000) AS t FROM snap")
    settings = Settings(events=OwnEvents(table="snap", database="snap.duckdb", person="person", time="t"))
    with Warehouse.open(tmp_path, settings) as warehouse:
        build(warehouse, settings, tmp_path)
        found = warehouse.cursor().execute(FOUND).fetchnumpy()
    assert len(person) == 506_550
    assert np.array_equal(np.c_[found["p"], found["a"], found["z"], found["events"]], expected)
