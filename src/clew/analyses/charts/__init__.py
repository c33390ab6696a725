"""Charts of reports, as Plotly's own JSON: `data` and `layout`. Pages draw them in their colours, `Answer.figure()` makes a figure of them.

Built here as plain dicts, so that no page waits for Plotly to be imported.
"""

from clew.analyses.charts.built_in import BUILT_IN
from clew.analyses.charts.compared import compared
from clew.analyses.charts.kinds import Chart, of_header

__all__ = ["BUILT_IN", "Chart", "compared", "of_header"]
