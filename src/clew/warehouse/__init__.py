"""The warehouse: one DuckDB file with every accepted message and Segment's schema made of them. docs/warehouse.md says what is promised.

Read in this order: `engine` (the database, locked down), `load` (one transaction of the loader), `batch`, `lines`, `arrow` and `stage` (lines
to rows of `clew.events`), `keys` and `repeats` (exact de-duplication), `columns/`, `survey` and `registry` (which columns there are), `views`
(Segment's tables), `query` and `export` (users' SQL).
"""

from clew.warehouse.engine import Warehouse
from clew.warehouse.load import Loader, LoadResult

__all__ = ["LoadResult", "Loader", "Warehouse"]
