"""Telling people when something turned up on a question that found nothing."""

from __future__ import annotations

from slack_sdk import WebClient

from bot.blocks import notes
from bot.blocks.answer import answer
from bot.listeners.answers import shown
from bot.listeners.reply import direct_channel
from bot.slack import post
from bot.store import questions
from bot.workspace import Workspace


def tell_watchers(workspace: Workspace, client: WebClient) -> int:
    """Ask every watched question again, and send the answer to whoever waits for it; gives how many were told.

    The message names its watch, so that a process that died after sending does not send it again.
    """
    with workspace.store.reading() as connection:
        waiting = questions.watched(connection, workspace.team_id)
    told = 0
    for user, asked in waiting:
        found = workspace.again(asked, asked.channel)
        if not found.answered or not workspace.people.person(client, user).may_ask(workspace.settings):
            continue
        message = answer(found, shown(asked, lead=notes.turned_up(asked)))
        key = f"watch {asked.id} {user}"
        post(client, direct_channel(client, user), message, key, thread=None, again=True)
        with workspace.store.writing() as connection:
            questions.told(connection, workspace.team_id, asked.id, user, workspace.now())
        told += 1
    return told
