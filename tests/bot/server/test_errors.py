"""Every error that topicbot raises on purpose has a way to be told."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import bot
import embeddings
from bot.server.errors import SAYINGS, Saying, saying_of
from embeddings.errors import FetchError, InvalidInputError, NotAllowedError, StoreBusyError, TopicbotError


def every(kind: type[TopicbotError]) -> Iterator[type[TopicbotError]]:
    for one in kind.__subclasses__():
        yield one
        yield from every(one)


@pytest.mark.slow
def test_no_error_is_unmapped() -> None:
    for package in (bot, embeddings):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    own = {one for one in every(TopicbotError) if one.__module__.startswith(("bot.", "embeddings."))}
    unmapped = {one for one in own if not any(kind in SAYINGS for kind in one.__mro__)}
    assert unmapped == set()


@pytest.mark.parametrize(
    ("error", "saying"),
    [
        (NotAllowedError("Only admins can do that."), Saying.ITS_WORDS),
        (InvalidInputError("Name the digest."), Saying.ITS_WORDS),
        (FetchError("page", "is gone"), Saying.ITS_WORDS),
        (StoreBusyError("busy"), Saying.NUMBER),
        (KeyError("a defect"), Saying.NUMBER),
    ],
)
def test_what_a_person_can_mend_is_said_in_its_own_words(error: Exception, saying: Saying) -> None:
    assert saying_of(error) is saying
