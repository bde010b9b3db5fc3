"""What is asked in Slack: commands, mentions, messages, buttons and windows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from slack_sdk import WebClient

from bot.asking import blocks, service
from bot.asking.blocks import (
    PageValue,
    PassageValue,
    Shown,
    answer_view,
    ask_modal,
    context_modal,
    reason_modal,
    usage,
)
from bot.asking.store import AskedQuestion
from bot.question import greeting, topic_of, view_of
from bot.slack import modals, notes
from bot.slack.messages import direct_channel, respond, whisper
from bot.slack.text import Message, Verdict, urls
from bot.sources.blocks import Audience, links_modal
from bot.sources.uploads import add_pages, choices, offer_files, shared
from bot.topics.listeners import message_on
from bot.workspace.audience import seen_by_all
from bot.workspace.request import Request
from bot.workspace.workspace import Place, Workspace
from embeddings.errors import NotAllowedError, QuestionError
from embeddings.search.question import parse
from embeddings.search.reading import Wanted


def message_for(request: Request, text: str | Wanted, place: Place, *, shareable: bool = False) -> Message:
    """Return the message that answers what was typed, or put into a window: a greeting, help, or passages."""
    if not text:
        return usage()
    if isinstance(text, str) and (kind := greeting(text)):
        return blocks.greeting(kind)
    if isinstance(text, str) and (subject := topic_of(text)) is not None:
        return message_on(request.here, subject, request.key, place, shareable=shareable)
    if isinstance(text, str) and (subject := view_of(text)) is not None:
        wanted = replace(request.here.read(text, place), question=subject)
        return message_on(request.here, wanted, request.key, place, shareable=shareable)
    found, asked = service.ask(request.here, request.key, text, place)
    typed = text if isinstance(text, str) else text.question
    return answer_view(found, shown(asked, typed=typed, shareable=shareable))


def answer_by_address(request: Request, text: str | Wanted, channel: str, url: str) -> None:
    """Answer a command or a window through its reply address, to the asker alone."""
    respond(url, message_for(request, text, Place(request.user, channel), shareable=True))


def answer_directly(request: Request, text: str | Wanted, channel: str, thread: str | None = None) -> None:
    """Answer in direct messages: in the thread, or as a message of its own."""
    if thread:
        request.reply.status(channel, thread)
    message = message_for(request, text, Place(request.user, channel, thread))
    request.reply.post(channel, message, thread=thread)


def shown(
    asked: AskedQuestion,
    *,
    typed: str | None = None,
    first: int = 0,
    shareable: bool = False,
    sharer: str | None = None,
    lead: str | None = None,
) -> Shown:
    """Return how this question's answer is shown; `typed` is what the person wrote, where it may have been read
    anew.
    """
    return Shown(
        asked.id,
        first=first,
        reading=asked.text if typed is not None and not _holds(typed, asked.text) else None,
        since=asked.bound_since,
        until=asked.bound_until,
        preferred=asked.preferred,
        collections=asked.collections,
        shareable=shareable,
        sharer=sharer,
        lead=lead,
    )


def _holds(typed: str, understood: str) -> bool:
    """Return whether the question was taken as it was typed, but for its bounds."""
    return understood.casefold().rstrip(" ?!.") in typed.casefold()


def answer_in_thread(request: Request) -> None:
    """Answer a message of a channel in its thread, with 👀 on it until then; or add the files with it."""
    event = request.payload
    if shared(event):
        offer_files(request)
        return
    channel, thread = event["channel"], request.thread
    with request.reply.eyes(channel, event["ts"]):
        message = message_for(request, request.text, Place(event["user"], channel, thread))
        request.reply.post(channel, message, thread=thread)


def answer_message(request: Request) -> None:
    """Answer a direct message, or a follow-up in its thread; add the files that are shared with the bot."""
    event = request.payload
    if event.get("channel_type") == "im" and shared(event):
        offer_files(request)
    elif event.get("channel_type") == "im":
        answer_directly(request, request.text, event["channel"], request.thread)
    else:
        answer_in_thread(request)


def share(request: Request) -> None:
    """Show the asker's answer to the whole channel, with who shared it."""
    page = PageValue.unpack(request.value)
    asked = service.get_question(request.workspace, page.question_id)
    found = service.answer_again(seen_by_all(request.workspace, request.channel), asked, request.channel)
    request.reply.to_all(answer_view(found, shown(asked, first=page.first, sharer=request.user)))


