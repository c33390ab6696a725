"""The commits of a repository, each with an e-mail and a name, sent as identify calls; and how well identity stitching finds who is one person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from running import Running


class Commit(NamedTuple):
    """`person` is the truth."""

    at: str
    email: str
    name: str
    person: str


class Score(NamedTuple):
    """Over pairs: which share of those found to be one person are, and which share of those that are was found."""

    precision: float
    recall: float


def identifies(commits: Sequence[Commit]) -> list[dict[str, Any]]:
    """The name is what is at hand, as a device is; the e-mail is who one is."""
    return [{"type": "identify", "messageId": f"c{n:05}", "anonymousId": c.name, "userId": c.email, "timestamp": c.at} for n, c in enumerate(commits)]


def aliases(commits: Sequence[Commit]) -> list[dict[str, Any]]:
    """What a program would send that is told of changes: the name's former e-mail is now this one."""
    calls, latest = [], dict[str, str]()
    for n, c in enumerate(commits):
        if latest.setdefault(c.name, c.email) != c.email:
            calls.append({"type": "alias", "messageId": f"a{n:05}", "previousId": latest[c.name], "userId": c.email, "timestamp": c.at})
        latest[c.name] = c.email
    return calls


def send(running: Running, calls: Sequence[dict[str, Any]]) -> None:
    for first in range(0, len(calls), 1000):
        status, answer = running.batch(calls[first : first + 1000])
        assert status == 200, answer


def of_identifiers(commits: Iterable[Commit], people: Mapping[str, Hashable]) -> Score:
    """Over pairs of e-mails and names. Two are truly one person's if somebody used both. `people`: to whom each leads; those missing are nobody."""
    used, grouped = defaultdict[Hashable, set[str]](set), defaultdict[Hashable, set[str]](set)
    for c in commits:
        used[c.person] |= {c.email, c.name}
    for identifier in set().union(*used.values()):
        grouped[people.get(identifier, ("nobody", identifier))].add(identifier)
    true, found = (_pairs(groups.values()) for groups in (used, grouped))
    return Score(len(true & found) / len(found), len(true & found) / len(true))


def _pairs(groups: Iterable[set[str]]) -> set[tuple[str, str]]:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def of_commits(commits: Iterable[Commit], people: Mapping[str, str]) -> Score:
    """Over pairs of commits: a commit is its e-mail's person's, or its name's where the e-mail is nobody's."""
    both = Counter((c.person, people.get(c.email) or people[c.name]) for c in commits)
    true, found = Counter[str](), Counter[str]()
    for (person, universal), count in both.items():
        true[person] += count
        found[universal] += count
    right = _among(both)
    return Score(right / _among(found), right / _among(true))


def _among(counts: Mapping[Any, int]) -> int:
    return sum(n * (n - 1) // 2 for n in counts.values())
