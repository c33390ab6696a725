"""What each number means, in one paragraph, with the rules that the settings put in force."""

from __future__ import annotations

from clew.config import Settings


def sessions(settings: Settings) -> str:
    """The definition of a session and of when it ends."""
    rules = settings.sessions
    return _sentences(
        f"A session is a run of one person's activity. An event begins a new one when the idle time before it is more than "
        f"{_minutes(rules.inactivity_minutes)}{_platforms(settings)}.",
        _further_rules(settings),
        f"Sessions count on the day they start, in {settings.project.timezone}.",
        _activity(settings),
    )


def people(settings: Settings) -> str:
    """The definition of active people, and of the raw ids beside them."""
    shared = {
        "next_login": "the user who logs in there next, or else did last",
        "last": "the user who logged in there last of all",
        "first": "the user who logged in there first",
    }[settings.identity.mode]
    return _sentences(
        "Active people are distinct people with activity in the period. A person is everything that shares one universal id: log-ins and alias calls "
        "join anonymous and user ids, however many hops apart. An anonymous event on a device that several users shared is given to "
        f"{shared}.",
        "Raw ids are the same events' distinct user ids, or anonymous ids where there is no user id (or a blocked one): what would be counted "
        "without stitching. The difference is the net effect of stitching.",
        "The total is counted over the whole range, so it is not the sum of its days.",
        _activity(settings),
    )


def bounce_rate(settings: Settings) -> str:
    """The definition of a bounced session."""
    rule = settings.bounce
    engagement = f" and none of {_names(rule.engagement_events)}" if rule.engagement_events else ""
    meaning = {
        "one_event": "it holds exactly one event",
        "arrival": f"nothing in it comes later than {rule.settle_seconds:g} s after its first event",
        "single_view": f"it holds at most one page or screen view{engagement}",
    }[rule.rule]
    return f"Bounced sessions divided by sessions. A session bounced if {meaning}. Dated by the session's start, in {settings.project.timezone}."


def session_people(settings: Settings) -> str:
    """The definition of people as the session metrics count them."""
    return (
        "Distinct people whose sessions start in the period, each counted once however many sessions they have. "
        f"Totals are counted over the whole range, so they are not the sum of the rows. Days are those of {settings.project.timezone}."
    )


def new_people(settings: Settings) -> str:
    """The definition of new people."""
    return (
        "People whose first session ever starts in the period. With filters: whose first session is among the sessions asked for. "
        f"Dated by that session's start, in {settings.project.timezone}."
    )


def returning_people(settings: Settings) -> str:
    """The definition of returning people."""
    return (
        "People with sessions in the period whose first session ever is not among them: people less new people. "
        f"Dated by the session's start, in {settings.project.timezone}."
    )


def sessions_per_person(settings: Settings) -> str:
    """The definition of sessions per person."""
    return f"Sessions divided by people, both counted over the same period and filters. {session_people(settings)}"


def median_duration(settings: Settings) -> str:
    """The definition of a session's median duration."""
    return (
        f"{_duration(settings)} The median is the nearest rank: the smallest duration that at least half of the sessions do not exceed, "
        "so it is the duration of a real session."
    )


def mean_duration(settings: Settings) -> str:
    """The definition of a session's mean duration."""
    return f"{_duration(settings)} The mean is the sum of durations divided by sessions; a few long sessions raise it above the median."


def events_per_session(settings: Settings) -> str:
    """The definition of events per session."""
    return _sentences("Events that belong to sessions, divided by those sessions.", _activity(settings), _ignored(settings))


def page_views(settings: Settings) -> str:
    """The definition of views of a page."""
    return _page("Page and screen messages of sessions that name the page.", settings)


def page_sessions(settings: Settings) -> str:
    """The definition of the sessions of a page."""
    return _page("Sessions with at least one event on the page, a view or another. The total counts each session once.", settings)


def views_per_session(settings: Settings) -> str:
    """The definition of views per session of a page."""
    return _page("Views of the page divided by sessions with at least one event on it.", settings)


def entrances(settings: Settings) -> str:
    """The definition of entrances by a page."""
    return _page("Sessions whose first event that names a page names this one: those that the session metrics count by landing page.", settings)


def page_bounce_rate(settings: Settings) -> str:
    """The definition of a page's bounce rate."""
    return f"Entrances by the page whose session bounced, divided by entrances. {bounce_rate(settings)}"


def exits(settings: Settings) -> str:
    """The definition of exits by a page."""
    return _page("Sessions whose last event that names a page names this one: those that the session metrics count by exit page.", settings)


def exit_rate(settings: Settings) -> str:
    """The definition of a page's exit rate."""
    return _page("Exits by the page divided by sessions with at least one event on it.", settings)


def median_time_on_page(settings: Settings) -> str:
    """The definition of the median time on a page."""
    return f"{_time_on_page(settings)} The median is the nearest rank: the smallest time that at least half of these views do not exceed."


def mean_time_on_page(settings: Settings) -> str:
    """The definition of the mean time on a page."""
    return f"{_time_on_page(settings)} The mean is the sum of these times divided by their number."


def _time_on_page(settings: Settings) -> str:
    return _page(
        "Time on a page is that from a view to the next page or screen view in its session, whatever it shows; after the last view, to the session's "
        "last event. Views that nothing follows are not measured: nobody knows how long they lasted, and they are not counted as 0 s.",
        settings,
    )


def _page(meaning: str, settings: Settings) -> str:
    """A page's number: what it means, and what all of them have in common."""
    return (
        f"{meaning} A page goes by its path, or by its URL where no path was sent. "
        f"All that happened in a session is dated by its start, in {settings.project.timezone}."
    )


def _duration(settings: Settings) -> str:
    return (
        "A session's duration is the time from its first to its last event: a session of one event lasts 0 s. "
        f"The buffer of {_minutes(settings.sessions.buffer_minutes)} after the last event is not part of it."
    )


def _ignored(settings: Settings) -> str:
    ignored = settings.sessions.ignore_events
    return f"In no session by rule: {_names(ignored)}." if ignored else ""


def _sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _minutes(minutes: float) -> str:
    return f"{minutes:g} min"


def _platforms(settings: Settings) -> str:
    own = settings.sessions.platform_inactivity_minutes
    return f" ({', '.join(f'{name}: {_minutes(minutes)}' for name, minutes in sorted(own.items()))})" if own else ""


def _further_rules(settings: Settings) -> str:
    rules = settings.sessions
    parts = (
        (rules.new_at_midnight, "a new local day begins one"),
        (rules.new_on_campaign, "another campaign begins one"),
        (rules.max_minutes > 0, f"none is longer than {_minutes(rules.max_minutes)}"),
        (bool(rules.end_events), f"{_names(rules.end_events)} ends one"),
        (bool(rules.start_events), f"{_names(rules.start_events)} begins one"),
        (bool(rules.ignore_events), f"{_names(rules.ignore_events)} touches none"),
        (rules.scope != "person", f"each {rules.scope} of a person has its own"),
    )
    said = [text for holds, text in parts if holds]
    return f"Also: {'; '.join(said)}." if said else ""


def _activity(settings: Settings) -> str:
    excluded = settings.activity.exclude
    return f"Not activity by rule: {_names(excluded)}." if excluded else ""


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"“{name}”" for name in names)
