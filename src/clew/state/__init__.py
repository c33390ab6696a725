"""Clew's own small tables in one SQLite file, `state.sqlite`: what the project's people decide, which no build makes anew.

`file` opens it and holds all its tables; `logins`: who may log in; `passwords`: how secrets are kept; `denials`: edges taken away by hand;
`rule_changes`: rules that were changed from a page or a command; `saved`: reports under a name, `schedules`: their files each day, `names`: what a
name may be; `boards`: dashboards of them, `shares`: links to these; `annotating`: what happened on a day; `audiences`: people under a name;
`forgets`: who was to be forgotten.
"""

from __future__ import annotations

from clew.state.denials import Denial, denials, denied_edges, deny, undo
from clew.state.file import StateFile
from clew.state.forgets import Forget, Named, forgets, forgets_of
from clew.state.logins import (
    FAILURE_WINDOW,
    FAILURES_BY_ADDRESS,
    FAILURES_BY_NAME_AND_ADDRESS,
    LINK_LIFE,
    MIN_PASSWORD,
    ROLES,
    SESSION_LIFE,
    LoginRow,
    Role,
    State,
    User,
    first_link,
    new_link,
)
from clew.state.rule_changes import RuleChange, note_changes, rule_changes

__all__ = [
    "FAILURES_BY_ADDRESS",
    "FAILURES_BY_NAME_AND_ADDRESS",
    "FAILURE_WINDOW",
    "LINK_LIFE",
    "MIN_PASSWORD",
    "ROLES",
    "SESSION_LIFE",
    "Denial",
    "Forget",
    "LoginRow",
    "Named",
    "Role",
    "RuleChange",
    "State",
    "StateFile",
    "User",
    "denials",
    "denied_edges",
    "deny",
    "first_link",
    "forgets",
    "forgets_of",
    "new_link",
    "note_changes",
    "rule_changes",
    "undo",
]
