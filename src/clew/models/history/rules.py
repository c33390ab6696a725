"""The rules that a build is made by: what of the settings decides the numbers. Kept with the builds, so that a page can say which it shows."""

from __future__ import annotations

from typing import Any

import msgspec

from clew.config import Activity, Bounce, Identity, OwnEvents, Sessions, Settings
from clew.models.history.tables import Cursor
from clew.rules.table import plain


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Edges denied by hand are not among them: builds keep these apart."""

    timezone: str
    events: OwnEvents
    identity: Identity
    sessions: Sessions
    bounce: Bounce
    activity: Activity

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        return cls(
            timezone=settings.project.timezone,
            events=settings.events,
            identity=msgspec.structs.replace(settings.identity, denied=()),
            sessions=settings.sessions,
            bounce=settings.bounce,
            activity=settings.activity,
        )

    def within(self, settings: Settings) -> Settings:
        """The settings with these rules in place of theirs."""
        return msgspec.structs.replace(
            settings,
            project=msgspec.structs.replace(settings.project, timezone=self.timezone),
            events=self.events,
            identity=msgspec.structs.replace(self.identity, denied=settings.identity.denied),
            sessions=self.sessions,
            bounce=self.bounce,
            activity=self.activity,
        )

    def named(self) -> dict[str, Any]:
        """Each by the name of its setting."""
        sections = msgspec.to_builtins(self)
        timezone = {"project.timezone": sections.pop("timezone")}
        return timezone | {f"{section}.{name}": plain(value) for section, values in sections.items() for name, value in values.items()}


class Difference(msgspec.Struct, frozen=True):
    """A setting that decides the numbers, before and after; as JSON has the values."""

    name: str
    before: Any
    after: Any


def differences(before: Rules, after: Rules) -> tuple[Difference, ...]:
    """The rules that are not the same, in the order of clew.toml."""
    old, new = before.named(), after.named()
    return tuple(Difference(name, old[name], new[name]) for name in new if old[name] != new[name])


def encoded(rules: Rules) -> bytes:
    """The same text for the same rules."""
    return msgspec.json.encode(rules, order="deterministic")


def decoded(text: str | None) -> Rules | None:
    """The rules of such a text. None where there is none, or another Clew wrote it that had other rules."""
    try:
        return None if text is None else msgspec.json.decode(text, type=Rules)
    except msgspec.ValidationError:
        return None


def note(cursor: Cursor, fingerprint: str, rules: Rules) -> None:
    """Write down what the fingerprint stands for, if it is new."""
    cursor.execute(
        "INSERT INTO clew.build_rules SELECT $1, $2 WHERE $1 NOT IN (SELECT fingerprint FROM clew.build_rules)",
        [fingerprint, encoded(rules).decode()],
    )


def noted(cursor: Cursor, fingerprint: str) -> Rules | None:
    """The rules that the fingerprint stands for, where they are known."""
    row = cursor.execute("SELECT rules FROM clew.build_rules WHERE fingerprint = ?", [fingerprint]).fetchone()
    return decoded(row[0]) if row else None
