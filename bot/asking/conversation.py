"""Take part in a conversation: what a message does there, and what answers it, if anything does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.asking import blocks, service
from bot.asking.blocks import answer_view
from bot.asking.store import AskedQuestion
from bot.dialogue import blocks as replies
from bot.dialogue import service as threads
from bot.dialogue.help import usage
from bot.dialogue.model import Act, act_of, corrected, is_plain_question, without_markup
from bot.locale.texts import gettext as _
from bot.question import SummaryAsked, summary_of, topic_of, view_of
from bot.slack.text import Message, typed
from bot.topics.listeners import article_summary, asked_summary, message_on
from bot.workspace.request import Request
from bot.workspace.workspace import Place
from embeddings.search.reading import Wanted
from embeddings.text.sentences import sentences
from embeddings.types import Answer, Highlight, Passage

_MOST_QUESTIONS, _FEWEST_WORDS = 3, 3
_CAUSE = re.compile(
    r"\b(?:because|due to|owing to|thanks to|as a result|in order to|so that|since|after|amid|reasons?|caused?"
    r"|causes|therefore|prompted|led to|following|aim(?:s|ed)? (?:to|at)|meant to"
    r"|to (?:avoid|protect|reduce|prevent|ensure))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A message in a conversation. `unasked`: it is in a thread of the bot's and doesn't mention the bot.

    `raw` is Slack's text; `shareable` answers are for one person alone.
    """

    request: Request
    raw: str
    place: Place
    unasked: bool = False
    shareable: bool = False

    @property
    def act(self) -> Act:
        """What the message does."""
        return act_of(self.raw, self.request.bot_user, addressed=not self.unasked)

    @property
    def text(self) -> str:
        """The words of the message."""
        return typed(without_markup(self.raw), self.request.bot_user)


def wants_answer(raw: str, bot_user: str | None, *, unasked: bool) -> bool:
    """Return whether a message may get an answer at all; what is only said among people doesn't."""
    return _is_answered(act_of(raw, bot_user, addressed=not unasked), raw, unasked=unasked)


def _is_answered(act: Act, raw: str, *, unasked: bool) -> bool:
    if not unasked:
        return act not in replies.SILENT
    return act in replies.UNASKED and (act is not Act.QUESTION or is_plain_question(raw))


def reply_to(turn: Turn) -> Message | None:
    """Return the message that answers the turn, or `None` where silence is the answer.

    Unasked, the bot says nothing when it finds nothing.
    """
    act, text = turn.act, turn.text
    if not _is_answered(act, turn.raw, unasked=turn.unasked):
        return None
    if (subject := topic_of(text)) is not None:
        return message_on(turn.request.here, subject, turn.request.key, turn.place, shareable=turn.shareable)
    if act is Act.NEWS:
        return _news(turn, view_of(text) or "")
    if act is Act.SUMMARISE:
        return _asked_summary(turn, act)
    if act is Act.QUESTION and (message := _asked_summary(turn, act)) is not None:
        return message
    return _questions(turn) if act is Act.QUESTION else _go_on(turn, act)


def _go_on(turn: Turn, act: Act) -> Message | None:
    """Answer what goes on from the question before, and what is no question at all."""
    before = service.previous(turn.request.here, turn.request.key, turn.place)
    if act is Act.CORRECTION:
        return _correct(turn, before)
    if act is Act.YES and before is not None and not before.answered:
        return _nearest(turn, before)
    if act not in _ON_FROM_ANSWER:
        return _plain_reply(turn, act)
    if before is not None and before.answered:
        return _ON_FROM_ANSWER[act](turn, before)
    if turn.unasked:
        return None
    return replies.nothing_before() if before is None else replies.nothing_found_before(before.text)


def _plain_reply(turn: Turn, act: Act) -> Message:
    workspace, place = turn.request.here, turn.place
    if act in (Act.HELP, Act.ABILITY):
        return usage()
    if act is Act.ARTICLES:
        seen = set(workspace.visible(place.channel))
        return replies.article_list([one for one in workspace.newest() if one.citation.collection in seen])
    if act is Act.STOP and not (place.thread and threads.silence(workspace, place.channel, place.thread)):
        return replies.nothing_to_stop()
    return replies.reply(act)


def _news(turn: Turn, subject: str) -> Message:
    workspace = turn.request.here
    wanted = replace(workspace.read(turn.text, turn.place), question=subject)
    return message_on(workspace, wanted, turn.request.key, turn.place, shareable=turn.shareable)


