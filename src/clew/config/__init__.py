"""Settings: clew.toml and the environment, read once into frozen structs (`sections`). The structs are the table of settings.

A setting `section.name` stands in clew.toml under `[section]`, and may be given as `CLEW_SECTION_NAME`. Unknown keys are errors.
`settings_table()` lists every setting with its default and help; docs/settings.md must name each (a test says so).
"""

from clew.config.paths import Paths, salt
from clew.config.read import RESERVED_SCHEMAS, changed, load, parse, toml_value, variable
from clew.config.sections import (
    BLOCKED_IDS,
    Activity,
    Bounce,
    Build,
    Collect,
    Enrich,
    Identity,
    Log,
    OwnEvents,
    Project,
    Section,
    Sessions,
    Settings,
    Source,
    Timelines,
    Warehouse,
    Web,
)
from clew.config.table import SettingRow, settings_table

__all__ = [
    "BLOCKED_IDS",
    "RESERVED_SCHEMAS",
    "Activity",
    "Bounce",
    "Build",
    "Collect",
    "Enrich",
    "Identity",
    "Log",
    "OwnEvents",
    "Paths",
    "Project",
    "Section",
    "Sessions",
    "SettingRow",
    "Settings",
    "Source",
    "Timelines",
    "Warehouse",
    "Web",
    "changed",
    "load",
    "parse",
    "salt",
    "settings_table",
    "toml_value",
    "variable",
]
