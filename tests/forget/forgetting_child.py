"""Forgets a person of a project, as a process that the test kills."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import clew
from clew.errors import IdentityError

with suppress(IdentityError):  # one before this had done it all
    clew.open(Path(sys.argv[1])).forget(sys.argv[2])
