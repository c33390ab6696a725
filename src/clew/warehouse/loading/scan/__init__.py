"""Plain lines of the log, taken apart by one compiled pass; the database's own parser gets those that are left.

A line is plain where its bytes are already what the database would write: JSON without spaces between tokens, without `\\u`, numbers in their
shortest form, each known member once and of its usual sort. What the pass is not sure of is not plain. Importing `plain` loads the compiler.
Read in this order: `values`, `members`, `kinds`, `shapes`, `rows`, `lines`, `plain`.
"""
