"""Every error that the library raises on purpose. Each message says what is wrong and what to do next.

TopicbotError
├── SourceError          a file, a line or a page that can't be read as an article
│   └── FetchError       a web address whose server, or the way there, failed
├── QuestionError        a question with nothing in it to look for, or too much
├── NotFoundError        an article or a collection that isn't there
├── NotAllowedError      something that this person, or this channel, may not do or see
├── InvalidInputError    an input that can't be used: a name that says too little, a button's value that is none
├── ModelError           the embedding model can't be loaded
├── ModelMismatchError   the library was built with another model
└── StoreError           the database can't be opened, read or written
    ├── DamagedError     stored rows are not what was written
    ├── StoreBusyError   another process holds the database for too long
    └── StoreAwayError   the database server does not answer, or broke off
"""

from __future__ import annotations

from collections.abc import Sequence

_NAMED = 10


class TopicbotError(Exception):
    """The root: whatever is caught as this has a message fit to show to a person.

    `argument` is that argument of `Library` or its encoder which has to change, if one has: whoever took its value
    from a setting can add the setting's name.
    """

    def __init__(self, *said: object, argument: str | None = None) -> None:
        super().__init__(*said)
        self.argument = argument


class SourceError(TopicbotError):
    """A source can't be read as an article. `source` names it: a path, or a path and a line number."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason

    def __reduce__(self) -> tuple[type[SourceError], tuple[str, str]]:
        return type(self), (self.source, self.reason)  # as it returns from another process


class FetchError(SourceError):
    """A server did not give what was asked for.

    `status` is its HTTP status, if it came to that; `retry_after` how many seconds it wants to be left alone.
    """

    def __init__(
        self, source: str, reason: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(source, reason)
        self.status = status
        self.retry_after = retry_after

    @property
    def lasts(self) -> bool:
        """Whether asking again soon would give the same: the page is gone or refused, not the server busy."""
        return self.status is not None and self.status in _LASTING


_LASTING = (400, 401, 402, 403, 404, 405, 406, 410, 451)


class QuestionError(TopicbotError):
    """A question can't be asked: empty, without words, or too long."""


class NotFoundError(TopicbotError):
    """No such article or collection in this library."""


class NotAllowedError(TopicbotError):
    """This person may not do that, or this channel may not see it."""


class InvalidInputError(TopicbotError):
    """What was given can't be used as it is. The message says what would do."""


class ModelError(TopicbotError):
    """The embedding model can't be loaded."""


class ModelMismatchError(TopicbotError):
    """The stored vectors come from another model than the one in use."""


class StoreError(TopicbotError):
    """The database can't be opened, read or written."""


class DamagedError(StoreError):
    """What is stored of an article is not what was written; it is not shown."""

    def __init__(self, article_ids: Sequence[str]) -> None:
        named = ", ".join(article_ids[:_NAMED])
        more = f" and {len(article_ids) - _NAMED:,} more" if len(article_ids) > _NAMED else ""
        it = "it" if len(article_ids) == 1 else "them"
        super().__init__(
            f"What is stored of {named}{more} is damaged. Remove {it} with `topicbot articles remove ID` and add "
            f"{it} again, or restore a backup."
        )
        self.article_ids = tuple(article_ids)

    def __reduce__(self) -> tuple[type[DamagedError], tuple[tuple[str, ...]]]:
        return type(self), (self.article_ids,)


class StoreBusyError(StoreError):
    """Another process is writing and did not finish in time."""


class StoreAwayError(StoreError):
    """The database server does not answer, or broke off: it may work in a while."""