def _asked_summary(turn: Turn, act: Act) -> Message | None:
    """Return the summary that the message asks for, if any; in a thread "summarise" means what was found there."""
    workspace, place = turn.request.here, turn.place
    wanted = workspace.read(turn.text, place)
    asked = summary_of(wanted.question) or (SummaryAsked("", of_article=True) if act is Act.SUMMARISE else None)
    if asked is None:
        return None
    if asked.of_article and not asked.subject:
        before = service.previous(workspace, turn.request.key, place)
        if before is not None and before.answered:
            return _summarise(turn, before)
        if turn.unasked:
            return None
    return asked_summary(
        workspace, asked, wanted, turn.request.key, place, shareable=turn.shareable, sure=turn.unasked
    )


def _questions(turn: Turn) -> Message | None:
    """Answer each question of a message; several in one message, each under its own words."""
    asked = questions_in(turn.text)
    if len(asked) == 1:
        return _answer(turn, turn.request.key, asked[0])
    answers = [_answer(turn, f"{turn.request.key} {number}", one, lead=one) for number, one in enumerate(asked)]
    return blocks.joined([one for one in answers if one is not None])


def _answer(
    turn: Turn, key: str, text: str | Wanted, lead: str | None = None, *, even_nothing: bool = False
) -> Message | None:
    """Return the answer; unasked, `None` for a question that finds nothing, unless that has to be said."""
    only_answered = turn.unasked and not even_nothing
    found, asked = _asked_on_screen(turn, key, text) or service.ask(
        turn.request.here, key, text, turn.place, only_answered=only_answered
    )
    if only_answered and not found.answered:
        return None
    written = service.as_read(text if isinstance(text, str) else turn.text, found.corrected)
    return answer_view(
        found,
        blocks.shown(
            asked,
            typed=written,
            shareable=turn.shareable,
            lead=lead,
            unasked=turn.unasked,
            may_add=turn.request.may_manage,
        ),
    )


def _asked_on_screen(turn: Turn, key: str, text: str | Wanted) -> tuple[Answer, AskedQuestion] | None:
    """Return the answer from the collections of the channel that the person has on screen beside the bot.

    `None` outside direct messages, for a channel that sees everything or that the person isn't in, and where those
    collections hold no answer.
    """
    workspace, request = turn.request.here, turn.request
    if request.payload.get("channel_type") != "im":
        return None
    channel = threads.screen_of(workspace, request.user, request.payload)
    bound = workspace.bound_collections(channel) if channel else None
    if not channel or bound is None or not workspace.people.is_member(request.client, channel, request.user):
        return None
    wanted = workspace.read(text, turn.place)
    if wanted.collections is not None:
        return None
    scoped = replace(wanted, collections=workspace.allowed(None, bound))
    found, asked = service.ask(workspace, key, scoped, turn.place)
    return (found, asked) if found.answered else None


def questions_in(text: str) -> list[str]:
    """Return the questions of a message, at most three; the whole text where it can't be parted."""
    parts = [part.strip() for part in re.split(r"(?<=[?!.])\s+(?=\S)", text) if part.strip()]
    while len(parts) > 1 and act_of(parts[0], addressed=True) in _OPENINGS:
        parts = parts[1:]
    while len(parts) > 1 and act_of(parts[-1], addressed=True) in _OPENINGS:
        parts = parts[:-1]
    several = 1 < len(parts) <= _MOST_QUESTIONS and all(
        part.endswith("?") and len(part.split()) >= _FEWEST_WORDS and is_plain_question(part) for part in parts
    )
    return parts if several else [" ".join(parts)]


_OPENINGS = frozenset({Act.HELLO, Act.THANKS, Act.HELPED, Act.AGREEMENT, Act.EMOJI, Act.SMALL_TALK})


def _correct(turn: Turn, before: AskedQuestion | None) -> Message | None:
    """Ask the question before with the name that was meant; that it found nothing is said, for it was asked."""
    found = corrected(without_markup(turn.raw))
    if before is None or found is None:
        return None if turn.unasked else _answer(turn, turn.request.key, found[0] if found else turn.text)
    question = with_name(before.text, before.subject, *found)
    wanted = Wanted(question, before.collections, before.bound_since, before.bound_until)
    return _answer(turn, turn.request.key, wanted, even_nothing=True)


