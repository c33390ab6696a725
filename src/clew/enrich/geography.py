"""The country of an IP address, from the owner's GeoIP file (MaxMind's format, .mmdb)."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

import maxminddb

from clew.errors import ConfigError

REMEMBERED = 10_000


class Countries:
    """An open GeoIP file. Use it with `with`, or close it."""

    def __init__(self, path: Path, reader: maxminddb.Reader) -> None:
        self.path = path
        self._reader = reader
        self.country = lru_cache(REMEMBERED)(self._country)
        """The ISO code of the country that an address is in, or None: not known, a private address, or no address at all."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises ConfigError when `path` is no GeoIP file."""
        try:
            return cls(path, maxminddb.open_database(path))
        except FileNotFoundError as error:
            raise ConfigError(
                f"enrich.geoip_file: expected a GeoIP file (.mmdb) at {path}, found no such file: put one there, or empty the setting"
            ) from error
        except (maxminddb.InvalidDatabaseError, OSError, ValueError) as error:
            raise ConfigError(f"enrich.geoip_file: expected a GeoIP file (.mmdb) at {path}, found one that cannot be read: {error}") from error

    def _country(self, ip: str) -> str | None:
        try:
            return country_of(self._reader.get(ipaddress.ip_address(ip.strip())))
        except ValueError:  # no address, or one of IPv6 in a file of IPv4
            return None
        except maxminddb.InvalidDatabaseError as error:
            raise ConfigError(f"enrich.geoip_file: expected a GeoIP file (.mmdb) at {self.path}, found one that is damaged: {error}") from error

    def close(self) -> None:
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def country_of(record: object) -> str | None:
    """The ISO code in a record: `country.iso_code` (MaxMind, DB-IP), `country_code`, or `country` (IPinfo)."""
    if not isinstance(record, Mapping):
        return None
    country = record.get("country")
    code = country.get("iso_code") if isinstance(country, Mapping) else record.get("country_code") or country
    return code if isinstance(code, str) and len(code) == 2 else None


def file_mark(path: Path) -> str:
    """A hash of the file's content; it is read again only when its time or size changed. Raises ConfigError when it is not there."""
    try:
        stat = path.stat()
        return _hash(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)
    except OSError as error:
        raise ConfigError(f"enrich.geoip_file: expected a GeoIP file (.mmdb) at {path}, found none that can be read: {error.strerror}") from error


@lru_cache(4)
def _hash(path: Path, mtime: int, size: int, inode: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
