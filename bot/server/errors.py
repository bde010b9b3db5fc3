"""What becomes of an error while a delivery is worked on: said in words, tried again, or logged with a number."""

from __future__ import annotations

from enum import Enum

from bot.config import SettingsError
from bot.console.plots import PlotError
from bot.operations.archive import BackupError
from bot.slack.messages import (
    ReplyExpiredError,
    ReplyRefusedError,
    SlackRefusedError,
    SlackUnavailableError,
)
from bot.store.leases import LeaseLostError
from bot.workspace.installations import NotInstalledError
from embeddings.errors import (
    InvalidInputError,
    ModelError,
    ModelMismatchError,
    NotAllowedError,
    NotFoundError,
    QuestionError,
    SourceError,
    StoreError,
    TopicbotError,
)


class Saying(Enum):
    """What the person reads."""

    ITS_WORDS = "user_error"
    """The error's own message, which says what to do."""
    NUMBER = "failed"
    """That something went wrong, and the number under which the log has it: nothing that the person can mend."""
    NOTHING = "expired"
    """Nothing: Slack takes no reply any more."""
    REFUSAL = "refused"
    """Nothing: the workspace doesn't have the app."""


SAYINGS: dict[type[TopicbotError], Saying] = {
    QuestionError: Saying.ITS_WORDS,
    NotFoundError: Saying.ITS_WORDS,
    NotAllowedError: Saying.ITS_WORDS,
    InvalidInputError: Saying.ITS_WORDS,
    SourceError: Saying.ITS_WORDS,
    ReplyExpiredError: Saying.NOTHING,
    NotInstalledError: Saying.REFUSAL,
    SlackUnavailableError: Saying.NUMBER,
    SlackRefusedError: Saying.NUMBER,
    ReplyRefusedError: Saying.NUMBER,
    LeaseLostError: Saying.NUMBER,
    SettingsError: Saying.NUMBER,
    BackupError: Saying.NUMBER,
    PlotError: Saying.NUMBER,
    ModelError: Saying.NUMBER,
    ModelMismatchError: Saying.NUMBER,
    StoreError: Saying.NUMBER,
}
"""For each domain error, or the nearest class above it. What may pass is tried again before any of this."""


def saying_of(error: BaseException) -> Saying:
    """Return what the person reads; of an error that isn't ours, the number."""
    return next((SAYINGS[kind] for kind in type(error).__mro__ if kind in SAYINGS), Saying.NUMBER)
