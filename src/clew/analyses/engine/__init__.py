"""How reports are answered: by compiled passes over the timeline where these do what is asked, else by SQL. Both give the same rows.

`tell` chooses and runs. `held` is what is known of a build's timeline, `asking` one question at one build, `matching` turns conditions into what
kernels take, `periods` is the calendar. One module a report makes its rows: `funnel`, `retention`, `activity` (lifecycle and stickiness), `paths`,
`trends`.
"""

from clew.analyses.engine.tell import Engine

__all__ = ["Engine"]
