"""The answer of a report, as Python, the command line and the pages have it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clew.analyses.charts import Chart
from clew.analyses.registry import Question, question
from clew.analyses.told import Told
from clew.config import Settings
from clew.errors import QueryError

if TYPE_CHECKING:
    import pandas
    import plotly.graph_objects
    import polars

Tell = Callable[[Question], Told]
"""Answers one question."""


class Answer:
    """What a report says. `rows` hold JSON's values; `data_as_of` is the build's, ISO 8601 in UTC; `sql` gives the same rows anywhere.

    `engine` says who answered, `kernel` or `sql`, and `seconds` what that took.
    """

    def __init__(self, asked: Question, told: Told, again: Callable[..., Answer]) -> None:
        self.report = asked.report
        self.params = asked.params
        self.sql = asked.sql
        self.data_as_of = told.data_as_of
        self.rows = told.rows
        self.engine = told.engine
        self.seconds = told.seconds
        self._asked = asked
        self._again = again

    @property
    def chart(self) -> Chart | None:
        """The chart of the rows as Plotly's JSON; None where there is none to draw."""
        return self._asked.chart(self.rows)

    @property
    def is_list(self) -> bool:
        """Whether it says who is behind a number."""
        return self._asked.is_list

    def as_json(self) -> dict[str, Any]:
        """`report`, `params`, `data_as_of` and `rows`."""
        return {"report": self.report, "params": self.params, "data_as_of": self.data_as_of, "rows": self.rows}

    def people(self, step: int, *, dropped: bool = False) -> list[str]:
        """A funnel's people who reached `step`; with `dropped`, who reached the one before it and not this one. As many as the number says.

        Raises QueryError for other reports, and where the unit is no person.
        """
        if self.report != "funnel" or self.params["unit"] != "person":
            raise QueryError(f"people: expected a funnel of persons, found {self.report} of {self.params.get('unit', 'no unit')}")
        given = {**self.params, "by": None, "by_day": False, "dropped" if dropped else "reached": step}
        return [str(row["universal_user_id"]) for row in self._again(given).rows]

    def figure(self) -> plotly.graph_objects.Figure:
        """The chart that the page shows. Raises QueryError where there is none to draw: no rows, or a file without `-- chart:`."""
        if self.chart is None:
            raise QueryError(f"figure: expected rows that can be drawn, found {len(self.rows)} rows of {self.report}, for which there is no chart")
        import plotly.graph_objects

        return plotly.graph_objects.Figure(self.chart)

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas frame. Raises ImportError without pandas."""
        frame: pandas.DataFrame = _imported("pandas").DataFrame(self.rows)
        return frame

    def to_polars(self) -> polars.DataFrame:
        """The rows as a polars frame. Raises ImportError without polars."""
        frame: polars.DataFrame = _imported("polars").DataFrame(self.rows, infer_schema_length=None)
        return frame

    def __repr__(self) -> str:
        return f"<Answer {self.report}: {len(self.rows)} rows, data as of {self.data_as_of}>"


def ask(tell: Tell, name: str, given: Mapping[str, Any], settings: Settings, root: Path) -> Answer:
    """Ask a report. Raises QueryError for a question that cannot be asked, and where nothing is built yet."""
    asked = question(name, given, settings, root)
    return Answer(asked, tell(asked), lambda again: ask(tell, name, again, settings, root))


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"expected {name} to be installed for this, found none: pip install 'clew[{name}]'") from error
