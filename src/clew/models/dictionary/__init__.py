"""The identifiers of many messages as numbers, by one compiled pass that hashes each text once; few messages go the way of `build_sql/`.

Each thread owns a share of the identifiers, by their hash: it finds or adds them, and notes when each was seen and whom it became, so that
nobody waits for a lock. Texts are compared byte for byte: a collision of hashes hides nothing. Importing `collect` loads the compiler.
Read in this order: `arrays`, `texts`, `passes`, `shares`, `read`, `threads`, `tables`, `collect`.
"""
