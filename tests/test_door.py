"""An address that cannot be had is an error one can act on, not a traceback."""

from __future__ import annotations

import pytest

from clew.door import listen
from clew.errors import ConfigError


def test_a_free_port() -> None:
    with listen("127.0.0.1:0", "pages", "--web") as first:
        host, port = first.getsockname()
        assert host == "127.0.0.1"
        with pytest.raises(ConfigError, match=r"pages \(--web\), found '127\.0\.0\.1:\d+'"):
            listen(f"{host}:{port}", "pages", "--web")


@pytest.mark.parametrize("address", ["", "8470", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999", "127.0.0.1:-1", "no.such.host.invalid:80"])
def test_no_address(address: str) -> None:
    with pytest.raises(ConfigError, match="expected a free HOST:PORT for the collector"):
        listen(address, "collector", "--collect")
