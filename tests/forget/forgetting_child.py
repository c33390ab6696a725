"""Forgets a person of a project, as a process that the test kills."""

from __future__ import annotations

import sys
from pathlib import Path

import clew

clew.open(Path(sys.argv[1])).forget(sys.argv[2])
