"""The warehouse: one DuckDB file with every accepted message and Segment's schema made of them. docs/warehouse.md says what is promised.

In this order: `engine` (the database, locked down), `loading/` (lines of the log to rows), `columns/` (which columns there are, and their types),
`views` (Segment's tables), `own_events` (events that a company has already), `query` and `export` (users' SQL).
"""

from clew.warehouse.engine import Warehouse

__all__ = ["Warehouse"]
