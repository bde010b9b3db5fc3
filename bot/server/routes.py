"""What the app listens to, in one table. Each module holds one kind of event; handlers are plain functions.

Every listener acknowledges first; the inbox then runs its handler, once. `members_only` stands before whatever
gives somebody something; a window's check stands before both, for what it refuses must not be worked off.
Farewells alone are worked off before they are acknowledged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, App, BoltResponse

from bot.alerts import listeners as alerts
from bot.asking import listeners as commands
from bot.digests import listeners as digests
from bot.home import listeners as home
from bot.server import oauth
from bot.server.access import members_only
from bot.sources import listeners as sources
from bot.topics import listeners as topics

COMMANDS = {
    "/ask": commands.ask,
    "/topic": topics.topic,
    "/digest": digests.digest,
    "/sources": sources.sources,
    "/topicbot": commands.topicbot,
}

EVENTS = {"app_mention": commands.answer_in_thread, "app_home_opened": home.show_home}
FAREWELLS = {"app_uninstalled": oauth.on_uninstalled, "tokens_revoked": oauth.on_tokens_revoked}
SHORTCUTS = {"ask_about_message": commands.ask_about_message, "add_links": commands.offer_links}

ACTIONS: dict[str | re.Pattern[str], Callable[..., None]] = {
    "share": commands.share,
    "more": commands.show_more,
    re.compile(r"^context-\d+$"): commands.show_context,
    "feedback": commands.rate,
    "alert": alerts.offer_alert,
    "alert-feedback": alerts.rate_alert,
    "alert-stop": alerts.stop_alert,
    "share-topic": topics.share_topic,
    "digest-new": digests.open_new,
    re.compile(r"^digest-(preview|pause|resume|edit|delete)$"): digests.press,
    "story-more": digests.show_story,
    "story-mute": digests.mute_story,
    "story-fewer": digests.fewer_like_this,
    re.compile(r"^source-(refresh|pause|resume|remove)$"): sources.press_source,
    re.compile(r"^source-page-(back|more)$"): sources.turn_page,
    "add-source": commands.offer_to_add,
    "remove": commands.remove_article,
    "home-ask": home.ask_from_home,
    "open-ask": home.open_form,
}

VIEWS = {
    "ask": commands.answer_form,
    "reason": commands.keep_reason,
    "links": commands.submit_links,
    "alert": alerts.save_alert,
    "digest": digests.save_digest,
    "source": sources.add_source,
}

CHECKS: dict[str, list[Callable[..., BoltResponse | None]]] = {
    "ask": [commands.check_question],
    "links": [commands.check_links],
    "digest": [digests.check_digest],
}


def register(app: App) -> None:
    """Register every listener with the app."""
    options: dict[str, Any] = {"middleware": [members_only]}
    for name, handler in COMMANDS.items():
        app.command(name, **options)(ack=_acknowledge, lazy=[handler])
    for name, handler in EVENTS.items():
        app.event(name, **options)(ack=_acknowledge, lazy=[handler])
    for name, farewell in FAREWELLS.items():
        app.event(name)(farewell)  # done before it is acknowledged; who leaves has no members to ask about
    app.event("message", matchers=[commands.is_question], **options)(
        ack=_acknowledge, lazy=[commands.answer_message]
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
