"""A GeoIP file by hand: MaxMind's format as far as a country needs it. https://maxmind.github.io/MaxMind-DB/ describes it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MARK = b"\xab\xcd\xefMaxMind.com"
_EMPTY = 16
"""Bytes between the tree and the data."""


class Long(int):
    """A number that the format wants as uint32; small others are uint16, large ones uint64."""


def write(path: Path, networks: Mapping[str, Any], version: int = 6) -> Path:
    """Networks (none inside another) and their records, as the file `path`. IPv4 lies at ::/96 of an IPv6 tree, as in MaxMind's own."""
    nodes: list[list[Any]] = [[None, None]]
    for network, record in networks.items():
        _add(nodes, _bits(network, version), record)
    data, places = b"", {}
    for record in {id(r): r for node in nodes for r in node if isinstance(r, dict)}.values():
        places[id(record)] = len(data)
        data += _encode(record)
    tree = b"".join(_side(side, len(nodes), places).to_bytes(3, "big") for node in nodes for side in node)
    meta = {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1_790_000_000,
        "database_type": "Test-Country",
        "description": {"en": "made for a test"},
        "ip_version": version,
        "languages": [],
        "node_count": Long(len(nodes)),
        "record_size": 24,
    }
    path.write_bytes(tree + bytes(_EMPTY) + data + _MARK + _encode(meta))
    return path


def _bits(network: str, version: int) -> str:
    net = ipaddress.ip_network(network)
    bits = f"{int(net.network_address):0{net.max_prefixlen}b}"[: net.prefixlen]
    return "0" * 96 + bits if version == 6 and net.version == 4 else bits


def _add(nodes: list[list[Any]], bits: str, record: Any) -> None:
    at = 0
    for bit in bits[:-1]:
        if nodes[at][int(bit)] is None:
            nodes.append([None, None])
            nodes[at][int(bit)] = len(nodes) - 1
        at = nodes[at][int(bit)]
    nodes[at][int(bits[-1])] = record


def _side(side: Any, count: int, places: dict[int, int]) -> int:
    if side is None:
        return count
    return side if isinstance(side, int) else count + _EMPTY + places[id(side)]


def _encode(value: Any) -> bytes:
    if isinstance(value, str):
        raw = value.encode()
        return _head(2, len(raw)) + raw
    if isinstance(value, int):
        raw = value.to_bytes(8, "big").lstrip(b"\0")
        return _head(6 if isinstance(value, Long) else 9 if value > 65_535 else 5, len(raw)) + raw
    if isinstance(value, dict):
        return _head(7, len(value)) + b"".join(_encode(key) + _encode(each) for key, each in value.items())
    return _head(11, len(value)) + b"".join(map(_encode, value))


def _head(kind: int, size: int) -> bytes:
    """Kind and size. Kinds above 7 stand in a second byte."""
    assert size < 29
    return bytes([kind << 5 | size]) if kind <= 7 else bytes([size, kind - 7])
