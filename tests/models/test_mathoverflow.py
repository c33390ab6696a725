"""Seven years of answers and comments: the sessions are those of ten lines of pandas, in one build, and in three loads that come backwards."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from clew.config import OwnEvents, Settings
from clew.models import build_if_needed
from clew.warehouse import Warehouse

EVENTS = 506_550
FOUND = """SELECT CAST(universal_user_id AS BIGINT) AS person, CAST(epoch(session_start) AS BIGINT) AS first,
  CAST(epoch(session_last) AS BIGINT) AS last, CAST(events AS BIGINT) AS events
FROM sessions ORDER BY person, first"""
OWN = {"table": "snap", "database": "snap.duckdb", "person": "person", "event": "event", "time": "t", "load_id": "load"}


def sessions(posts: pd.DataFrame) -> pd.DataFrame:
    """What the definition says: over 1,800 seconds without a post, and it is another session."""
    posts = posts.sort_values(["person", "moment"], kind="stable")
    pause = posts.groupby("person")["moment"].diff()
    posts["session"] = (pause.isna() | (pause > 1800)).cumsum()
    found = posts.groupby("session").agg(person=("person", "first"), first=("moment", "min"), last=("moment", "max"), events=("moment", "size"))
    return found.sort_values(["person", "first"]).reset_index(drop=True)


@pytest.fixture(scope="module")
def posts(data_dir: Path) -> pd.DataFrame:
    path = data_dir / "snap_mathoverflow" / "sx-mathoverflow.txt.gz"
    if not path.is_file():
        pytest.skip(f"no data set at {path}: set CLEW_DATA_DIR")
    with gzip.open(path) as file:
        return pd.read_csv(file, sep=" ", names=["person", "to", "moment"])


def backwards(posts: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Three loads, the newest first: what comes is always late."""
    since = pd.to_datetime(posts["moment"], unit="s").dt.year
    for first, last in ((2015, 2016), (2012, 2014), (2009, 2011)):
        yield posts[since.between(first, last)]


@pytest.mark.parametrize("late", [False, True], ids=["at once", "backwards"])
def test_sessions_equal_those_of_a_short_script(posts: pd.DataFrame, tmp_path: Path, late: bool) -> None:
    settings = Settings(events=OwnEvents(**OWN))
    loads = list(backwards(posts)) if late else [posts]
    for number, load in enumerate(loads, 1):
        with duckdb.connect(str(tmp_path / "snap.duckdb")) as db:
            db.execute("CREATE TABLE IF NOT EXISTS snap (person VARCHAR, event VARCHAR, t TIMESTAMP, load INTEGER)")
            db.register("came", load)
            db.execute("INSERT INTO snap SELECT person, 'Posted', make_timestamp(moment * 1000000), ? FROM came", [number])
        with Warehouse.open(tmp_path, settings) as warehouse:
            result, _ = build_if_needed(warehouse, settings, tmp_path)
            assert result.is_full == (number == 1)
            found = warehouse.cursor().execute(FOUND).df()
    assert found["events"].sum() == EVENTS
    pd.testing.assert_frame_equal(found, sessions(posts))
