"""Every setting with its default and help."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from clew.config.sections import Settings, Source


class SettingRow(NamedTuple):
    """One row of the table of settings."""

    name: str
    default: Any
    help: str


def settings_table() -> list[SettingRow]:
    """Every setting with its default and help, in the order of clew.toml."""
    rows = []
    for section in msgspec.structs.fields(Settings):
        struct = Source if section.name == "sources" else type(section.default)
        for field in msgspec.structs.fields(struct):
            rows.append(SettingRow(f"{section.name}.{field.name}", _default(field), _help(field)))
    return rows


def _default(field: Any) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return field.default_factory() if field.default_factory is not msgspec.NODEFAULT else "(required)"


def _help(field: Any) -> str:
    info = msgspec.inspect.type_info(field.type)
    return str(((info.extra_json_schema or {}) if isinstance(info, msgspec.inspect.Metadata) else {}).get("description", ""))
