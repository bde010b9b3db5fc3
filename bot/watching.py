"""Telling people when something turned up on a question that found nothing."""

from __future__ import annotations

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.blocks import notes
from bot.blocks.answer import answer
from bot.listeners.answers import shown
from bot.listeners.reply import direct_channel
from bot.slack import post, retry_after
from bot.store import questions
from bot.store.questions import AskedQuestion
from bot.workspace import Workspace
from embeddings.errors import TopicbotError

_log = structlog.get_logger("topicbot.watching")


def tell_watchers(workspace: Workspace, client: WebClient) -> int:
    """Ask every watched question again, and send the answer to whoever waits for it; gives how many were told.

    The message names its watch, so that a process that died after sending does not send it again.
    """
    with workspace.store.reading() as connection:
        waiting = questions.watched(connection, workspace.team_id)
    told = 0
    for user, asked in waiting:
        try:
            told += _tell(workspace, client, user, asked)
        except (TopicbotError, SlackApiError) as error:
            if retry_after(error) is not None:
                raise
            _log.warning("a watched question can't be asked or told", error=type(error).__name__)
    return told


def _tell(workspace: Workspace, client: WebClient, user: str, asked: AskedQuestion) -> bool:
    found = workspace.again(asked, asked.channel)
    if not found.answered or not workspace.people.person(client, user).may_ask(workspace.settings):
        return False
    message = answer(found, shown(asked, lead=notes.turned_up(asked)))
    post(client, direct_channel(client, user), message, f"watch {asked.id} {user}", thread=None, again=True)
    with workspace.store.writing() as connection:
        questions.told(connection, workspace.team_id, asked.id, user, workspace.now())
    return True
