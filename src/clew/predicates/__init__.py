"""One filter for funnels, audiences, destinations and boards: which events are meant.

`parse('Product Added{category=Games}')` gives a `Predicate`. `matches(event)` answers for one event in Python, `to_sql()` for rows in the database;
a property test says that they agree. The grammar stands in `clew.predicates.text`.
"""

from clew.predicates.field import COLUMNS, OF_SESSION, Field
from clew.predicates.filter import Alternative, Condition, Event, Predicate
from clew.predicates.text import parse, parse_field

__all__ = ["COLUMNS", "OF_SESSION", "Alternative", "Condition", "Event", "Field", "Predicate", "parse", "parse_field"]
