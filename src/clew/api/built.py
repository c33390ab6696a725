"""What is told of a build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from clew import clock

if TYPE_CHECKING:
    from clew.models import BuildResult


class BuildAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What `clew build` did. Times are microseconds since 1970 UTC; `rows` counts the rows of each model."""

    build_id: int
    built: bool
    """False where nothing was new since that build."""
    load_id: int
    data_as_of: int | None
    seconds: float
    rows: dict[str, int]
    trouble: str = ""
    """What did not work beside the build."""

    def as_json(self) -> dict[str, Any]:
        return {**msgspec.to_builtins(self), "data_as_of": None if self.data_as_of is None else clock.iso(self.data_as_of)}

    def as_text(self) -> str:
        as_of = "no data" if self.data_as_of is None else f"data as of {clock.iso(self.data_as_of)}"
        first = f"build {self.build_id}, {as_of}, {self.seconds:.2f} s" if self.built else f"nothing new since build {self.build_id}, {as_of}"
        return "\n".join([first, *(f"  {name}: {count:,} rows" for name, count in self.rows.items()), *filter(None, [self.trouble])])


def build_answer(result: BuildResult, built: bool, trouble: str = "") -> BuildAnswer:
    """What is told of a build; `built` is false where it stood before."""
    return BuildAnswer(
        build_id=result.build_id,
        built=built,
        load_id=result.load_id,
        data_as_of=result.data_as_of,
        seconds=result.seconds,
        rows=dict(result.rows),
        trouble=trouble,
    )
