"""What is asked in Slack: commands, mentions, messages, buttons and windows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

from slack_bolt import Ack, BoltContext, BoltResponse
from slack_sdk import WebClient

from bot.asking import blocks
from bot.asking import store as questions
from bot.asking.blocks import Shown, answer_view, ask_modal, context_modal, reason_modal, usage
from bot.asking.store import AskedQuestion
from bot.config import FollowUps
from bot.question import Wanted, greeting, topic_of
from bot.slack import modals, notes
from bot.slack.messages import (
    direct_channel,
    eyes,
    open_view,
    reply,
    reply_privately,
    respond,
    show_to_all,
    status,
    whisper,
)
from bot.slack.people import kept_name
from bot.slack.text import Message, mentions, typed, urls
from bot.sources.blocks import links_modal
from bot.sources.uploads import add_files, add_pages, shared
from bot.topics.listeners import message_on
from bot.workspace.workspace import Place, Workspace
from embeddings.errors import NotFoundError, QuestionError
from embeddings.search.question import parse


def message_for(
    workspace: Workspace, text: str | Wanted, key: str, place: Place, *, shareable: bool = False
) -> Message:
    """The message that answers what was typed, or put into a window: a greeting, help, or passages."""
    if not text:
        return usage()
    if isinstance(text, str) and (kind := greeting(text)):
        return blocks.greeting(kind)
    if isinstance(text, str) and (subject := topic_of(text)) is not None:
        return message_on(workspace, subject, key, place, shareable=shareable)
    found, asked = workspace.ask(key, text, place)
    typed = text if isinstance(text, str) else text.question
    return answer_view(found, shown(asked, typed=typed, shareable=shareable))


def answer_command(context: BoltContext, text: str | Wanted, channel: str, url: str) -> None:
    """Answer a command or a window through its reply address, to the asker alone."""
    place = Place(context.user_id or "", channel)
    respond(url, message_for(context["workspace"], text, context["key"], place, shareable=True))


def answer_directly(
    context: BoltContext, client: WebClient, text: str | Wanted, channel: str, thread: str | None
) -> None:
    """Answer in direct messages: in the thread, or as a message of its own."""
    if thread:
        status(client, channel, thread)
    place = Place(context.user_id or "", channel, thread)
    message = message_for(context["workspace"], text, context["key"], place)
    reply(context, client, channel, message, thread=thread)


def shown(
    asked: AskedQuestion,
    *,
    typed: str | None = None,
    first: int = 0,
    shareable: bool = False,
    sharer: str | None = None,
    lead: str | None = None,
) -> Shown:
    """How this question's answer is shown; `typed` is what the person wrote, where it may have been read anew."""
    return Shown(
        asked.id,
        first=first,
        reading=asked.text if typed is not None and not _holds(typed, asked.text) else None,
        since=asked.since,
        until=asked.until,
        collections=asked.collections,
        shareable=shareable,
        sharer=sharer,
        lead=lead,
    )


def _holds(typed: str, understood: str) -> bool:
    """Whether the question was taken as it was typed, but for its bounds."""
    return understood.casefold().rstrip(" ?!.") in typed.casefold()


