"""The funnel: how many get through steps, in which order, within which time. `docs/funnel.md` has the definition.

`params` is what can be asked, `chain` and `anyorder` find each unit's attempt, `answer` counts them.
"""

from clew.analyses.funnel.answer import sql
from clew.analyses.funnel.params import Params

__all__ = ["Params", "sql"]
