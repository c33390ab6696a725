from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.enrich.mmdb import write

from clew.enrich import Countries
from clew.enrich.geography import country_of, file_mark
from clew.errors import ConfigError

NETWORKS = {"81.0.0.0/8": "NL", "20.10.0.0/16": "US", "20.11.12.0/24": "DE", "2a02::/16": "NL", "2001:db8::/32": "FR"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("geo") / "countries.mmdb", {net: {"country": {"iso_code": code}} for net, code in NETWORKS.items()})


@pytest.mark.parametrize(
    ("ip", "country"),
    [("81.2.3.4", "NL"), (" 81.2.3.4 ", "NL"), ("20.10.255.255", "US"), ("20.11.12.1", "DE"), ("20.11.13.1", None), ("2a02:1::1", "NL")]
    + [(text, None) for text in ("127.0.0.1", "", "81.2.3", "81.2.3.4:80", "nonsense", "81.2.3.4\0", "::1", "256.1.1.1", "fe80::1%eth0")],
)
def test_an_address_has_its_country(file: Path, ip: str, country: str | None) -> None:
    with Countries.open(file) as countries:
        assert countries.country(ip) == country


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.ip_addresses() | st.sampled_from(sorted(NETWORKS)).flatmap(lambda net: st.ip_addresses(network=net)))
def test_as_python_says(file: Path, ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    expected = [code for net, code in NETWORKS.items() if ip in ipaddress.ip_network(net)]
    if ip.version == 6 and int(ip) < 2**32:
        return  # that is where IPv4 lies
    with Countries.open(file) as countries:
        assert countries.country(str(ip)) == (expected[0] if expected else None)


def test_a_file_of_ipv4_alone(tmp_path: Path) -> None:
    with Countries.open(write(tmp_path / "v4.mmdb", {"81.0.0.0/8": {"country": "NL"}}, version=4)) as countries:
        assert countries.country("81.1.1.1") == "NL"
        assert countries.country("2a02::1") is None


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"country": {"iso_code": "NL", "names": {}}}, "NL"),
        ({"country_code": "NL", "country": "Netherlands"}, "NL"),
        ({"country": "NL"}, "NL"),
        ({"country": {}}, None),
        ({"registered_country": {"iso_code": "NL"}}, None),
        ({"country": "Netherlands"}, None),
        ("NL", None),
        (None, None),
    ],
)
def test_records_of_several_makers(record: object, code: str | None) -> None:
    assert country_of(record) == code


def test_what_is_no_geoip_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"enrich.geoip_file: expected a GeoIP file .* found no such file"):
        Countries.open(tmp_path / "none.mmdb")
    (tmp_path / "text.mmdb").write_text("no database")
    with pytest.raises(ConfigError, match="cannot be read"):
        Countries.open(tmp_path / "text.mmdb")
    with pytest.raises(ConfigError, match="No such file"):
        file_mark(tmp_path / "none.mmdb")