def with_name(question: str, subject: str, meant: str, instead: str | None) -> str:
    """Return the question with the name that was `meant` in place of the wrong one, or of its subject."""
    for wrong in (instead, subject):
        if wrong and (at := re.search(rf"\b{re.escape(wrong)}\b", question, re.IGNORECASE)):
            return f"{question[: at.start()]}{meant}{question[at.end() :]}"
    return f"{question.rstrip(' ?!.')}, {meant}?"


def _more(turn: Turn, before: AskedQuestion) -> Message | None:
    """Show what wasn't shown yet: passages that belong to the answer, then those of the article answered from."""
    found = service.answer_again(turn.request.here, before, turn.place.channel)
    if not found.passages:
        return None if turn.unasked else replies.nothing_before()
    best = found.passages[0]
    same = best.citation.article_id
    rest = [one for one in found.passages[before.shown :] if one.relevant or one.citation.article_id == same]
    if not rest:
        return replies.nothing_further(best.citation.title)
    page = rest[: service.PAGE]
    last = max(found.passages.index(one) for one in page) + 1
    asked = service.go_on(turn.request.here, turn.request.key, before, turn.place, shown=last)
    return _part(turn, found, asked, page, _("More on: "))


def _why(turn: Turn, before: AskedQuestion) -> Message | None:
    """Show a sentence of the article that names a reason, and isn't the answer itself."""
    workspace, channel = turn.request.here, turn.place.channel
    found = service.answer_again(workspace, before, channel)
    if not found.passages:
        return None if turn.unasked else replies.nothing_before()
    best = found.passages[0]
    same = [one for one in found.passages if one.citation.article_id == best.citation.article_id]
    reasons = [(one, at) for one in same for at in _spans(one) if _gives_reason(one, at, best)]
    if len(reasons) <= before.reasons:
        return replies.nothing_further(best.citation.title)
    one, at = reasons[before.reasons]
    asked = service.go_on(workspace, turn.request.key, before, turn.place, reasons=before.reasons + 1)
    return _part(turn, found, asked, [replace(one, highlight=at, relevant=True)], _("A reason, on: "))


def _spans(passage: Passage) -> list[Highlight]:
    return [Highlight(start, end) for start, end in sentences(passage.text)]


def _gives_reason(passage: Passage, span: Highlight, best: Passage) -> bool:
    is_answer = passage.paragraph == best.paragraph and span.start < best.highlight.end
    is_answer = is_answer and best.highlight.start < span.end
    return not is_answer and _CAUSE.search(passage.text[span.start : span.end]) is not None


def _part(turn: Turn, found: Answer, asked: AskedQuestion, page: list[Passage], lead: str) -> Message:
    """Return some passages of an answer as one of their own, under what they are about."""
    ranked = tuple(replace(one, rank=number, relevant=True) for number, one in enumerate(page, start=1))
    part = replace(found, passages=ranked, answered=True, differ=(), notes=(), corrected={})
    may_add = turn.request.may_manage
    return answer_view(
        part, blocks.shown(asked, shareable=turn.shareable, lead=lead + asked.text, may_add=may_add)
    )


def _source(turn: Turn, before: AskedQuestion) -> Message | None:
    best = _best(turn, before)
    return replies.source_note(best) if best else None


def _sure(turn: Turn, before: AskedQuestion) -> Message | None:
    found = service.answer_again(turn.request.here, before, turn.place.channel)
    return replies.sure_note(found) if found.passages else None


def _summarise(turn: Turn, before: AskedQuestion) -> Message | None:
    """Summarise the article that the answer is from."""
    best = _best(turn, before)
    if best is None:
        return None
    return article_summary(turn.request.here, best.citation.article_id, turn.place.channel)


def _best(turn: Turn, before: AskedQuestion) -> Passage | None:
    found = service.answer_again(turn.request.here, before, turn.place.channel)
    return found.passages[0] if found.passages else None


def _nearest(turn: Turn, before: AskedQuestion) -> Message:
    """Show what comes nearest to a question that found nothing: the bot offered it."""
    found = service.answer_again(turn.request.here, before, turn.place.channel)
    return answer_view(
        found, blocks.shown(before, shareable=turn.shareable, nearest=True, may_add=turn.request.may_manage)
    )


_ON_FROM_ANSWER: dict[Act, Callable[[Turn, AskedQuestion], Message | None]] = {
    Act.MORE: _more,
    Act.WHY: _why,
    Act.SOURCE: _source,
    Act.SURE: _sure,
}
