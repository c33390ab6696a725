"""Settings: clew.toml and the environment, read once into frozen structs. The structs are the table of settings.

A setting `section.name` stands in clew.toml under `[section]`, and may be given as `CLEW_SECTION_NAME`. Unknown keys are errors.
`settings_table()` lists every setting with its default and help; docs/settings.md must name each (a test says so).
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from clew import clock
from clew.errors import ConfigError, ProjectError

Text = str
RESERVED_SCHEMAS = frozenset({"main", "clew", "temp", "system", "information_schema", "pg_catalog", "models"})
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


class SettingRow(NamedTuple):
    """One row of the table of settings."""

    name: str
    default: Any
    help: str


class Paths(NamedTuple):
    """Where things are inside a project folder."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "clew.toml"

    @property
    def log(self) -> Path:
        """Accepted messages."""
        return self.root / "log"

    @property
    def refused(self) -> Path:
        """Refused messages, a log of the same form."""
        return self.root / "refused"

    @property
    def database(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def timeline(self) -> Path:
        """Each person's events as columns; may be deleted while nothing runs: the next build makes it again."""
        return self.root / "timeline"

    @property
    def kernels(self) -> Path:
        """Compiled code; may be deleted while nothing runs."""
        return self.root / "kernels"

    @property
    def dedupe(self) -> Path:
        """Sorted runs of key hashes."""
        return self.root / "dedupe"

    @property
    def scratch(self) -> Path:
        """Spill files of the database; may be deleted while nothing runs."""
        return self.root / "scratch"

    @property
    def state(self) -> Path:
        """Clew's own small tables (log-ins, roles)."""
        return self.root / "state.sqlite"

    @property
    def exports(self) -> Path:
        """Files of saved reports that are written on a schedule."""
        return self.root / "exports"

    @property
    def run(self) -> Path:
        """Locks, addresses and the local token of running processes."""
        return self.root / "run"

    @property
    def salt(self) -> Path:
        """The secret that `universal_hash` is made with."""
        return self.root / "secret.salt"


def settings_table() -> list[SettingRow]:
    """Every setting with its default and help, in the order of clew.toml."""
    rows = []
    for section in msgspec.structs.fields(Settings):
        struct = Source if section.name == "sources" else type(section.default)
        for field in msgspec.structs.fields(struct):
            rows.append(SettingRow(f"{section.name}.{field.name}", _default(field), _help(field)))
    return rows


def _default(field: Any) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return field.default_factory() if field.default_factory is not msgspec.NODEFAULT else "(required)"


def _help(field: Any) -> str:
    info = msgspec.inspect.type_info(field.type)
    return str(((info.extra_json_schema or {}) if isinstance(info, msgspec.inspect.Metadata) else {}).get("description", ""))


def load(root: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the project in `root`. Raises ProjectError without clew.toml, ConfigError with what and where."""
    path = Paths(root).config
    try:
        return parse(path.read_text("utf-8"), path, environment)
    except FileNotFoundError as error:
        raise ProjectError(f"expected {path}, found no such file: run `clew init {root}` or give --project") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error


def parse(text: str, path: Path, environment: Mapping[str, str]) -> Settings:
    """The settings that the text of a clew.toml makes; `path` is where errors say that they are. Raises ConfigError."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    _apply_environment(values, environment)
    try:
        settings = msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}") from error
    _check(settings, path)
    return settings


def _apply_environment(values: dict[str, Any], environment: Mapping[str, str]) -> None:
    for row in settings_table():
        section, name = row.name.split(".")
        text = environment.get(variable(row.name))
        if text is not None and section != "sources":
            values.setdefault(section, {})[name] = toml_value(text)


def variable(name: str) -> str:
    """The environment variable of a setting.

    >>> variable("sessions.buffer_minutes")
    'CLEW_SESSIONS_BUFFER_MINUTES'
    """
    return f"CLEW_{name.replace('.', '_')}".upper()


def toml_value(text: str) -> Any:
    """A value as clew.toml has it; what is none is a text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def changed(settings: Settings, changes: Mapping[str, str]) -> Settings:
    """The settings with some others: `{"sessions.inactivity_minutes": "10"}`, values as in clew.toml. Raises ConfigError."""
    values = msgspec.to_builtins(settings)
    for name, text in changes.items():
        if name not in {row.name for row in settings_table() if not row.name.startswith("sources.")}:
            raise ConfigError(f"expected the name of a setting, such as sessions.inactivity_minutes; found {name!r}: see docs/settings.md")
        section, field = name.split(".")
        values[section][field] = toml_value(text)
    try:
        return msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{', '.join(changes)}: {error}") from error


def _check(settings: Settings, path: Path) -> None:
    clock.zone(settings.project.timezone)
    names = [s.name for s in settings.sources]
    keys = [s.write_key for s in settings.sources]
    for name in names:
        if name in RESERVED_SCHEMAS or re.match(r"build_\d", name):
            raise ConfigError(f"{path}: source name {name!r} is a schema of Clew's own: choose another")
    for what, values in (("name", names), ("write_key", keys)):
        twice = {v for v in values if values.count(v) > 1}
        if twice:
            raise ConfigError(f"{path}: two sources share the {what} {sorted(twice)[0]!r}: each needs its own")


def salt(root: Path) -> str:
    """The project's secret salt, made at the first call."""
    path = Paths(root).salt
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(16))
        return path.read_text("ascii").strip()
