"""Ask a workspace's library, and keep what was asked for buttons, follow-ups and the list of gaps."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

from bot import metrics
from bot.asking import store as questions
from bot.asking.learning import shift_of
from bot.asking.store import AskedQuestion, Unanswered
from bot.config import FollowUps
from bot.dialogue import service as threads
from bot.locale.texts import gettext as _
from bot.slack.people import kept_name
from bot.slack.text import mentions
from bot.wording import one_line
from bot.workspace.workspace import Place, Workspace
from embeddings.errors import NotFoundError
from embeddings.scope import Scope
from embeddings.search.follow_up import keyword, likeliest, readings, subject
from embeddings.search.reading import Wanted
from embeddings.text.terms import terms
from embeddings.types import Answer, Highlight, StoredArticle

PAGE = 3
"""Passages on a page."""

PAGES = 5
"""How many pages *Show more* goes through."""

_ALL = PAGE * PAGES
_PERIOD_WORDS = re.compile(
    r"\d+(?:st|nd|rd|th|s)?|\b(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|yesterday|last|this|past|previous|week|month"
    r"|year|quarter|day|weekend|since|until|between|before|after|early|late|spring|summer|autumn|winter)s?\b",
    re.IGNORECASE,
)
_NEWEST, _TITLE = 20, 200
_DIRECT, _CONVERSATION = "D", timedelta(minutes=10)
"""How the ids of direct messages begin, and how long their messages are one conversation without a thread."""

_SUBTYPES = (None, "file_share", "thread_broadcast")


def ask(
    workspace: Workspace, key: str, text: str | Wanted, place: Place, *, only_answered: bool = False
) -> tuple[Answer, AskedQuestion]:
    """Return the answer to what was typed at `place`, read with the thread's last question.

    The question is kept for buttons and follow-ups; with `only_answered` not one that finds nothing. `key` names
    the delivery; the same key is the same question. Raises `QuestionError`, `NotFoundError` and `NotAllowedError`
    for questions that can't be asked.
    """
    wanted = workspace.read(text, place)
    own_id = _id_of(workspace, key)
    bound = workspace.bound_collections(place.channel)
    before = _before(workspace, place, own_id)
    collections = workspace.allowed(wanted.collections, bound)
    if before is not None and _only_when(wanted):
        wanted = replace(wanted, question=before.text)
    elif before is not None and wanted == Wanted(wanted.question) and not subject(wanted.question):
        wanted = replace(wanted, since=before.bound_since, until=before.bound_until, preferred=before.preferred)
        collections = before.collections if bound is None else collections
    scope = Scope(collections, wanted.since, wanted.until)
    texts = readings(wanted.question, before.text, before.subject) if before else (wanted.question,)
    with metrics.answering():
        asking = partial(workspace.articles.ask, scope=scope, limit=_ALL, preferred=wanted.preferred)
        shift = shift_of(workspace)
        answers = [asking(one, shift=shift) for one in texts]
    found = likeliest(wanted.question, answers)
    metrics.asked(answered=found.answered, confidence=found.confidence)
    asked = AskedQuestion(
        id=own_id,
        user=kept_name(workspace.settings, workspace.team_id, place.user),
        channel=place.channel,
        thread=place.thread,
        text=(text := as_read(found.question, found.corrected)),
        subject=subject(text) or (found.answered and keyword(text)) or (before.subject if before else ""),
        collections=collections,
        since=wanted.preferred.since if wanted.preferred else wanted.since,
        until=wanted.preferred.until if wanted.preferred else wanted.until,
        strict=wanted.preferred is None,
        answered=found.answered,
        confidence=found.confidence,
        asked_at=workspace.now(),
    )
    if found.answered or not only_answered:
        workspace.store.write(lambda connection: questions.keep(connection, workspace.team_id, asked))
    return found, asked


def _only_when(wanted: Wanted) -> bool:
    """Return whether a message is only a period, like "and in 2024?": it asks the question before of that one."""
    has_period = wanted.since is not None or wanted.until is not None or wanted.preferred is not None
    left = _PERIOD_WORDS.sub(" ", wanted.question)
    return has_period and not terms(left)


def as_read(text: str, corrected: Mapping[str, str]) -> str:
    """Return the question with its mistyped words as they were read."""
    for typed, used in corrected.items():
        text = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", lambda _, used=used: used, text)  # type: ignore[misc]
    return text


def _id_of(workspace: Workspace, key: str) -> str:
    return hashlib.sha256(f"{workspace.team_id} {key}".encode()).hexdigest()[:20]


def only_from(found: Answer, article_ids: Sequence[str]) -> Answer:
    """Return what of an answer is from these articles, ranked anew: its first page, if it is an answer."""
    own = [one for one in found.passages if one.citation.article_id in article_ids]
    is_answer = found.answered and any(one.relevant for one in own)
    kept = [one for one in own if one.relevant][:PAGE] if is_answer else own
    ranked = tuple(replace(one, rank=rank) for rank, one in enumerate(kept, start=1))
    return replace(found, passages=ranked, answered=is_answer, differ=())


def previous(workspace: Workspace, key: str, place: Place) -> AskedQuestion | None:
    """Return the question that the message named by `key` may go on from."""
    return _before(workspace, place, _id_of(workspace, key))


def go_on(
    workspace: Workspace, key: str, before: AskedQuestion, place: Place, *, shown: int = 0, reasons: int = 0
) -> AskedQuestion:
    """Keep that a message went on with a question, and how many passages or reasons it showed; return it.

    Both are counted from the first answer on; what is smaller than before changes nothing.
    """
    asked = replace(
        before,
        id=_id_of(workspace, key),
        thread=place.thread,
        shown=max(shown, before.shown),
        reasons=max(reasons, before.reasons),
        asked_at=workspace.now(),
    )
    with workspace.store.writing() as connection:
        questions.keep(connection, workspace.team_id, asked)
    return asked


def _before(workspace: Workspace, place: Place, own_id: str) -> AskedQuestion | None:
    """Return the last question of the thread; of direct messages the one of the last ten minutes, too."""
    if not place.thread:
        return None
    team = workspace.team_id
    with workspace.store.reading() as connection:
        found = questions.last_in_thread(connection, team, place.channel, place.thread, but=own_id)
        if found is None and place.channel.startswith(_DIRECT):
            since = workspace.now() - _CONVERSATION
            found = questions.last_in_channel(connection, team, place.channel, since, but=own_id)
    return found


def answer_again(workspace: Workspace, asked: AskedQuestion, channel: str) -> Answer:
    """Return the answer to a question that was asked before, within what this channel may see now."""
    bound, collections = workspace.bound_collections(channel), asked.collections
    if bound is not None:
        within = tuple(name for name in asked.collections or bound if name in bound)
        collections = workspace.allowed(within, bound)
    scope = Scope(collections, asked.bound_since, asked.bound_until)
    shift = shift_of(workspace)
    return workspace.articles.ask(asked.text, scope, limit=_ALL, preferred=asked.preferred, shift=shift)


def get_question(workspace: Workspace, question_id: str) -> AskedQuestion:
    """Return the question with this id. Raises `NotFoundError` when it is no longer kept."""
    with workspace.store.reading() as connection:
        found = questions.load(connection, workspace.team_id, question_id)
    if found is None:
        raise NotFoundError(_("I no longer have that question. Ask it again."))
    return found


def passage_context(
    workspace: Workspace, question_id: str, article_id: str, paragraph: int, channel: str
) -> tuple[StoredArticle, Highlight | None]:
    """Return the article of a passage, and which part of the paragraph answers the question.

    Raises `NotFoundError` when the question is no longer kept, or the article has changed.
    """
    asked = get_question(workspace, question_id)
    article = workspace.article(article_id, channel)
    if paragraph >= len(article.paragraphs):
        raise NotFoundError(_("The article has changed, and that paragraph is gone. Ask again."))
    passages = answer_again(workspace, asked, channel).passages
    place = (article_id, paragraph)
    spans = (one.highlight for one in passages if (one.citation.article_id, one.paragraph) == place)
    return article, next(spans, None)


def rate(workspace: Workspace, question_id: str, *, helpful: bool, reason: str | None = None) -> None:
    """Keep what a person thought of the answer; of a question that is no longer kept, nothing."""
    with workspace.store.writing() as connection:
        questions.rate(connection, workspace.team_id, question_id, helpful=helpful, reason=reason)


def set_private(workspace: Workspace, user: str, *, private: bool) -> None:
    """Set whether this person's questions are left out of the list of gaps."""
    kept = kept_name(workspace.settings, workspace.team_id, user)
    with workspace.store.writing() as connection:
        questions.set_private(connection, workspace.team_id, kept, private=private)


