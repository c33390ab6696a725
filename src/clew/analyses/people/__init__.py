"""People: finding them, the people and sessions behind a number, one person's history, and why identifiers belong together.

`search` makes lists of people, `visits` lists of sessions, `person` one person's sessions, events and traits, `explain` the ties between
identifiers, `conflicts` what in them is doubtful. `ask` runs a text of `sql/` on a cursor; who calls puts several in one transaction.
"""
