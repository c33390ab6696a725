"""What events are joined with: what they came with, their session, their person's traits, and the account a person was last put into."""
# ruff: noqa: S608 - values are quoted by `literal` and the predicates, all else is our own

from __future__ import annotations

from collections.abc import Iterable

from clew.analyses.ctes import Cte
from clew.analyses.dimensions import BY_KEY
from clew.config import Settings
from clew.predicates import Field, Predicate
from clew.predicates.field import steps
from clew.quoting import literal
from clew.warehouse import own_events


def visits(keys: list[str]) -> Cte:
    """The CTE `visits`: these keys of OF_SESSION, for each event that lies in a session."""
    told = ", ".join(f"{text_of(key)} AS {key}" for key in keys)
    return Cte(
        "visits",
        "What is told of the session that an event lies in.",
        f"SELECT t.source, t.message_id, {told}\nFROM main.tracks_sessions_map AS t\nJOIN main.session_facts AS f ON f.session_id = t.session_id",
    )


def text_of(key: str) -> str:
    """SQL of what is told of a session, the row `f` of `session_facts`, as text; NULL where it is not known."""
    return f"nullif({BY_KEY[key].expression}, '')"


def properties(settings: Settings, named: Iterable[Predicate] | None, read: Iterable[Field]) -> Cte:
    """The CTE `properties` of the events named (None: all), with what these fields read: what the events came with, or columns of their own table."""
    return _of_own(named, read) if own_events.configured(settings) else _of_log(named)


def _of_own(named: Iterable[Predicate] | None, read: Iterable[Field]) -> Cte:
    columns = sorted({field.property_name for field in read if field.property_name})
    names = _names(named)
    only = f"\nWHERE event IN ({', '.join(map(literal, names))})" if names else ""
    return Cte(
        "properties",
        "What the events' own table says of them.",
        f"SELECT source, message_id, {own_events.properties(columns)} AS properties\nFROM clew.own_rows{only}",
    )


def _names(named: Iterable[Predicate] | None) -> list[str]:
    """The names of the events that are looked at; none: all."""
    names: set[str] | None = set()
    for predicate in named or ():
        names = None if names is None or predicate.names is None else names | predicate.names
    return sorted(names or ())


def _of_log(named: Iterable[Predicate] | None) -> Cte:
    names = _names(named)
    only = f"\n    AND (type <> 'track' OR event IN ({', '.join(map(literal, names))}))" if names else ""
    return Cte(
        "properties",
        "What the events came with.",
        f"SELECT source, message_id, payload AS properties\nFROM clew.events\nWHERE type IN ('track', 'page', 'screen'){only}",
    )


LAST_GROUPED = """ASOF JOIN groupings AS g
    ON g.person_id = m.person_id
    AND (m.model_time, m.received_at, m.batch_index, m.source, m.message_id) > g.place"""


def traits_of(names: Iterable[str], payload: str, place: str) -> str:
    """SQL of a JSON object of these traits: each as the newest call (by `place`) has it that names it, in calls of one person."""
    return f"json_object({', '.join(f'{literal(name)}, arg_max({payload}->{steps((name,))[0]}, {place})' for name in names)})"


def traits(settings: Settings, names: list[str]) -> list[Cte]:
    """The CTE `traits` (and that it needs): these traits of each person, as JSON."""
    return [
        Cte(
            "identify_calls",
            "What was said of people, and when.",
            f"""
SELECT source, message_id, {_TIME} AS model_time, received_at, batch_index, user_id, anonymous_id, payload, {_space(settings)} AS space
FROM clew.model_events
JOIN (SELECT source, message_id, payload FROM clew.events WHERE type = 'identify') AS e USING (source, message_id)
WHERE type = 'identify' AND load_id <= (SELECT max(load_id) FROM clew.builds)""",
        ),
        Cte(
            "traits",
            "The newest that was said of each person: of the user named, else whose the device was then.",
            f"""
SELECT {_OWNER} AS person_id, {traits_of(names, "c.payload", "(c.model_time, c.received_at, c.batch_index, c.source, c.message_id)")} AS traits
FROM identify_calls AS c
{_owners(settings)}
GROUP BY ALL""",
        ),
    ]


_TIME = "CASE WHEN timestamp > received_at + INTERVAL 1 HOUR OR timestamp < TIMESTAMP '2000-01-01' THEN received_at ELSE timestamp END"
_OWNER = "coalesce(u.person_id, i.person_id, a.person_id)"


def _owners(settings: Settings) -> str:
    """Joins of calls `c` with the person of the user that they name, of the device then, and of the device."""
    space = " AND {}.space = c.space" if settings.identity.space else ""
    return f"""LEFT JOIN main.universal_alias_mapping AS u ON u.alias = c.user_id{space.format("u")}
LEFT JOIN main.universal_alias_mapping AS a ON a.alias = c.anonymous_id{space.format("a")}
LEFT JOIN main.alias_intervals AS i
    ON i.alias = c.anonymous_id{space.format("i")}
    AND c.model_time >= coalesce(i.valid_from, TIMESTAMP '0001-01-01')
    AND c.model_time < coalesce(i.valid_to, TIMESTAMP '9999-12-31')"""


def groupings(settings: Settings) -> list[Cte]:
    """The CTE `groupings` (and that it needs): who belonged to which account from when on. LAST_GROUPED joins it."""
    return [
        Cte(
            "group_calls",
            "Who was said to belong to which account, and when.",
            f"""
SELECT source, message_id, {_TIME} AS model_time, received_at, batch_index, user_id, anonymous_id, group_id, {_space(settings)} AS space
FROM clew.model_events
WHERE type = 'group' AND group_id IS NOT NULL AND load_id <= (SELECT max(load_id) FROM clew.builds)""",
        ),
        Cte(
            "groupings",
            "The same by person: the user named, else whose the device was then.",
            f"""
SELECT
    {_OWNER} AS person_id, c.group_id,
    (c.model_time, c.received_at, c.batch_index, c.source, c.message_id) AS place
FROM group_calls AS c
{_owners(settings)}
WHERE {_OWNER} IS NOT NULL""",
        ),
    ]


def _space(settings: Settings) -> str:
    spaces = settings.identity.space
    if not spaces:
        return "''"
    return "CASE source " + " ".join(f"WHEN {literal(s)} THEN {literal(space)}" for s, space in sorted(spaces.items())) + " ELSE '' END"