def feedback(
    workspace: Workspace, *, gaps: int, unhelpful: int
) -> tuple[list[Unanswered], list[tuple[str, str | None]]]:
    """Return the last questions that found nothing, and those whose answer did not help, with the reason."""
    with workspace.store.reading() as connection:
        return (
            questions.unanswered(connection, workspace.team_id, gaps) if gaps else [],
            questions.unhelpful(connection, workspace.team_id, unhelpful),
        )


def lately(workspace: Workspace, user: str, limit: int) -> list[tuple[str, bool]]:
    """Return the person's last questions, newest first, with whether each was answered."""
    kept = kept_name(workspace.settings, workspace.team_id, user)
    with workspace.store.reading() as connection:
        return questions.lately(connection, workspace.team_id, kept, limit)


def is_question(workspace: Workspace, event: dict[str, Any], bot_user: str) -> bool:
    """Return whether a message is meant for the bot: sent to it directly, or in a thread that it answered.

    In a channel a message with a mention comes as `app_mention` too and is answered there.
    """
    if event.get("subtype") not in _SUBTYPES or not event.get("user") or event.get("bot_id"):
        return False
    if event.get("channel_type") == "im":
        return True
    thread, follow_ups = event.get("thread_ts"), workspace.settings.follow_ups
    if not thread or follow_ups is FollowUps.MENTION or mentions(event.get("text") or "", bot_user):
        return False
    asker = kept_name(workspace.settings, workspace.team_id, event["user"])
    user = asker if follow_ups is FollowUps.ASKER else None
    with workspace.store.reading() as connection:
        before = questions.last_in_thread(connection, workspace.team_id, event["channel"], thread, user=user)
    return before is not None and not threads.is_quiet(workspace, event["channel"], thread)


