"""A process that loads a project's log until it is killed or done. `python loading_child.py ROOT MAX_BYTES SCAN_LINES`."""

from __future__ import annotations

import sys
from pathlib import Path

from clew.config import Settings, Warehouse
from clew.warehouse import Warehouse as Database
from clew.warehouse.loading import keys, scanning
from clew.warehouse.loading.load import Loader

keys.TAIL_KEYS = 200  # so that files of keys are written and merged all the time

root, max_bytes, scanning.SCAN_LINES = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
if scanning.SCAN_LINES == 1:  # the compiler is loaded before somebody kills this
    from clew.warehouse.loading.lines import Lines
    from clew.warehouse.loading.scan.plain import Scanner

    Scanner().read(Lines([b"{}"]))
settings = Settings(warehouse=Warehouse(threads=1, memory="500MB"))
with Database.open(root, settings) as database:
    loader = Loader(database, root, settings)
    print("ready", flush=True)
    while loader.load(max_bytes).records:
        pass
    loader.close()
print("done", flush=True)
