"""The warehouse: one DuckDB file with every accepted message and Segment's schema made of them. docs/warehouse.md says what is promised.

Read in this order: `engine` (the database, locked down), `load` (one transaction of the loader), `stage` (lines to records), `keys` and
`repeats` (exact de-duplication), `columns/`, `survey`, `registry` and `tables` (which columns there are), `fill` and `latest` (rows),
`unions` (all sources together), `query` and `export` (users' SQL).
"""

from clew.warehouse.engine import Warehouse
from clew.warehouse.load import Loader, LoadResult

__all__ = ["LoadResult", "Loader", "Warehouse"]
