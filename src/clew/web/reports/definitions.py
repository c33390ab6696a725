"""What a report's numbers mean, with the rules in force."""

from __future__ import annotations

from clew.config import Settings

_SAID = {
    "trends": (
        "What was asked, counted in each period of the project's time zone. A period without events is there with 0. A value of "
        "a breakdown is counted on its own, so that values do not add up to people. A period that is not over at the time of "
        "the data is marked so far, and its line is dashed."
    ),
    "funnel": (
        "A unit reaches a step if it did all steps up to it in this order, within the window from its first step, starting on "
        "one of the days, and with nothing excluded between. One event serves one step, and different attempts are never mixed. "
        "The attempt that is reported is the first to get farthest; of those that get there at the same moment the one that "
        "started last. A unit counts once. By day, the line is dashed over the last days on which some began whose window is not over."
    ),
    "paths": (
        "What was done one after the other, in each session that began on these days (or by each person over them). Each "
        "path begins at the start or at the first anchor; of a limit in time only what is within it is looked at, for the goal "
        "too. In this, repeats of a name that follow each other are one, unless they are kept, and the path is cut at its depth; "
        "names that are not among the most frequent of their step are (other). (exit) means that the session, or the time that "
        "is looked at, really ended there."
    ),
    "retention": (
        "Who was first there in a period, ever, is its cohort. A cell is the share of the cohort that returned so many periods "
        "later. Cells in which somebody can still return are marked so far; the averages are of the others."
    ),
    "lifecycle": (
        "New: first activity ever in this period. Returning: active in it and in the one before. Resurrected: active, not new, "
        "and not active in the one before. Dormant: active in the one before and not in this one, known when this one is over. "
        "The bars of a period that is not over are hatched."
    ),
    "stickiness": (
        "Who was active on a day, of those active on it or one of the 27 days before. The row without a day is the mean of the "
        "ratios over days that are over; the line to the one that is not is dashed. The histogram counts on how many of these days each was active."
    ),
}


def definition(name: str, settings: Settings) -> str:
    """A paragraph."""
    excluded = settings.activity.exclude
    rule = f" Not activity by rule: {', '.join(f'“{each}”' for each in excluded)}." if excluded else ""
    return f"{_SAID[name]} Time zone {settings.project.timezone}.{rule}"
