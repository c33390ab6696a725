"""Reports. Each is `Params`, the SQL text, the values bound to it, and a pure `result` of its rows.

The SQL stands in `sql/`, to be read, pasted and run; a page shows the text that it ran.
"""
