"""The tables are complete after every fill, whatever was loaded between, and made anew when the file or the rules change."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.enrich.mmdb import write
from tests.enrich.test_agents import WINDOWS

from clew.config import Enrich, Settings
from clew.enrich import Filled, agent, fill, mark
from clew.errors import ConfigError

NUMBERED = itertools.count()
EVENTS = """
CREATE SCHEMA clew;
CREATE TABLE clew.events (load_id BIGINT, ip VARCHAR, user_agent VARCHAR);
CREATE TABLE clew.loads (load_id BIGINT);
"""


class Shop:
    """A database with loads, and a project's folder."""

    def __init__(self, root: Path, geoip: str = "") -> None:
        self.root = root
        self.settings = Settings(enrich=Enrich(geoip_file=geoip))
        self.db = duckdb.connect()
        self.db.execute(EVENTS)
        self.loads = 0

    def load(self, *rows: tuple[str | None, str | None]) -> None:
        self.loads += 1
        self.db.execute("INSERT INTO clew.loads VALUES (?)", [self.loads])
        for ip, user_agent in rows:
            self.db.execute("INSERT INTO clew.events VALUES (?, ?, ?)", [self.loads, ip, user_agent])

    def fill(self, load_id: int | None = None) -> Filled:
        return fill(self.db, self.settings, self.root, load_id)

    def rows(self, sql: str) -> list[Any]:
        return self.db.execute(sql).fetchall()

    def countries(self) -> dict[str, str | None]:
        return dict(self.rows("SELECT * FROM clew.ip_countries"))

    def write(self, **networks: str) -> None:
        write(
            self.root / self.settings.enrich.geoip_file, {f"{name[1:]}.0.0.0/8": {"country": {"iso_code": code}} for name, code in networks.items()}
        )


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path, "geo.mmdb")
    made.write(n81="NL", n20="US")
    return made


def test_only_what_is_new_is_looked_up(shop: Shop) -> None:
    shop.load(("81.1.1.1", WINDOWS), ("81.1.1.1", WINDOWS), ("9.9.9.9", None), (None, "curl/8.5.0"))
    assert shop.fill() == Filled(2, 2, 1)
    assert shop.countries() == {"81.1.1.1": "NL", "9.9.9.9": None}
    assert shop.rows("SELECT * FROM clew.user_agents ORDER BY user_agent DESC") == [
        ("curl/8.5.0", "curl", "8", None, "other", False),
        (WINDOWS, "Chrome", "126", "Windows", "desktop", False),
    ]
    assert shop.fill() == Filled(0, 0, 1)
    shop.load(("81.1.1.1", WINDOWS), ("20.1.1.1", ""))
    assert shop.fill() == Filled(1, 1, 2)
    assert shop.countries()["20.1.1.1"] == "US"


def test_another_file_makes_all_anew(shop: Shop) -> None:
    shop.load(("81.1.1.1", None), ("20.1.1.1", None))
    shop.fill()
    first = mark(shop.settings, shop.root)
    shop.write(n81="BE")
    assert shop.fill() == Filled(0, 2, 1)
    assert shop.countries() == {"81.1.1.1": "BE", "20.1.1.1": None}
    assert mark(shop.settings, shop.root) != first
    shop.settings = Settings()
    assert shop.fill() == Filled(0, 0, 1)
    assert shop.countries() == {}, "no file, no addresses kept"


def test_other_rules_make_agents_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.load((None, WINDOWS))
    shop.fill()
    shop.db.execute("UPDATE clew.user_agents SET browser = 'of old rules'")
    monkeypatch.setattr("clew.enrich.tables.agent_rules", lambda: "newer")
    assert shop.fill().user_agents == 1
    assert shop.rows("SELECT browser FROM clew.user_agents") == [("Chrome",)]


def test_up_to_a_load_and_no_further(shop: Shop) -> None:
    shop.load(("81.1.1.1", "a"))
    shop.load(("20.1.1.1", "b"))
    assert shop.fill(load_id=1) == Filled(1, 1, 1)
    assert shop.countries() == {"81.1.1.1": "NL"}
    assert shop.fill() == Filled(1, 1, 2)
    assert shop.fill(load_id=1) == Filled(0, 0, 1), "what is complete further stays so"
    assert len(shop.countries()) == 2


def test_a_file_that_cannot_be_read_changes_nothing(shop: Shop) -> None:
    shop.load(("81.1.1.1", "a"))
    shop.fill()
    (shop.root / "geo.mmdb").write_text("damaged")
    shop.load((None, "b"))
    with pytest.raises(ConfigError, match="cannot be read"):
        shop.fill()
    assert shop.countries() == {"81.1.1.1": "NL"}
    assert len(shop.rows("FROM clew.user_agents")) == 2, "agents do not wait for it"


def test_before_the_first_load(shop: Shop) -> None:
    assert shop.fill() == Filled(0, 0, 0)


def test_many_values_are_written_in_parts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clew.enrich.tables.AT_ONCE", 3)
    shop.load(*((f"81.0.0.{i}", f"agent {i}") for i in range(10)))
    assert shop.fill() == Filled(10, 10, 1)
    assert set(shop.countries().values()) == {"NL"}


addresses = st.none() | st.sampled_from(["81.1.1.1", "20.1.1.1", "9.9.9.9", "", "no address"])
agents = st.none() | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=5) | st.just(WINDOWS)
steps = st.lists(st.tuples(st.lists(st.tuples(addresses, agents), max_size=5), st.booleans(), st.booleans()), max_size=6)


@settings(max_examples=25, deadline=None)
@given(steps)
def test_the_same_as_all_at_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[list[tuple[str | None, str | None]], bool, bool]]
) -> None:
    """Loads, fills and changes of the file in any order, then one fill: as Python says of all values."""
    shop = Shop(tmp_path_factory.mktemp(f"p{next(NUMBERED)}"), "geo.mmdb")
    known = {"81.1.1.1": "NL", "20.1.1.1": "US"}
    shop.write(n81="NL", n20="US")
    for rows, filled, changed in steps:
        shop.load(*rows)
        if changed:
            known["81.1.1.1"] = "BE" if known["81.1.1.1"] == "NL" else "NL"
            shop.write(n81=known["81.1.1.1"], n20="US")
        if filled:
            shop.fill()
    shop.fill()
    every = [row for rows, _, _ in steps for row in rows]
    assert shop.countries() == {ip: known.get(ip) for ip, _ in every if ip is not None}
    found = {text: (browser, version, system, kind, bot) for text, browser, version, system, kind, bot in shop.rows("FROM clew.user_agents")}
    assert found == {text: (*agent(text), agent(text).is_bot) for _, text in every if text is not None}
    assert msgspec.structs.asdict(shop.settings.enrich) == {"geoip_file": "geo.mmdb"}
