"""The URL of a page as its state: the links that ask a little differently."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request


class Address(NamedTuple):
    """A path and its parameters; a parameter may stand there several times."""

    path: str
    items: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, request: Request) -> Address:
        return cls(request.url.path, tuple(request.query_params.multi_items()))

    @property
    def query(self) -> str:
        return urlencode(self.items)

    def link(self, **changes: str | None) -> str:
        """The same page with some parameters changed, or left out (None). Another order or filter begins on the first page of a table."""
        kept = self.kept(*changes, "page")
        return self._url([*kept, *((name, value) for name, value in changes.items() if value is not None)])

    def also(self, *pairs: tuple[str, str]) -> str:
        """The same page with these parameters too."""
        return self._url([*self.kept("page"), *pairs])

    def without(self, names: Collection[str]) -> str:
        """The same page without these parameters."""
        return self._url(self.kept(*names, "page"))

    def instead(self, params: Collection[str], text: str, other: str) -> str:
        """The same page with `other` in the place of a text in the values of these parameters."""
        return self._url([(name, value.replace(text, other) if name in params else value) for name, value in self.kept("page")])

    def turned(self, name: str, value: str) -> str:
        """The same page with one value of a repeated parameter added, or taken away where it is there."""
        pair = (name, value)
        return self._url([item for item in self.items if item != pair] if pair in self.items else [*self.items, pair])

    def kept(self, *without: str) -> list[tuple[str, str]]:
        """The parameters that a form carries along."""
        return [(name, value) for name, value in self.items if name not in without]

    def _url(self, items: list[tuple[str, str]]) -> str:
        return f"{self.path}?{urlencode(items)}" if items else self.path