def answer_in_thread(event: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Answer a message of a channel in its thread, with 👀 on it meanwhile; or add the files that come with it."""
    if shared(event):
        add_files(event, context, client)
        return
    channel, thread = event["channel"], event.get("thread_ts") or event["ts"]
    text = typed(event.get("text") or "", context.bot_user_id)
    with eyes(context, client, channel, event["ts"]):
        place = Place(event["user"], channel, thread)
        message = message_for(context["workspace"], text, context["key"], place)
        reply(context, client, channel, message, thread=thread)


_SUBTYPES = (None, "file_share", "thread_broadcast")


def is_question(event: dict[str, Any], context: BoltContext) -> bool:
    """Whether a message is meant for the bot: sent to it directly, or asked on in a thread that it answered.

    In a channel a message with a mention comes as `app_mention` too and is answered there.
    """
    if event.get("subtype") not in _SUBTYPES or not event.get("user") or event.get("bot_id"):
        return False
    if event.get("channel_type") == "im":
        return True
    thread = event.get("thread_ts")
    if not thread or mentions(event.get("text") or "", context.bot_user_id or ""):
        return False
    workspace: Workspace = context["workspace"]
    follow_ups = workspace.settings.follow_ups
    if follow_ups is FollowUps.MENTION:
        return False
    asker = kept_name(workspace.settings, workspace.team_id, event["user"])
    user = asker if follow_ups is FollowUps.ASKER else None
    with workspace.store.reading() as connection:
        before = questions.last_in_thread(connection, workspace.team_id, event["channel"], thread, user=user)
    return before is not None


def answer_message(event: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Answer a direct message, or a follow-up in its thread; add the files that are shared with the bot."""
    if event.get("channel_type") == "im" and shared(event):
        add_files(event, context, client)
    elif event.get("channel_type") == "im":
        text = typed(event.get("text") or "", context.bot_user_id)
        thread = event.get("thread_ts") or event["ts"]
        answer_directly(context, client, text, event["channel"], thread)
    else:
        answer_in_thread(event, context, client)


def share(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Show the asker's answer to the whole channel, with who shared it."""
    workspace: Workspace = context["workspace"]
    question_id, _, first = action["value"].partition(":")
    asked = workspace.get_question(question_id)
    found = workspace.answer_again(asked, context.channel_id or "")
    message = answer_view(found, shown(asked, first=int(first), sharer=context.user_id))
    show_to_all(context, client, body["response_url"], message)


def show_more(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """The next page: in place where only the person sees it, else for their eyes in the thread."""
    workspace: Workspace = context["workspace"]
    container = body["container"]
    question_id, _, first = action["value"].partition(":")
    asked = workspace.get_question(question_id)
    found = workspace.answer_again(asked, container["channel_id"])
    alone = bool(container.get("is_ephemeral"))
    message = answer_view(found, shown(asked, first=int(first), shareable=alone))
    if alone:
        respond(body["response_url"], message, replace_original=True)
    else:
        thread = container.get("thread_ts")
        whisper(client, container["channel_id"], context.user_id or "", message, thread=thread)


def show_context(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """The paragraphs around a passage, in a window."""
    workspace: Workspace = context["workspace"]
    question_id, paragraph, article_id = action["value"].split(":", 2)
    asked = workspace.get_question(question_id)
    article = workspace.article(article_id, context.channel_id or "")
    if int(paragraph) >= len(article.paragraphs):
        raise NotFoundError("The article has changed, and that paragraph is gone. Ask again.")
    passages = workspace.answer_again(asked, context.channel_id or "").passages
    place = (article_id, int(paragraph))
    spans = [one.highlight for one in passages if (one.citation.article_id, one.paragraph) == place]
    removable = context["person"].may_manage(workspace.settings)
    view = context_modal(article, int(paragraph), spans[0] if spans else None, removable=removable)
    open_view(context, client, body, view)


def rate(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Keep whether the answer helped; when not, ask why."""
    workspace: Workspace = context["workspace"]
    question_id, _, verdict = action["value"].partition(":")
    workspace.get_question(question_id)
    with workspace.store.writing() as connection:
        questions.rate(connection, workspace.team_id, question_id, helpful=verdict == "yes")
    if verdict == "no":
        open_view(context, client, body, reason_modal(question_id))
    else:
        reply_privately(context, body, client, notes.note("Thank you, noted."))


def offer_to_add(body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """The window to add a page, for those who may."""
    if not context["person"].may_manage(context["workspace"].settings):
        reply_privately(context, body, client, notes.admins_only())
        return
    open_view(context, client, body, links_modal((), {"response_url": body["response_url"]}))


def remove_article(body: dict[str, Any], action: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Remove an article, for those who may, and say so in its window."""
    workspace: Workspace = context["workspace"]
    if context["person"].may_manage(workspace.settings):
        workspace.library.remove(action["value"], team=workspace.library_team)
        said = "The article is removed."
    else:
        said = "Only workspace admins, and people who are listed for me, can remove articles. Ask one of them."
    client.views_update(view_id=body["view"]["id"], view=modals.notice_modal(said))


def check_question(view: dict[str, Any], ack: Ack, next: Callable[[], Any]) -> BoltResponse | None:
    """Say beside the box what is wrong with the question or the period; else take it."""
    given = modals.values(view)
    errors = {}
    try:
        parse(given["question"] or "")
    except QuestionError as error:
        errors["question"] = str(error)
    if given["since"] and given["until"] and given["since"] > given["until"]:
        errors["until"] = "This lies before the first date."
    return _checked(errors, ack, next)


def answer_form(view: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Answer what was asked in the window: where it was opened, to the asker alone, or in direct messages."""
    given = modals.values(view)
    collections = (given["collection"],) if given.get("collection") else None
    since = _moment(given["since"], time()) if given["since"] else None
    until = _moment(given["until"], time(23, 59, 59)) if given["until"] else None
    wanted = Wanted(given["question"], collections, since, until)
    where = json.loads(view["private_metadata"])
    if where.get("response_url"):
        answer_command(context, wanted, where["channel"], where["response_url"])
    else:
        answer_directly(context, client, wanted, direct_channel(client, context.user_id or ""), None)


def keep_reason(view: dict[str, Any], context: BoltContext) -> None:
    """Keep why an answer was not helpful."""
    workspace: Workspace = context["workspace"]
    given = modals.values(view)
    reason = ": ".join(part for part in (given["reason"], given.get("more")) if part)
    with workspace.store.writing() as connection:
        questions.rate(connection, workspace.team_id, view["private_metadata"], helpful=False, reason=reason)


def check_links(view: dict[str, Any], ack: Ack, next: Callable[[], Any]) -> BoltResponse | None:
    """At least one page has to be ticked or typed."""
    given = modals.values(view)
    nothing = "links" in given and not given["links"]
    return _checked({"links": "Tick at least one page."} if nothing else {}, ack, next)


def submit_links(view: dict[str, Any], context: BoltContext) -> None:
    """Add the pages, for those who may, and tell how it went."""
    workspace: Workspace = context["workspace"]
    where = json.loads(view["private_metadata"])
    if not context["person"].may_manage(workspace.settings):
        respond(where["response_url"], notes.admins_only())
        return
    given = modals.values(view)
    chosen = [where["links"][int(number)] for number in given["links"]] if "links" in given else [given["link"]]
    respond(where["response_url"], notes.note(add_pages(workspace, chosen, given.get("collection"))))


def _checked(errors: dict[str, str], ack: Ack, next: Callable[[], Any]) -> BoltResponse | None:
    """Refuse the window with what is wrong beside each box, or let it through."""
    if errors:
        return ack(response_action="errors", errors=errors)
    next()
    return None


def _moment(date: str, at: time) -> datetime:
    return datetime.combine(datetime.fromisoformat(date).date(), at, UTC)


def ask(command: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """`/ask <question>` answers the asker alone; without a question it opens the window."""
    text = typed(command.get("text") or "")
    if not text:
        where = {"channel": command["channel_id"], "response_url": command["response_url"]}
        collections = context["workspace"].visible(command["channel_id"])
        open_view(context, client, command, ask_modal(collections, where))
    else:
        answer_command(context, text, command["channel_id"], command["response_url"])


def topicbot(command: dict[str, Any], context: BoltContext) -> None:
    """`/topicbot help | status | private on|off | bind <collections> | unbind`."""
    workspace: Workspace = context["workspace"]
    word, _, rest = typed(command.get("text") or "").partition(" ")
    channel, url = command["channel_id"], command["response_url"]
    if word in ("bind", "unbind"):
        if not context["person"].may_manage(workspace.settings):
            respond(url, notes.admins_only())
            return
        names = [name.strip() for name in rest.split(",") if name.strip()] if word == "bind" else []
        if word == "bind" and not names:
            respond(url, notes.note("Name the collections, for example: /topicbot bind tax, law"))
            return
        workspace.bind(channel, names)
        seen = ", ".join(names) or "all collections"
        respond(url, notes.note(f"From now on, questions in this channel see {seen}."))
    elif word == "private" and rest in ("on", "off"):
        user = kept_name(workspace.settings, workspace.team_id, context.user_id or "")
        with workspace.store.writing() as connection:
            questions.set_private(connection, workspace.team_id, user, private=rest == "on")
        listed = "are not" if rest == "on" else "are"
        respond(
            url, notes.note(f"Your questions that find nothing {listed} listed for admins; never with your name.")
        )
    elif word == "status":
        respond(url, notes.note(_status(workspace, channel)))
    else:
        respond(url, usage())


def _status(workspace: Workspace, channel: str) -> str:
    held = workspace.library.stats(team=workspace.library_team)
    seen = ", ".join(workspace.visible(channel)) or "none yet"
    return f"{held.articles:,} articles, {held.paragraphs:,} paragraphs. Collections for this channel: {seen}."


def ask_about_message(shortcut: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Open the ask window with the message in the question box, to be asked as it is or changed."""
    channel = shortcut["channel"]["id"]
    where = {"channel": channel, "response_url": shortcut["response_url"]}
    text = typed(shortcut["message"].get("text") or "", context.bot_user_id)
    open_view(context, client, shortcut, ask_modal(context["workspace"].visible(channel), where, text))


def offer_links(shortcut: dict[str, Any], context: BoltContext, client: WebClient) -> None:
    """Open the window with the message's links to tick."""
    if not context["person"].may_manage(context["workspace"].settings):
        respond(shortcut["response_url"], notes.admins_only())
        return
    found = urls(shortcut["message"].get("text") or "")
    if not found:
        respond(shortcut["response_url"], notes.note("I see no link in that message."))
        return
    where = {"response_url": shortcut["response_url"]}
    open_view(context, client, shortcut, links_modal(found, where))
