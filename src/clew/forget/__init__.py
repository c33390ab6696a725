"""Forgetting a person: all messages of theirs go from the log, the refused messages, the database and the models. docs/forget.md says what goes.

`person` says who it is and which messages are theirs, `names` whether a message that is in no model names them, `logs` and `database` take
them out, `file` makes the database's file hold nothing of what was deleted. `request` does all of it in order; each step may be done again, so
that what a crash left is finished by the next start.
"""

from clew.forget.person import Preview, look
from clew.forget.request import Project, finish_all, forget

__all__ = ["Preview", "Project", "finish_all", "forget", "look"]
