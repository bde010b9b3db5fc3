"""What the app listens to, in one table. Each module holds one kind of event; handlers are plain functions.

Every listener acknowledges first; the inbox then runs its handler, once. `members_only` stands before whatever
gives somebody something; a window's check stands before both, for what it refuses must not be worked off.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, App

from bot.listeners import actions, commands, home, mentions, messages, shortcuts, views
from bot.listeners.members import members_only

COMMANDS = {"/ask": commands.ask, "/topicbot": commands.topicbot}
EVENTS = {"app_mention": mentions.answer_in_thread, "app_home_opened": home.show_home}
SHORTCUTS = {"ask_about_message": shortcuts.ask_about_message, "add_links": shortcuts.add_links}
ACTIONS: dict[str | re.Pattern[str], Callable[..., None]] = {
    "share": actions.share,
    "more": actions.show_more,
    re.compile(r"^context-\d+$"): actions.show_context,
    "feedback": actions.rate,
    "watch": actions.watch,
    "add-source": actions.offer_to_add,
    "remove": actions.remove_article,
    "home-ask": home.ask_from_home,
    "open-ask": home.open_form,
}
VIEWS = {"ask": views.answer_form, "reason": views.keep_reason, "links": views.add_links}
CHECKS = {"ask": [views.check_question], "links": [views.check_links]}


def register(app: App) -> None:
    """Register every listener with the app."""
    options: dict[str, Any] = {"middleware": [members_only]}
    for name, handler in COMMANDS.items():
        app.command(name, **options)(ack=_acknowledge, lazy=[handler])
    for name, handler in EVENTS.items():
        app.event(name, **options)(ack=_acknowledge, lazy=[handler])
    app.event("message", matchers=[messages.is_question], **options)(
        ack=_acknowledge, lazy=[messages.answer_message]
    )
    app.event("message")(_acknowledge)  # other people's talk: not kept, not looked at
    for name, handler in SHORTCUTS.items():
        app.shortcut(name, **options)(ack=_acknowledge, lazy=[handler])
    for action, handler in ACTIONS.items():
        app.action(action, **options)(ack=_acknowledge, lazy=[handler])
    for name, handler in VIEWS.items():
        checks = [*CHECKS.get(name, ()), members_only]
        app.view(name, middleware=checks)(ack=_acknowledge, lazy=[handler])


def _acknowledge(ack: Ack) -> None:
    ack()
