"""From lines of the log to rows of the warehouse.

Read in this order: `load` (batches, and what to do with a record that cannot be loaded), `transaction` (one batch, all or nothing), `batch`, `lines`,
`arrow` and `stage` (lines to rows of `clew.events`), `scanning` and `scan/` (a compiled pass over plain lines), `keys` and `repeats` (exact
de-duplication), `survey` and `registry` (which columns there are).
"""