def show_more(request: Request) -> None:
    """The next page: in place where only the person sees it, otherwise for their eyes in the thread."""
    page, container = PageValue.unpack(request.value), request.body["container"]
    asked = service.get_question(request.workspace, page.question_id)
    found = service.answer_again(request.here, asked, container["channel_id"])
    alone = bool(container.get("is_ephemeral"))
    message = answer_view(found, shown(asked, first=page.first, shareable=alone))
    if alone:
        request.reply.respond(message, replace=True)
    else:
        whisper(request.client, container["channel_id"], request.user, message, thread=request.thread)


def ask_of_any_period(request: Request) -> None:
    """Answer a question once more, from the articles of every period."""
    before, container = service.get_question(request.workspace, request.value), request.body["container"]
    wanted, place = Wanted(before.text, before.collections), Place(request.user, container["channel_id"])
    found, asked = service.ask(request.here, request.key, wanted, place)
    alone = bool(container.get("is_ephemeral"))
    message = answer_view(found, shown(asked, shareable=alone))
    if alone:
        request.reply.respond(message, replace=True)
    else:
        whisper(request.client, container["channel_id"], request.user, message, thread=request.thread)


def show_context(request: Request) -> None:
    """The paragraphs around a passage, in a window."""
    at = PassageValue.unpack(request.value)
    article, highlight = service.passage_context(
        request.here, at.question_id, at.article_id, at.paragraph, request.channel
    )
    request.reply.open(context_modal(article, at.paragraph, highlight, removable=request.may_manage))


def rate(request: Request) -> None:
    """Keep whether the answer helped; when not, ask why."""
    verdict = Verdict.unpack(request.value)
    service.get_question(request.workspace, verdict.id)
    service.rate(request.workspace, verdict.id, helpful=verdict.helpful)
    if verdict.helpful:
        request.reply.privately(notes.note("Thank you, noted."))
    else:
        request.reply.open(reason_modal(verdict.id))


def offer_to_add(request: Request) -> None:
    """The window to add a page, for those who may."""
    if request.may_manage:
        where = {"response_url": request.body["response_url"], "channel": request.channel}
        request.reply.open(links_modal((), where, choices(request, request.channel)))
    else:
        request.reply.privately(notes.admins_only())


def remove_article(request: Request) -> None:
    """Remove an article, for those who may, and say so in its window."""
    if request.may_manage:
        request.workspace.remove(request.value)
        said = "The article is removed."
    else:
        said = "Only workspace admins, and people who are listed for me, can remove articles. Ask one of them."
    request.client.views_update(view_id=request.body["view"]["id"], view=modals.notice_modal(said))


def check_question(given: dict[str, Any], client: WebClient, user: str) -> dict[str, str]:
    """Return what is wrong with the question or the period, by the name of the box."""
    errors = {}
    try:
        parse(given["question"] or "")
    except QuestionError as error:
        errors["question"] = str(error)
    if given["since"] and given["until"] and given["since"] > given["until"]:
        errors["until"] = "Choose a day after the first date."
    return errors


def answer_form(request: Request) -> None:
    """Answer what was asked in the window: where it was opened, to the asker alone, or in direct messages."""
    given, where = request.values, request.remembered
    collections = (given["collection"],) if given.get("collection") else None
    zone = ZoneInfo(request.person.zone)
    since = _moment(given["since"], time(), zone) if given["since"] else None
    until = _moment(given["until"], time(23, 59, 59), zone) if given["until"] else None
    wanted = Wanted(given["question"], collections, since, until)
    if where.get("response_url"):
        answer_by_address(request, wanted, where["channel"], where["response_url"])
    else:
        answer_directly(request, wanted, direct_channel(request.client, request.user))


