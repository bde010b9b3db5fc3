"""Which articles a reader may see: the scope of a question, and the tenants of teams and their audiences."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Scope:
    """Which articles a question may see: those in one of the `collections`, of any when it is `None`.

    `since` and `until` are aware times; both ends belong to the period. With either of them given, articles
    without a date are left out. `added_since` is about when an article came into the library, not its own date.
    Without `quiet`, those are left out that came with the first import of a source. With `sources`, those count
    whose citation names one of these.
    """

    collections: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    added_since: datetime | None = None
    quiet: bool = True
    sources: tuple[str, ...] | None = None

    def of(self, team: str, audiences: Sequence[str] = ()) -> TeamScope:
        """Return the same scope within one team's articles: those for the whole team, and for these audiences."""
        return TeamScope(
            self.collections,
            self.since,
            self.until,
            self.added_since,
            self.quiet,
            self.sources,
            team=team,
            audiences=tuple(audiences),
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was read: aware bounds in the asker's zone, or `None`.

    `strict` is false where they are a preference: such articles come first, and nothing is shut out.
    """

    text: str
    since: datetime | None = None
    until: datetime | None = None
    strict: bool = True
    collections: tuple[str, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON's types, its bounds as days of the asker's zone."""
        return {
            "text": self.text,
            "since": self.since.date().isoformat() if self.since else None,
            "until": self.until.date().isoformat() if self.until else None,
            "strict": self.strict,
            "collections": None if self.collections is None else list(self.collections),
        }


@dataclass(frozen=True, slots=True)
class TeamScope(Scope):
    """A scope within one team's articles; there is no reading of the library without one."""

    team: str = field(kw_only=True)
    audiences: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def owners(self) -> tuple[str, ...]:
        """The `team_id` of every row in the scope."""
        return owners(self.team, self.audiences)


def owner(team: str, audience: str | None = None) -> str:
    """Return the `team_id` of what is stored for the whole team, or for one audience in it: a person, a channel.

    An audience is a tenant of its own: what doesn't name it can't read it, as if it were another team's.
    """
    return team if audience is None else f"{team}/{audience}"


def audience_mark(owner: str) -> str | None:
    """Return what marks the ids of an audience's articles, six letters of a digest; `None` for a whole team's.

    A given id ends with it, one made of a title begins with it: of a long title the end is cut.
    """
    return hashlib.sha256(owner.encode()).hexdigest()[:6] if "/" in owner else None


def owners(team: str, audiences: Sequence[str]) -> tuple[str, ...]:
    """Return the `team_id` of what these audiences see together with what the whole team sees."""
    return (team, *(owner(team, one) for one in audiences))