def is_change(workspace: Workspace, event: dict[str, Any]) -> bool:
    """Return whether a message that the bot answered was edited or deleted."""
    if event.get("subtype") == "message_changed":
        old, new = event.get("previous_message") or {}, event.get("message") or {}
        ts = new.get("ts") if old.get("text") != new.get("text") and not new.get("bot_id") else None
    elif event.get("subtype") == "message_deleted":
        ts = event.get("deleted_ts")
    else:
        return False
    return bool(ts) and threads.reply_to(workspace, event["channel"], str(ts)) is not None


def examples(workspace: Workspace, count: int) -> list[str]:
    """Return questions that the library answers: about the articles that were added last."""
    titles = dict.fromkeys(_speakable(one.citation.title) for one in workspace.newest()[:_NEWEST])
    asked = (_on_title(workspace, title) for title in titles if title)
    return list(islice(filter(None, asked), count))


def _on_title(workspace: Workspace, title: str) -> str | None:
    """Return a question on an article in the language spoken now, or in English; `None` if none is answered."""
    shift = shift_of(workspace)
    asked = dict.fromkeys((_("What does “{title}” say?", title=title), f"What does “{title}” say?"))
    return next((one for one in asked if workspace.articles.ask(one, limit=1, shift=shift).answered), None)


def next_questions(workspace: Workspace, key: str, channel: str, count: int) -> list[str]:
    """Return what to ask after the answer to the delivery `key`: a summary of its article, and what others say.

    Each is answered.
    Nothing after what wasn't answered, or was no question.
    """
    with workspace.store.reading() as connection:
        asked = questions.load(connection, workspace.team_id, _id_of(workspace, key))
    if asked is None or not asked.answered:
        return []
    found = answer_again(workspace, asked, channel)
    titles = list(dict.fromkeys(filter(None, (_speakable(one.citation.title) for one in found.passages))))
    others = filter(None, (_on_title(workspace, title) for title in titles[1:]))
    return [*(_("Summarise “{title}”", title=title) for title in titles[:1]), *islice(others, count - 1)]


def _speakable(title: str) -> str:
    """Return a title for a question that a person sends with a click, without Slack's markup."""
    return one_line(re.sub("[<>&]", " ", title), _TITLE)