def keep_reason(request: Request) -> None:
    """Keep why an answer was not helpful."""
    given = request.values
    reason = ": ".join(part for part in (given["reason"], given.get("more")) if part)
    service.rate(request.workspace, request.payload["private_metadata"], helpful=False, reason=reason)


def check_links(given: dict[str, Any], client: WebClient, user: str) -> dict[str, str]:
    """At least one page has to be ticked or typed."""
    nothing = "links" in given and not given["links"]
    return {"links": "Tick at least one page."} if nothing else {}


def submit_links(request: Request) -> None:
    """Add the pages, for those who may, and tell how it went."""
    where, given = request.remembered, request.values
    chosen = [where["links"][int(number)] for number in given["links"]] if "links" in given else [given["link"]]
    channel = where.get("channel") or ""
    audience = Audience(given.get("audience") or choices(request, channel)[0])
    try:
        said = add_pages(request, chosen, given.get("collection"), audience, channel)
    except NotAllowedError as error:
        said = str(error)
    respond(where["response_url"], notes.note(said))


def _moment(date: str, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(datetime.fromisoformat(date).date(), at, zone)


def ask(request: Request) -> None:
    """`/ask <question>` answers the asker alone; without a question it opens the window."""
    channel, url = request.channel, request.payload["response_url"]
    if request.text:
        answer_by_address(request, request.text, channel, url)
    else:
        where = {"channel": channel, "response_url": url}
        request.reply.open(ask_modal(request.here.visible(channel), where))


def topicbot(request: Request) -> None:
    """`/topicbot help | status | private on|off | bind <collections> | unbind`."""
    word, _, rest = request.text.partition(" ")
    if word in ("bind", "unbind"):
        message = _bind(request, word, rest)
    elif word == "private" and rest in ("on", "off"):
        service.set_private(request.workspace, request.user, private=rest == "on")
        listed = "are not" if rest == "on" else "are"
        said = f"Your questions that find nothing {listed} listed for admins; never with your name."
        message = notes.note(said)
    elif word == "status":
        message = notes.note(_status(request.here, request.channel))
    else:
        message = usage()
    request.reply.respond(message)


def _bind(request: Request, word: str, rest: str) -> Message:
    """Bind the channel to collections or unbind it, for those who may."""
    names = [name.strip() for name in rest.split(",") if name.strip()] if word == "bind" else []
    if not request.may_manage:
        return notes.admins_only()
    if word == "bind" and not names:
        return notes.note("Name the collections, for example: /topicbot bind tax, law")
    request.workspace.bind(request.channel, names)
    seen = ", ".join(names) or "all collections"
    return notes.note(f"From now on, questions in this channel see {seen}.")


def _status(workspace: Workspace, channel: str) -> str:
    held = workspace.stats()
    seen = ", ".join(workspace.visible(channel)) or "none yet"
    return f"{held.articles:,} articles, {held.paragraphs:,} paragraphs. Collections for this channel: {seen}."


def ask_about_message(request: Request) -> None:
    """Open the ask window with the message in the question box, to be asked as it is or changed."""
    where = {"channel": request.channel, "response_url": request.payload["response_url"]}
    view = ask_modal(request.here.visible(request.channel), where, request.message_text)
    request.reply.open(view)


def offer_links(request: Request) -> None:
    """Open the window with the message's links to tick; whoever may not add for all adds for themselves."""
    url = request.payload["response_url"]
    found = urls(request.payload["message"].get("text") or "")
    if found:
        where = {"response_url": url, "channel": request.channel}
        request.reply.open(links_modal(found, where, choices(request, request.channel)))
    else:
        respond(url, notes.note("I see no link in that message."))
