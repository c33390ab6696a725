"""What columns Segment's tables get from messages: their names, their types, and the SQL that takes their values out of the raw JSON.

A column's type is a function of the set of kinds of all its values ever seen, and its values are a function of that type and the raw
JSON; so neither depends on the order of arrival (docs/decisions/0003). Read in this order: `kinds`, `naming`, `leaves`, `extract`.
"""
