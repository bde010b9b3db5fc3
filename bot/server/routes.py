"""What the app listens to, in one table. Each feature has its listeners; they are plain functions of a `Request`.

Every listener acknowledges first; the inbox then runs it, once. `members_only` comes before whatever shows
somebody something; a window's check comes before both, for what it refuses must not be worked on.
Farewells alone are worked on before they are acknowledged.

A delivery that waits in the inbox names its listener by the route key, like `command:/ask` or `action:share`: a
listener may be renamed and moved at will, but a key that is changed here needs a migration of the bot's database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from slack_bolt import Ack, App, BoltContext, BoltResponse
from slack_sdk import WebClient

from bot.alerts import listeners as alerts
from bot.asking import buttons as answers
from bot.asking import listeners as asking
from bot.asking.conversation import wants_answer
from bot.asking.service import is_change, is_question
from bot.dialogue import listeners as agent
from bot.digests import listeners as digests
from bot.digests.windows import ZONE
from bot.home import listeners as home
from bot.home.delivery import publish_home
from bot.locale.texts import speaking
from bot.server import access, oauth
from bot.slack import modals
from bot.slack.people import Person
from bot.slack.reply import Reply
from bot.slack.text import Block, unreadable_value
from bot.sources import listeners as sources
from bot.sources import uploads
from bot.topics import listeners as topics
from bot.workspace.request import Request
from bot.workspace.workspace import Workspace

Listener = Callable[[Request], None]
Check = Callable[[dict[str, Any], WebClient, str], dict[str, str]]
"""From a window's values and its user: what is wrong with them, by the name of the box."""

COMMANDS = {
    "/ask": asking.ask,
    "/topic": topics.topic,
    "/digest": digests.digest,
    "/sources": sources.sources,
    "/topicbot": asking.topicbot,
}

EVENTS = {
    "app_mention": asking.answer_in_thread,
    "app_home_opened": home.show_home,
    "message": asking.answer_message,
}
ARRIVALS: dict[str, Listener] = {"member_joined_channel": home.greet_channel}
"""Events of the bot itself, for which nobody has to be a member."""
SIGNALS: dict[str, Listener] = {
    "app_context_changed": agent.note_screen,
    "agent_session_stopped": agent.stop_session,
}
"""What Slack says of people beside the bot. Nothing is answered, so nobody has to be a member."""
FAREWELLS = {
    "app_uninstalled": oauth.on_uninstalled,
    "tokens_revoked": oauth.on_tokens_revoked,
    "team_access_revoked": oauth.on_access_revoked,
}
SHORTCUTS = {
    "ask_about_message": asking.ask_about_message,
    "summarise_message": topics.summarise_message,
    "add_links": asking.offer_links,
}

MENU: dict[str, Listener] = {
    "context": answers.show_context,
    "any-period": answers.ask_of_any_period,
    "add-source": answers.offer_to_add,
    "summarise": topics.summarise,
    "alert": alerts.offer_alert,
    "quiet": answers.keep_quiet,
    "remove": answers.offer_to_remove,
}
"""What the menu under an answer does, by the word before the colon of what is chosen there."""


STORY_MENU: dict[str, Listener] = {
    "more": digests.show_story,
    "summarise": topics.summarise,
    "why": digests.why_shown,
    "mute": digests.mute_story,
    "fewer": digests.fewer_like_this,
}
"""The same of the menu under a story of a digest."""


def _choosing(choices: Mapping[str, Listener]) -> Listener:
    """Return the listener of a menu: it does what was chosen, and raises `InvalidInputError` for anything else."""

    def choose(request: Request) -> None:
        word, _, value = request.value.partition(":")
        if word not in choices or not value:
            raise unreadable_value()
        payload = {**request.payload, "selected_option": None, "value": value}
        choices[word](replace(request, payload=payload))

    return choose


ACTIONS: dict[str | re.Pattern[str], Listener] = {
    "share": answers.share,
    "more": answers.show_more,
    "any-period": answers.ask_of_any_period,
    "nearest": answers.show_nearest,
    "quiet": answers.keep_quiet,
    re.compile(r"^context-\d+$"): answers.show_context,
    "answer-menu": _choosing(MENU),
    "slackbot": answers.leave_to_slackbot,
    "feedback": answers.rate,
    "alert": alerts.offer_alert,
    "alert-feedback": alerts.rate_alert,
    "alert-stop": alerts.stop_alert,
    "share-topic": topics.share_topic,
    "summarise": topics.summarise,
    "digest-new": digests.open_new,
    "digest-options": digests.more_options,
    re.compile(r"^digest-(preview|pause|resume|edit|delete)$"): digests.press,
    "story-menu": _choosing(STORY_MENU),
    "story-more": digests.show_story,  # this and the next two: buttons of digests of an earlier version
    "story-mute": digests.mute_story,
    "story-fewer": digests.fewer_like_this,
    re.compile(r"^source-(refresh|pause|resume|remove)$"): sources.press_source,
    re.compile(r"^source-page-(back|more)$"): sources.turn_page,
    "add-source": answers.offer_to_add,
    re.compile(r"^keep-(me|channel|all|cancel)$"): asking.keep_files,
    "undo-add": uploads.undo_files,
    "remove": answers.remove_article,
    "home-ask": home.ask_from_home,
    "open-ask": home.open_form,
}

