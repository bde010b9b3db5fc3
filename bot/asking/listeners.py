"""What is asked in Slack: commands, mentions, messages, files and windows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from slack_sdk import WebClient

from bot.asking import service
from bot.asking.blocks import answer_view, shown
from bot.asking.conversation import Turn, reply_to, wants_answer
from bot.asking.windows import ask_modal
from bot.dialogue import blocks as replies
from bot.dialogue import service as threads
from bot.dialogue.help import usage
from bot.dialogue.model import Act, act_of, is_plain_question, without_markup
from bot.locale.library import translated
from bot.locale.texts import N_, format_number, speaking
from bot.locale.texts import gettext as _
from bot.slack import notes
from bot.slack.inbox import delivery_key
from bot.slack.messages import direct_channel, post, remove, respond, update, written_in
from bot.slack.text import Message, typed, urls
from bot.sources import uploads
from bot.sources.blocks import Audience, links_modal
from bot.sources.uploads import add_pages, choices, offer_files, shared, unreadable
from bot.wording import cut
from bot.workspace.audience import seen_by_person
from bot.workspace.request import Request
from bot.workspace.workspace import Place, Workspace
from embeddings.errors import NotAllowedError, QuestionError
from embeddings.search.question import parse
from embeddings.search.reading import Wanted
from embeddings.text.dates import within_calendar

_NEXT, _PROMPT = 2, 75


def message_for(request: Request, text: str | Wanted, place: Place, *, shareable: bool = False) -> Message:
    """Return the message that answers what was typed to the bot alone, or put into a window."""
    if not text:
        return usage()
    if isinstance(text, str):
        return reply_to(Turn(request, text, place, shareable=shareable)) or usage()
    # A window has no channel of its own: what it may show is decided by where it was opened.
    here = seen_by_person(request.workspace, request.client, request.user, place.channel)
    found, asked = service.ask(here, request.key, text, place)
    may_add = request.may_manage
    return answer_view(found, shown(asked, typed=text.question, shareable=shareable, may_add=may_add))


def answer_by_address(request: Request, text: str | Wanted, channel: str, url: str) -> None:
    """Answer a command or a window through its reply address, to the asker alone."""
    respond(url, message_for(request, text, Place(request.user, channel), shareable=True))


def answer_directly(request: Request, text: str | Wanted, channel: str, thread: str | None = None) -> None:
    """Answer in direct messages: in the thread, or as a message of its own."""
    if thread:
        request.reply.status(channel, thread)
    message = message_for(request, text, Place(request.user, channel, thread))
    request.reply.post(channel, message, thread=thread)


def answer_in_thread(request: Request) -> None:
    """Answer a mention in its thread, with 👀 on it until then; or add the files with it."""
    event = request.payload
    if shared(event) or (unreadable(event) and not request.text):
        offer_files(request)
    elif not request.text:
        request.reply.post(event["channel"], usage(), thread=request.thread)
    elif wants_answer(request.written, request.bot_user, unasked=False):
        with request.reply.eyes(event["channel"], event["ts"]):
            _post(request, reply_to(_turn(request)))


def answer_message(request: Request) -> None:
    """Answer a direct message, or a follow-up in a thread of the bot's; add the files that are shared with it."""
    event = request.payload
    if event.get("subtype") == "message_changed":
        _answer_anew(request)
    elif event.get("subtype") == "message_deleted":
        _withdraw(request)
    elif shared(event) or (unreadable(event) and not request.text):
        if event.get("channel_type") == "im":
            offer_files(request)
    elif event.get("channel_type") != "im":
        _post(request, reply_to(_turn(request, unasked=True)), unasked=True)
    elif wants_answer(request.written, request.bot_user, unasked=False):
        thread = request.thread or event["ts"]
        with request.reply.working(event["channel"], thread):
            _post(request, reply_to(_turn(request)) if request.text else usage())
        _suggest_next(request)


def _turn(request: Request, *, unasked: bool = False) -> Turn:
    place = Place(request.user, request.payload["channel"], request.thread)
    return Turn(request, request.written, place, unasked=unasked)


def _post(request: Request, message: Message | None, *, unasked: bool = False) -> None:
    """Post the answer, if there is one and nobody has stopped it, and remember what it answers.

    What Slack delivers hours late is answered as that, and unasked not at all.
    """
    event = request.payload
    late = threads.lateness(request.workspace, event["ts"])
    if message is not None and late is not None:
        message = None if unasked else replies.late(message, late)
    stopped = threads.is_stopped(request.workspace, event["channel"], request.thread or event["ts"], event["ts"])
    if message is not None and not stopped:
        ts = request.reply.post(event["channel"], message, thread=request.thread)
        threads.keep_reply(request.workspace, event["channel"], event["ts"], ts)


