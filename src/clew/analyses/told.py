"""What is told of a question, whoever answered it."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any, Literal

import msgspec

By = Literal["kernel", "sql"]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: rows as JSON has them, who made them, and what it took."""

    data_as_of: str | None
    rows: list[dict[str, Any]]
    engine: By
    seconds: float


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The same question answered twice over one build. `kernel` is None where kernels do not do it: then there is nothing to compare."""

    report: str
    params: dict[str, Any]
    kernel: Told | None
    sql: Told

    @property
    def agrees(self) -> bool | None:
        """Whether both say the same; None where only the SQL says anything."""
        return None if self.kernel is None else (self.kernel.data_as_of, self.kernel.rows) == (self.sql.data_as_of, self.sql.rows)

    @property
    def differing(self) -> list[tuple[dict[str, Any] | None, dict[str, Any] | None]]:
        """The rows that differ, as the timeline and as the SQL has them; None: there is none at that place."""
        ours = self.kernel.rows if self.kernel else []
        return [(a, b) for a, b in zip_longest(ours, self.sql.rows) if a != b]

    @property
    def said(self) -> str:
        """The verdict in a sentence."""
        if self.kernel is None:
            return "The timeline does not answer this question: the answer is the SQL's alone."
        if self.agrees:
            return f"Both say the same: {len(self.sql.rows)} rows."
        return f"They differ in {len(self.differing)} of {max(len(self.kernel.rows), len(self.sql.rows))} rows. The SQL is the definition."
