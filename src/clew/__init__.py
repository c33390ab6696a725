"""Clew: customer data and behaviour analytics that follow each user's thread.

`clew.open(project)` gives a `Clew` object; importing the package itself loads nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clew.api import Clew

__version__ = "0.1.0"


def open(project: str | Path = ".") -> Clew:
    """Open a project folder (one that holds `clew.toml`) and return its `Clew`."""
    from clew.api import Clew

    return Clew.open(Path(project))