def _suggest_next(request: Request) -> None:
    """Put what may be asked next in the place of the prompts, after a question that was answered."""
    workspace, channel = request.here, request.payload["channel"]
    questions = service.next_questions(workspace, request.key, channel, _NEXT)
    if questions:
        prompts = [{"title": cut(one, _PROMPT), "message": one} for one in questions]
        request.reply.suggest(channel, _("Ask next"), prompts)


def _answer_anew(request: Request) -> None:
    """Answer an edited message in the place of its first answer; what is no question any longer keeps it."""
    event, message = request.payload, request.payload["message"]
    channel = event["channel"]
    there = threads.reply_to(request.workspace, channel, message["ts"])
    payload = {**message, "type": "message", "channel": channel, "channel_type": event.get("channel_type")}
    key = delivery_key({"team_id": request.workspace.team_id, "event": payload})
    again = replace(request, payload=payload, reply=replace(request.reply, key=key))
    answer = reply_to(_turn(again)) if again.text else None
    if there is not None and answer is not None:
        update(request.client, channel, there, answer)


def _withdraw(request: Request) -> None:
    """Delete the answer to a message that was deleted."""
    channel, ts = request.payload["channel"], request.payload["deleted_ts"]
    there = threads.reply_to(request.workspace, channel, ts)
    if there is not None:
        remove(request.client, channel, there)
        threads.drop_reply(request.workspace, channel, ts)


def keep_files(request: Request) -> None:
    """Add the files that were shared, and answer from them the question that they came with."""
    new, thread = uploads.keep_files(request), request.thread
    if new is None or thread is None:
        return
    written = written_in(request.client, request.channel, thread, request.user)
    text = typed(without_markup(written), request.bot_user)
    if act_of(written, request.bot_user, addressed=True) is not Act.QUESTION or not is_plain_question(text):
        return
    place = Place(request.user, request.channel, thread)
    key = f"{request.key} question"
    found, asked = service.ask(request.here, key, text, place)
    if new:  # what was here already is asked like everything else
        found = service.only_from(found, new)
    with speaking(request.language_in(request.channel)):
        message = answer_view(found, shown(asked, typed=text, may_add=request.may_manage))
    post(request.client, request.channel, message, key, thread=thread, again=request.reply.again)


def check_question(given: dict[str, Any], client: WebClient, user: str) -> dict[str, str]:
    """Return what is wrong with the question or the period, by the name of the box."""
    errors = {}
    try:
        parse(given["question"] or "")
    except QuestionError as error:
        errors["question"] = translated(str(error))
    if given["since"] and given["until"] and given["since"] > given["until"]:
        errors["until"] = _("Choose a day after the first date.")
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


def check_links(given: dict[str, Any], client: WebClient, user: str) -> dict[str, str]:
    """At least one page has to be ticked or typed."""
    nothing = "links" in given and not given["links"]
    return {"links": _("Tick at least one page.")} if nothing else {}


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
    return within_calendar(datetime.combine(datetime.fromisoformat(date).date(), at, zone))


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
    word, _blank, rest = request.text.partition(" ")
    if word in ("bind", "unbind"):
        message = _bind(request, word, rest)
    elif word == "private" and rest in ("on", "off"):
        service.set_private(request.workspace, request.user, private=rest == "on")
        said = _UNLISTED if rest == "on" else _LISTED
        message = notes.note(_(said))
    elif word == "status":
        message = notes.note(_status(request.here, request.channel))
    else:
        message = usage(whole=True)
    request.reply.respond(message)


_UNLISTED = N_("Your questions that find nothing are not listed for admins; never with your name.")
_LISTED = N_("Your questions that find nothing are listed for admins; never with your name.")


def _bind(request: Request, word: str, rest: str) -> Message:
    """Bind the channel to collections or unbind it, for those who may."""
    names = [name.strip() for name in rest.split(",") if name.strip()] if word == "bind" else []
    if not request.may_manage:
        return notes.admins_only()
    if word == "bind" and not names:
        return notes.note(_("Name the collections, for example: /topicbot bind tax, law"))
    request.workspace.bind(request.channel, names)
    seen = ", ".join(names) or _("all collections")
    return notes.note(_("From now on, questions in this channel see {names}.", names=seen))


def _status(workspace: Workspace, channel: str) -> str:
    held = workspace.stats()
    seen = ", ".join(workspace.visible(channel)) or _("none yet")
    return _(
        "{articles} articles, {paragraphs} paragraphs. Collections for this channel: {names}.",
        articles=format_number(held.articles),
        paragraphs=format_number(held.paragraphs),
        names=seen,
    )


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
        respond(url, notes.note(_("I see no link in that message.")))
