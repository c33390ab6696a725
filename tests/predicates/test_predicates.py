"""Predicates: that Python and SQL agree, that text says what it says, and that errors tell the place."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clew.errors import QueryError
from clew.predicates import COLUMNS, OF_SESSION, Alternative, Condition, Event, Field, Predicate, parse, parse_field

CONNECTION = duckdb.connect(config={"threads": 1})
NAMES = ("Product Added", "Page Viewed", "it's", "")
KEYS = ("a", "b", "a b", "a.b", 'q"', "", "*", "\\", "0", "a/b~", "é")
TEXTS = (
    "",
    "Games",
    "games",
    "10",
    "10.0",
    "1e1",
    " 10",
    "007",
    "true",
    "null",
    "nan",
    "inf",
    "1_0",
    "{}",
    "[1]",
    '{"a":1}',
    "it's",
    "é",
    "-",
    ".5",
    "1e400",
)

texts = (
    st.sampled_from(TEXTS)
    | st.text("0123456789.eE+-_ infa'%", max_size=5)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
)
scalars = (
    st.none()
    | st.booleans()
    | texts
    | st.integers(-(2**70), 2**70)
    | st.integers(-11, 11)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from((10, 10.0, 0.5, -0.0))
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=2), max_leaves=4)
keys = st.lists(st.sampled_from(KEYS), min_size=1, max_size=2)
fields = st.builds(lambda path, of: Field(path=tuple(path), of=of), keys, st.sampled_from(("event", "event", "person"))) | st.builds(
    Field, column=st.sampled_from((*COLUMNS, *OF_SESSION))
)
numbers = st.sampled_from(("10", "0.5", "-3", "1e3", "007", "123456789012345678901234567890", "0.1"))
conditions = (
    st.builds(
        lambda f, o, v: Condition(field=f, operator=o, values=(v,)),
        fields,
        st.sampled_from(("is", "is not", "contains", "does not contain", "starts with")),
        texts,
    )
    | st.builds(lambda f, o, v: Condition(field=f, operator=o, values=(v,)), fields, st.sampled_from((">", ">=", "<", "<=")), numbers)
    | st.builds(lambda f, o: Condition(field=f, operator=o), fields, st.sampled_from(("set", "not set")))
    | st.builds(lambda f, v: Condition(field=f, operator="in", values=tuple(v)), fields, st.lists(texts, min_size=1, max_size=3))
)
alternatives = st.builds(lambda n, w: Alternative(name=n, where=tuple(w)), st.none() | st.sampled_from(NAMES), st.lists(conditions, max_size=2))
predicates = st.builds(lambda a: Predicate(alternatives=tuple(a)), st.lists(alternatives, min_size=1, max_size=2))
columns = st.fixed_dictionaries({}, optional={name: st.none() | texts for name in (*COLUMNS, *OF_SESSION)})
objects = st.dictionaries(st.sampled_from(KEYS), values, max_size=4)
events = st.builds(Event, event=st.none() | st.sampled_from(NAMES), columns=columns, properties=objects, traits=objects)


def in_sql(predicate: Predicate, event: Event) -> Any:
    row = {"event": event.event, **{name: event.columns.get(name) for name in (*COLUMNS, *OF_SESSION)}}
    columns = ", ".join(f"CAST(${name} AS VARCHAR) AS {name}" for name in row)
    # As in the warehouse: JSON as the database writes it.
    objects = ", ".join(f"from_json(${name}, '\"JSON\"') AS {name}" for name in ("properties", "traits"))
    values = {**row, "properties": json.dumps(event.properties), "traits": json.dumps(event.traits)}
    answer = CONNECTION.execute(f"SELECT {predicate.to_sql()} FROM (SELECT {columns}, {objects})", values).fetchone()
    return answer and answer[0]


@settings(max_examples=1000, deadline=None)
@given(predicates, events)
def test_python_and_sql_agree(predicate: Predicate, event: Event) -> None:
    assert (in_sql(predicate, event) is True) is predicate.matches(event)


@settings(max_examples=500, deadline=None)
@given(
    conditions.filter(lambda c: c.field.property_name == "a" and len(c.field.path) == 1)
    | st.builds(lambda o, v: Condition(field=Field(path=("a",)), operator=o, values=(v,)), st.just("is"), texts),
    values,
)
def test_python_and_sql_agree_on_one_value(condition: Condition, value: Any) -> None:
    event = Event(event="e", properties={"a": value})
    assert (in_sql(Predicate(alternatives=(Alternative(where=(condition,)),)), event) is True) is condition.matches(event)


@settings(max_examples=300, deadline=None)
@given(predicates)
def test_what_is_written_is_read(predicate: Predicate) -> None:
    assert parse(str(predicate)) == predicate


@settings(max_examples=1000, deadline=None)
@given(st.text('ab{}|,=!~^<>()"\\@.* \0in1', max_size=20))
@example("a{b in(c)}")
def test_any_text_is_a_predicate_or_an_error_with_its_place(text: str) -> None:
    try:
        predicate = parse(text)
    except QueryError as error:
        predicate, said = None, str(error)
    if predicate is None:
        assert "at character" in said
        return
    assert parse(str(predicate)) == predicate
    CONNECTION.execute(f"SELECT 1 FROM (SELECT NULL::VARCHAR AS event, NULL::JSON AS properties) WHERE {predicate.to_sql()}")


@pytest.mark.parametrize(
    ("text", "event", "expected"),
    [
        ("Product Added", {}, True),
        ("Product Added{category=Games}", {"category": "Games"}, True),
        ("Product Added{category=games}", {"category": "Games"}, False),
        ("Product Added{category!=Games}", {}, True),
        ("Product Added{category!~ame}", {}, True),
        ("Product Added{category!~ame}", {"category": "Games"}, False),
        ("Product Added{category ^= Ga}", {"category": "Games"}, True),
        ("Product Added{price>=10, price < 20}", {"price": 10}, True),
        ("Product Added{price=10}", {"price": 10.0}, True),
        ("Product Added{category in (Books, Games)}", {"category": "Games"}, True),
        ("Product Added{category}", {"category": None}, False),
        ("Product Added{!category}", {"category": None}, True),
        ("Product Added{address.city=Ghent}", {"address": {"city": "Ghent"}}, True),
        ('Product Added{"address.city"=Ghent}', {"address.city": "Ghent"}, True),
        ("Page Viewed | Product Added{free=true}", {"free": True}, True),
        ("*{@platform=ios}", {}, True),
        ("*{@platform!=ios}", {}, False),
        ("Page Viewed", {}, False),
    ],
)
def test_what_it_means(text: str, event: dict[str, Any], expected: bool) -> None:
    row = Event(event="Product Added", columns={"platform": "ios"}, properties=event)
    assert parse(text).matches(row) is expected
    assert (in_sql(parse(text), row) is True) is expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at character 1: expected the name of an event, or *, found the end"),
        ("A{b=}", "at character 5: expected a value"),
        ("A{b=c", "expected , or }, found the end"),
        ("A{price>cheap}", "expected a number after >"),
        ("A{@somebody=1}", "expected one of @type, @source"),
        ("A{@person=1}", "expected . and the name of a trait after @person"),
        ("A{b in c}", "expected ( after in, found 'c}'"),
        ('A{b="c}', 'expected a closing "'),
        ("A}", "expected | or {, found '}'"),
        ("A{b=c\0}", "expected text without NUL"),
    ],
)
def test_errors(text: str, said: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(text)
    assert said in str(raised.value)


def test_a_field_alone() -> None:
    assert parse_field("address.city") == Field(path=("address", "city"))
    assert parse_field(" @platform ") == Field(column="platform")
    assert parse_field("@channel") == Field(column="channel")
    assert parse_field("@person.plan.name") == Field(path=("plan", "name"), of="person")
    with pytest.raises(QueryError, match="expected the end"):
        parse_field("a b")


def test_sql_is_read_easily() -> None:
    assert parse("Product Added{category=Games}").to_sql() == ("event = 'Product Added' AND (properties->>'$.category') = 'Games'")
