"""The socket that a process listens on, bound before anything else is started: an address that cannot be had is said at once."""

from __future__ import annotations

import socket

from clew.errors import ConfigError


def listen(address: str, role: str, where: str) -> socket.socket:
    """A socket on `HOST:PORT` (an IPv6 host in brackets; port 0: any free one).

    Raises ConfigError, which says what `role` wanted it and `where` to change it. The host must be named: an empty one would be every interface.
    """
    host, _, port = address.rpartition(":")
    try:
        if not host or not 0 <= int(port) <= 65535:
            raise ValueError("a host, and a port up to 65535")
        return socket.create_server((host.strip("[]"), int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048)
    except (OSError, ValueError) as error:
        raise ConfigError(f"expected a free HOST:PORT for the {role} ({where}), found {address!r}: {error}") from error
