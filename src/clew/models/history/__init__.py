"""What is known of builds: how far one is, those that failed, by which rules each was made, and the list of them all.

`tables` are where it is kept; `attempts` writes what runs and what failed, `rules` the rules; `progress` is told while a build runs; `listed` reads.
"""

from __future__ import annotations

from clew.models.history.listed import CSV_HEADER, STATES, Listed, State, listed
from clew.models.history.progress import Progress, Tell, nobody
from clew.models.history.rules import Difference, Rules, differences, noted
from clew.models.history.tables import prepare

__all__ = [
    "CSV_HEADER",
    "STATES",
    "Difference",
    "Listed",
    "Progress",
    "Rules",
    "State",
    "Tell",
    "differences",
    "listed",
    "nobody",
    "noted",
    "prepare",
]
