"""Every public error of Clew. An error says what was expected, what was found, where, and what to do.

ClewError
├── ConfigError        clew.toml or an environment variable cannot be used
├── ProjectError       the folder is no project, or is in use by another process
├── LogError           the event log cannot be read or written
│   ├── LogFull        the disk is full; what was not acknowledged was not stored
│   └── CorruptRecord  a record's checksum does not match its bytes
├── Refused            a message is refused, with one of the closed set of reasons
├── RequestError       a whole HTTP request to the collector is refused, with its status
├── LoadError          a load into the warehouse failed; nothing of it was stored
├── BuildError         a model could not be built; the previous build is still served
│   └── Stopped        somebody stopped the build, or the trial of rules
├── TimelineError      a timeline cannot be read or written; the one before is still read
├── QueryError         a user's SQL is not allowed, is wrong, or ran too long
├── IdentityError      there is no such identifier, edge, or denial
└── StateError         there is no such saved report, dashboard, audience or annotation, or its name is taken
"""

from __future__ import annotations


class ClewError(Exception):
    """Base of all errors that Clew raises on purpose; its text is meant for the person who reads it."""

    exit_code = 1


class ConfigError(ClewError):
    """A setting in clew.toml or the environment cannot be used."""

    exit_code = 2


class ProjectError(ClewError):
    """The folder holds no project, or another process owns it."""

    exit_code = 3


class LogError(ClewError):
    """The event log cannot be read or written."""

    exit_code = 4


class LogFull(LogError):
    """The disk is full. What was not acknowledged was not stored; writing resumes by itself when there is room."""


class CorruptRecord(LogError):
    """A record's checksum does not match its bytes."""


class Refused(ClewError):
    """A message is refused. `reason` is one of `collect.reasons.REASONS`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class RequestError(ClewError):
    """A whole HTTP request is refused: `status`, and the JSON body's `code` and `message`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class LoadError(ClewError):
    """A load into the warehouse failed and was rolled back; the cursor stands where it was."""

    exit_code = 5


class BuildError(ClewError):
    """A model could not be built. The previous build is still served."""

    exit_code = 6


class Stopped(BuildError):
    """Somebody stopped a build, or a trial of rules; the text says who. What was served before is still served."""


class TimelineError(ClewError):
    """A timeline cannot be read or written. A failed write leaves the one before; a damaged one is made again by the next build."""

    exit_code = 8


class QueryError(ClewError):
    """A user's SQL is not allowed, is wrong, or ran too long."""

    exit_code = 7


class IdentityError(ClewError):
    """There is no such identifier, edge, or denial."""

    exit_code = 8


class StateError(ClewError):
    """There is no such saved report, dashboard, audience or annotation; or its name is taken, or cannot be one."""

    exit_code = 9