VIEWS = {
    "ask": asking.answer_form,
    "reason": answers.keep_reason,
    "links": asking.submit_links,
    "alert": alerts.save_alert,
    "digest": digests.save_digest,
    "source": sources.add_source,
}

OPTIONS: dict[str, Callable[[Workspace, str], list[Block]]] = {ZONE: digests.zone_options}
"""Search menus: what each offers for what was typed. Slack waits for the options, so nothing of it is kept."""

CHECKS: dict[str, Check] = {
    "ask": asking.check_question,
    "links": asking.check_links,
    "digest": digests.check_digest,
}

SHOWN_IN_HOME = {"action:alert-stop", "action:^digest-(preview|pause|resume|edit|delete)$"}
"""Actions whose effect the Home tab shows: pressed there, they have it published anew."""


def route_key(kind: str, name: str | re.Pattern[str]) -> str:
    """Return what the inbox calls a listener: `action:share`, or with the pattern of many actions."""
    return f"{kind}:{name.pattern if isinstance(name, re.Pattern) else name}"


def register(app: App) -> None:
    """Register every listener with the app."""
    members = access.Step(access.members_only)
    for kind, table, registering in (
        ("command", COMMANDS, app.command),
        ("event", EVENTS, app.event),
        ("shortcut", SHORTCUTS, app.shortcut),
        ("action", ACTIONS, app.action),
        ("view", VIEWS, app.view),
    ):
        for name, listener in table.items():
            checks = [_checking(CHECKS[str(name)])] if kind == "view" and name in CHECKS else []
            matchers = [_is_question] if (kind, name) == ("event", "message") else None
            register_one = registering(name, matchers=matchers, middleware=[*checks, members])
            register_one(ack=_acknowledge, lazy=[_listening(route_key(kind, name), listener)])
    for name, offered in OPTIONS.items():
        app.options(name)(_offering(offered))
    for name, listener in ARRIVALS.items():
        register_one = app.event(name, matchers=[_is_the_bot], middleware=[_as_the_bot])
        register_one(ack=_acknowledge, lazy=[_listening(route_key("event", name), listener)])
        app.event(name)(_acknowledge)  # other people's arrivals
    for name, listener in SIGNALS.items():
        register_one = app.event(name, middleware=[_as_the_bot])
        register_one(ack=_acknowledge, lazy=[_listening(route_key("event", name), listener)])
    app.event("message")(_acknowledge)  # other people's talk: not kept, not read
    for name, farewell in FAREWELLS.items():
        app.event(name)(farewell)  # done before it is acknowledged; who leaves has no members to ask about


def _listening(key: str, listener: Listener) -> Callable[..., None]:
    """Return the listener as Bolt calls it. Its name is the route key, by which Bolt and the inbox find it."""

    def listen(context: BoltContext, payload: dict[str, Any], body: dict[str, Any], client: WebClient) -> None:
        reply = Reply.to(context, body, client)
        own = context["workspace"], context["person"]  # `app` and `members_only` put them there
        request = Request(*own, payload, body, reply, context.bot_user_id)
        with speaking(request.language):
            listener(request)
            if key in SHOWN_IN_HOME and (body.get("view") or {}).get("type") == "home":
                publish_home(request.workspace, request.person, client)

    listen.__name__ = key
    return listen


def _offering(offered: Callable[[Workspace, str], list[Block]]) -> Callable[..., None]:
    def offer(payload: dict[str, Any], context: BoltContext, ack: Ack) -> None:
        ack(options=offered(context["workspace"], str(payload.get("value") or "")))

    return offer


def _checking(check: Check) -> Callable[..., BoltResponse | None]:
    """Return middleware that refuses a window with what is wrong beside each box, or lets it through."""

    def refuse_or_pass(
        view: dict[str, Any], context: BoltContext, client: WebClient, ack: Ack, next: Callable[[], Any]
    ) -> BoltResponse | None:
        user = context.user_id or ""
        with speaking(context["workspace"].people.language(user)):
            errors = check(modals.values(view), client, user)
        if errors:
            return ack(response_action="errors", errors=errors)
        next()
        return None

    return refuse_or_pass


def _is_question(event: dict[str, Any], context: BoltContext) -> bool:
    workspace, bot_user = context["workspace"], context.bot_user_id or ""
    if is_change(workspace, event):
        return True
    if not is_question(workspace, event, bot_user):
        return False
    is_direct = event.get("channel_type") == "im"
    return is_direct or wants_answer(event.get("text") or "", bot_user, unasked=True)


def _is_the_bot(event: dict[str, Any], context: BoltContext) -> bool:
    return bool(event.get("user")) and event.get("user") == context.bot_user_id


def _as_the_bot(context: BoltContext, next: Callable[[], Any]) -> None:
    context["person"] = Person(context.bot_user_id or "", is_bot=True)
    next()


def _acknowledge(ack: Ack) -> None:
    ack()
