"""What is pressed under an answer, and in the windows that its buttons open."""

from __future__ import annotations

from dataclasses import replace

from bot.asking import service
from bot.asking.blocks import PageValue, PassageValue, answer_view, shown
from bot.asking.windows import context_modal, reason_modal, remove_modal
from bot.dialogue import blocks as replies
from bot.dialogue import service as threads
from bot.dialogue.model import Act
from bot.locale.texts import gettext as _
from bot.locale.texts import speaking
from bot.slack import modals, notes
from bot.slack.messages import respond, whisper
from bot.slack.text import Verdict
from bot.sources.blocks import links_modal
from bot.sources.uploads import choices
from bot.workspace.audience import seen_by_all
from bot.workspace.request import Request
from bot.workspace.workspace import Place
from embeddings.search.reading import Wanted


def keep_quiet(request: Request) -> None:
    """*Don't answer in this thread*: from now on the bot answers there only when mentioned."""
    asked = service.get_question(request.workspace, request.value)
    if asked.thread and threads.silence(request.workspace, asked.channel, asked.thread):
        request.reply.privately(replies.reply(Act.STOP))
    else:
        request.reply.privately(replies.nothing_to_stop())


def leave_to_slackbot(request: Request) -> None:
    """*Word this with Slackbot*: Slack passes the button's prompt to Slackbot; there is nothing to do here."""


def show_nearest(request: Request) -> None:
    """Show what comes nearest to a question that found nothing, to the person alone."""
    asked, container = service.get_question(request.workspace, request.value), request.body["container"]
    found = service.answer_again(request.here, asked, container["channel_id"])
    alone, may_add = bool(container.get("is_ephemeral")), request.may_manage
    message = answer_view(found, shown(asked, nearest=True, shareable=alone, may_add=may_add))
    if container.get("is_ephemeral"):
        request.reply.respond(message, replace=True)
    else:
        whisper(request.client, container["channel_id"], request.user, message, thread=request.thread)


def share(request: Request) -> None:
    """Show the asker's answer to the whole channel, with who shared it."""
    page = PageValue.unpack(request.value)
    asked = service.get_question(request.workspace, page.question_id)
    found = service.answer_again(seen_by_all(request.workspace, request.channel), asked, request.channel)
    with speaking(request.language_in(request.channel)):
        to_all = shown(asked, first=page.first, sharer=request.user, may_add=False)
        message = answer_view(found, to_all)
    request.reply.to_all(message)
    if request.body["container"].get("is_ephemeral"):
        own = shown(asked, first=page.first, shareable=True, may_add=request.may_manage)
        done = replace(own, shareable=False, shared=True)
        request.reply.respond(answer_view(found, done), replace=True)


def show_more(request: Request) -> None:
    """Show the next page: in place where only the person sees it, otherwise for their eyes in the thread."""
    page, container = PageValue.unpack(request.value), request.body["container"]
    asked = service.get_question(request.workspace, page.question_id)
    found = service.answer_again(request.here, asked, container["channel_id"])
    alone = bool(container.get("is_ephemeral"))
    message = answer_view(
        found, shown(asked, first=page.first, shareable=alone, nearest=True, may_add=request.may_manage)
    )
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
    message = answer_view(found, shown(asked, shareable=alone, may_add=request.may_manage))
    if alone:
        request.reply.respond(message, replace=True)
    else:
        whisper(request.client, container["channel_id"], request.user, message, thread=request.thread)


def show_context(request: Request) -> None:
    """Show the paragraphs around a passage, in a window."""
    at = PassageValue.unpack(request.value)
    article, highlight = service.passage_context(
        request.here, at.question_id, at.article_id, at.paragraph, request.channel
    )
    request.reply.open(context_modal(article, at.paragraph, highlight))


def rate(request: Request) -> None:
    """Keep whether the answer helped; when not, ask why."""
    verdict = Verdict.unpack(request.value)
    service.get_question(request.workspace, verdict.id)
    service.rate(request.workspace, verdict.id, helpful=verdict.helpful)
    if verdict.helpful:
        request.reply.privately(notes.note(_("Thank you, noted.")))
    else:
        where = {"question": verdict.id, "response_url": request.body.get("response_url") or ""}
        request.reply.open(reason_modal(where))


def offer_to_add(request: Request) -> None:
    """Open the window to add a page, for those who may."""
    if request.may_manage:
        where = {"response_url": request.body["response_url"], "channel": request.channel}
        request.reply.open(links_modal((), where, choices(request, request.channel)))
    else:
        request.reply.privately(notes.admins_only())


def offer_to_remove(request: Request) -> None:
    """Ask those who may remove an article whether they mean it."""
    if request.may_manage:
        request.reply.open(remove_modal(request.here.article(request.value, request.channel).citation))
    else:
        request.reply.privately(notes.admins_only())


def remove_article(request: Request) -> None:
    """Remove an article, for those who may, and say so in its window."""
    if request.may_manage:
        request.here.remove(request.value)
        said = _("The article is removed.")
    else:
        said = _("Only workspace admins, and people who are listed for me, can remove articles. Ask one of them.")
    request.client.views_update(view_id=request.body["view"]["id"], view=modals.notice_modal(said))


def keep_reason(request: Request) -> None:
    """Keep why an answer was not helpful, and say thanks."""
    given, where = request.values, request.remembered
    reason = ": ".join(part for part in (given["reason"], given.get("more")) if part)
    service.rate(request.workspace, where["question"], helpful=False, reason=reason)
    if where["response_url"]:
        respond(
            where["response_url"], notes.note(_("Thank you. The admins see what was wrong, without your name."))
        )
