"""The rules of sessions and identity as a person changes them: what there is to change, and writing it into clew.toml.

`table` lists the rules, `reading` takes what somebody wrote for one, `change` writes the file.
"""

from __future__ import annotations

from clew.rules.change import change
from clew.rules.reading import read, written
from clew.rules.table import Rule, mark, rules

__all__ = ["Rule", "change", "mark", "read", "rules", "written"]
