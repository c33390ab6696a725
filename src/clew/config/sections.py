"""The settings as frozen structs: the structs are the table of settings."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

BLOCKED_IDS = ("null", "none", "undefined", "nan", "n/a", "0", "-1", "true", "false", "anonymous", "guest", "unknown")


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the sections: frozen, and unknown keys are errors."""


class Source(Section, frozen=True):
    """One site, app or server that sends events."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="schema of its tables: lower case, digits, underscores")]
    write_key: Annotated[str, Meta(min_length=1, description="what its clients send; public in browsers")]
    client_side: Annotated[bool, Meta(description="fill context.ip and userAgent from the request: true for browsers and apps")] = False


class Project(Section, frozen=True):
    name: Annotated[str, Meta(description="shown on every page")] = "clew"
    timezone: Annotated[str, Meta(description="IANA zone of days, weeks and months")] = "UTC"
    week_starts: Annotated[Literal["monday", "sunday", "saturday"], Meta(description="first day of a week")] = "monday"


class Collect(Section, frozen=True):
    address: Annotated[str, Meta(description="HOST:PORT of the HTTP Tracking API")] = "127.0.0.1:8471"
    clock_tolerance_seconds: Annotated[
        int, Meta(ge=0, description="sender and receiver agree on the time within this; 0 = Segment's formula always")
    ] = 60
    max_message_bytes: Annotated[int, Meta(ge=1024, description="largest single message")] = 32 * 1024
    max_batch_bytes: Annotated[int, Meta(ge=1024, description="largest request after decompression")] = 512_000
    max_batch_messages: Annotated[int, Meta(ge=1, description="messages in a batch; those beyond are refused one by one")] = 2500
    max_properties: Annotated[int, Meta(ge=1, description="keys of one message's properties or traits")] = 10_000
    max_depth: Annotated[int, Meta(ge=1, description="nesting of one message")] = 64
    unknown_key: Annotated[Literal["refuse", "drop"], Meta(description="answer to an unknown write key: 401, or 200 and drop")] = "refuse"
    remember_messages: Annotated[int, Meta(ge=0, description="message ids held in memory to refuse repeats at the door")] = 200_000
    commit_bytes: Annotated[int, Meta(ge=1, description="group commit: write when this much has gathered")] = 4 * 1024 * 1024
    commit_seconds: Annotated[float, Meta(ge=0, description="group commit: wait at most this long for more; 0 = as soon as the disk is free")] = 0.0


class Log(Section, frozen=True):
    roll_bytes: Annotated[int, Meta(ge=4096, description="a chunk is closed at this size")] = 128 * 1024 * 1024
    roll_seconds: Annotated[int, Meta(ge=1, description="a chunk is closed at this age")] = 86_400
    compress: Annotated[bool, Meta(description="gzip closed chunks")] = True
    retention_days: Annotated[int, Meta(ge=0, description="closed chunks that every cursor has passed are deleted after this; 0 = never")] = 0


class Warehouse(Section, frozen=True):
    memory: Annotated[str, Meta(description="memory limit of the database; empty = a quarter of the machine, 1 to 4 GB")] = ""
    threads: Annotated[int, Meta(ge=0, description="threads of the database; 0 = one per core")] = 0
    load_seconds: Annotated[float, Meta(gt=0, description="pause between loads when there is nothing to do")] = 1.0
    max_columns: Annotated[int, Meta(ge=1, description="new columns a table before further keys go to its JSON column")] = 1000
    text_limit: Annotated[int, Meta(ge=0, description="cut texts at this many characters (Segment: 512); 0 = never")] = 0
    first_value_types: Annotated[bool, Meta(description="a column keeps the type of its first value, as Segment does, instead of widening")] = False


class OwnEvents(Section, frozen=True):
    """An existing table or Parquet files as the events: which column is what."""

    table: Annotated[str, Meta(description="table of an attached DuckDB file; empty = use files or the log")] = ""
    database: Annotated[str, Meta(description="DuckDB file that holds the table, relative to the project")] = ""
    files: Annotated[str, Meta(description="Parquet files (a glob), relative to the project")] = ""
    time: Annotated[str, Meta(description="column: when it happened")] = "timestamp"
    event: Annotated[str, Meta(description="column: the event's name")] = "event"
    person: Annotated[str, Meta(description="column: the person, where identities are already known")] = ""
    user_id: Annotated[str, Meta(description="column: user id")] = ""
    anonymous_id: Annotated[str, Meta(description="column: anonymous id")] = ""
    message_id: Annotated[str, Meta(description="column: unique id; empty = the row number")] = ""
    received_at: Annotated[str, Meta(description="column: when it arrived; empty = when it happened")] = ""
    load_id: Annotated[str, Meta(description="column: number of the load that brought the row; empty = a changed file is read anew")] = ""
    platform: Annotated[str, Meta(description="column: platform")] = ""
    url: Annotated[str, Meta(description="column: page URL")] = ""
    referrer: Annotated[str, Meta(description="column: referrer")] = ""


Edge = Annotated[tuple[str, ...], Meta(min_length=2, max_length=3)]


class Identity(Section, frozen=True):
    mode: Annotated[Literal["next_login", "last", "first"], Meta(description="whose an anonymous event on a shared device is")] = "next_login"
    blocked: Annotated[tuple[str, ...], Meta(description="identifiers treated as absent (trimmed, lower case)")] = BLOCKED_IDS
    max_aliases_per_person: Annotated[int, Meta(ge=1, description="leaf aliases of one person beyond which they are held back")] = 1000
    space: Annotated[dict[str, str], Meta(description="source -> identity space; sources not named share the default space")] = {}
    denied: Annotated[tuple[Edge, ...], Meta(description="edges (alias, next_alias), or with their space as a third, taken away by hand")] = ()


class Sessions(Section, frozen=True):
    inactivity_minutes: Annotated[float, Meta(gt=0, description="idle time that, exceeded, ends a session")] = 30
    platform_inactivity_minutes: Annotated[dict[str, float], Meta(description="platform -> its own inactivity minutes")] = {}
    buffer_minutes: Annotated[float, Meta(ge=0, description="added after the last event for session_end")] = 30
    new_at_midnight: Annotated[bool, Meta(description="a new local day begins a new session")] = False
    new_on_campaign: Annotated[bool, Meta(description="another campaign begins a new session")] = False
    max_minutes: Annotated[float, Meta(ge=0, description="longest session; 0 = no limit")] = 0
    end_events: Annotated[tuple[str, ...], Meta(description="events that close a session, such as Signed Out")] = ()
    start_events: Annotated[tuple[str, ...], Meta(description="events that open a session, such as Application Opened")] = ()
    start_grace_seconds: Annotated[float, Meta(ge=0, description="a start event opens a session only if the previous event is older than this")] = 10
    ignore_events: Annotated[tuple[str, ...], Meta(description="events that touch no session")] = ()
    scope: Annotated[Literal["person", "platform", "device"], Meta(description="sessions of a person, or of a person on a platform or device")] = (
        "person"
    )


class Bounce(Section, frozen=True):
    rule: Annotated[Literal["one_event", "arrival", "single_view"], Meta(description="which sessions bounced")] = "one_event"
    settle_seconds: Annotated[float, Meta(ge=0, description="arrival: nothing later than this after the first event")] = 1
    engagement_events: Annotated[tuple[str, ...], Meta(description="single_view: events that show engagement")] = ()


class Activity(Section, frozen=True):
    exclude: Annotated[tuple[str, ...], Meta(description="event names that are not a person's activity")] = ()


class Enrich(Section, frozen=True):
    geoip_file: Annotated[str, Meta(description="GeoIP file (.mmdb) for the country of addresses, relative to the project; empty = none")] = ""


class Web(Section, frozen=True):
    address: Annotated[str, Meta(description="HOST:PORT of the pages")] = "127.0.0.1:8470"
    login: Annotated[bool, Meta(description="pages ask for a log-in")] = True
    hosts: Annotated[tuple[str, ...], Meta(description="names besides localhost that the pages answer to, such as clew.example.com")] = ()
    query_seconds: Annotated[float, Meta(gt=0, description="a user's SQL is stopped after this")] = 30
    query_rows: Annotated[int, Meta(ge=1, description="rows of a user's SQL on a page; the command line gets them all")] = 100_000
    shared_least: Annotated[
        int, Meta(ge=0, description="on a dashboard that is seen by a link, numbers of fewer people than this are hidden; 0 = none are")
    ] = 5


class Build(Section, frozen=True):
    pause_seconds: Annotated[float, Meta(ge=0, description="pause after a build, at least")] = 2.0
    pause_share: Annotated[float, Meta(ge=0, description="pause after a build as a multiple of the time it took")] = 1.0


class Timelines(Section, frozen=True):
    keep: Annotated[bool, Meta(description="builds keep a timeline beside the models, which reports are answered from where they can be")] = True
    verify_share: Annotated[
        float, Meta(ge=0, le=1, description="share of the answers from the timeline that are asked again by SQL, in the background, and compared")
    ] = 0.02


class Settings(Section, frozen=True):
    """All settings of a project."""

    project: Project = Project()
    sources: tuple[Source, ...] = ()
    collect: Collect = Collect()
    log: Log = Log()
    warehouse: Warehouse = Warehouse()
    events: OwnEvents = OwnEvents()
    identity: Identity = Identity()
    sessions: Sessions = Sessions()
    bounce: Bounce = Bounce()
    activity: Activity = Activity()
    enrich: Enrich = Enrich()
    web: Web = Web()
    build: Build = Build()
    timelines: Timelines = Timelines()
