"""What a person typed, when it is a subject rather than a question: a topic, "what's new?", "summarise …"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace


def topic_of(text: str) -> str | None:
    """Return the subject in "topic Alibaba"; empty for "topic" alone, `None` for anything else."""
    found = re.match(r"topic(?:\s*:\s*|\s+|$)(.*)", text, re.IGNORECASE)
    return found[1].strip() if found else None


_NEWS = re.compile(
    r"^\s*(?:(?:so|and|please|tell me|show me|give me|is there)\s+)*"
    r"(?:what(?:'s|’s| is| was| has| have)?(?: been)?(?: the)?"
    r" (?:new|news|latest(?: news)?|happened|happening|going on|reported|changed|in the news)"
    r"|(?:(?:any|the|some|is there any(?:thing)?|anything)\s+)?(?:(?:latest|recent|new|top|breaking)\s+)*"
    r"(?:news|new|latest|updates?|headlines)|bring me up to (?:date|speed)|catch me up|what did i miss)"
    r"(?:\s+(?:on|about|with|around|regarding|for)\s+(?P<subject>[^?!.]+))?\s*[?!.]*\s*$",
    re.IGNORECASE,
)
_NEWS_WORD = re.compile(
    r"\b(?:new|news|latest|happen(?:ed|ing)|going on|reported|changed|updates?|headlines|up to|catch me up"
    r"|miss)\b",
    re.IGNORECASE,
)


def view_of(text: str) -> str | None:
    """Return the subject of a question for what is new ("what's new on climate?"), empty for all that is new.

    `None` for any other question. The period that it names counts apart (`search.reading`).
    """
    from datetime import UTC, datetime

    from embeddings.text.periods import read_period

    if not _NEWS_WORD.search(text):
        return None  # reading a period takes a while
    try:
        bare = read_period(text, datetime.now(UTC)).text
    except OverflowError:
        return None
    found = _NEWS.match(bare)
    return (found["subject"] or "").strip() if found else None


@dataclass(frozen=True, slots=True)
class SummaryAsked:
    """What somebody wants summarised: a subject, or an article that is named by it; without one, the one at hand.

    `is_question`: it was asked as "what is … about?", which a passage may answer as well. Where that is no name, a
    summary is wanted only of an article with this title (`is_title`): "what is the travel policy about?"
    """

    subject: str
    of_article: bool
    is_question: bool = False
    is_title: bool = False


_POLITE = (
    r"(?:(?:please|now|so|and|ok|okay|hey|hi|can you|could you|would you|will you|i want you to|i'd like you to"
    r"|i would like you to|topicbot)[\s,]+)*"
)
_SHORT = r"(?:(?:short|brief|quick|one-line|executive)\s+)*"
_LENGTH = (
    r"(?:[\s,]+(?:for (?:me|us)|please|briefly|quickly|in (?:short|brief|(?:a|one|two|three|a few)\s+"
    r"(?:words?|lines?|sentences?|paragraphs?))))*"
)
_SUMMARY = re.compile(
    rf"^\W*{_POLITE}(?:(?:summari[sz]e|sum up|recap|condense)(?:\s+(?:for (?:me|us)|briefly|quickly)\b)?"
    r"|(?:(?:give|show|write|make|get|send)\s+(?:me|us)\s+|i (?:want|need|would like|'d like)\s+"
    rf"|(?:can|could|may) (?:i|we) (?:get|have)\s+|what(?:['’]s| is)\s+)?(?:an?\s+|the\s+)?{_SHORT}"
    r"(?:summary|recap|overview|gist|tl;?\s?dr|rundown)\s*(?:of|on|for|about|:))"
    rf"\s+(?P<subject>\S.*?){_LENGTH}[\s?!.]*$",
    re.IGNORECASE | re.DOTALL,
)
_ABOUT = re.compile(
    rf"^\W*{_POLITE}what(?:['’]?s| is| are| was| were)\s+(?P<subject>\S.*?)\s+(?:all\s+)?about[\s?!.]*$",
    re.IGNORECASE | re.DOTALL,
)
_BARE = re.compile(rf"^\W*{_POLITE}(?:summari[sz]e|sum up|summary|recap|tl;?\s?dr){_LENGTH}\W*$", re.IGNORECASE)
_DOCUMENT = re.compile(
    r"^(?:(?:the|this|that|our|an?|your)\s+)?(?:(?P<before>.*?)\s+)?"
    r"(?:article|story|report|paper|post|piece|text|document|doc|page|thread|message|file|pdf|news item)"
    r"(?:\s+(?:on|about|of|called|titled|entitled|named|with the title|from)\s+(?P<after>.+))?$",
    re.IGNORECASE | re.DOTALL,
)
_KIND_OF_DOCUMENT = re.compile(r"\b(?:minutes|memo|handbook|manual|guide|brochure)\b", re.IGNORECASE)
_EVERYTHING = re.compile(
    r"^(?:(?:the|all|all of|our)\s+)*(?:(?:latest|recent|new|today['’]s)\s+)*(?:news|headlines|everything)$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^[\"“‘'«](?P<title>[^\"”’»]+)[\"”’'»]$")
_POINTS = frozenset("it this that these those them it all this all that all".split())
_FEELING = re.compile(
    r"\b(?:he|she|they|you|i|we|there|\w+(?:ing|ied|ned|ced|sed|ted|red)|angry|happy|unhappy|upset|optimistic"
    r"|pessimistic|sure|unsure|certain|serious|sorry|nervous|anxious|right|wrong|clear|vocal|silent|special|different"
    r"|new|good|bad|great|wonderful)$",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?:^|\s)(?:the\s+)?[^\W\d_a-z]")


def summary_of(text: str) -> SummaryAsked | None:
    """Return what "summarise …", "a summary of …" or "what is … about?" asks a summary of; `None` for other text.

    "What is he worried about?" asks for no summary. The text is without options and period.
    """
    if _BARE.match(text):
        return SummaryAsked("", of_article=True)
    if found := _SUMMARY.match(text):
        return _asked(found["subject"], is_question=False)
    found = _ABOUT.match(text)
    if found is None or _FEELING.search(found["subject"]):
        return None
    asked = _asked(found["subject"], is_question=True)
    return replace(asked, is_title=not asked.of_article and not _NAME.search(found["subject"]))


def _asked(said: str, *, is_question: bool) -> SummaryAsked:
    """Return what these words name: an article by its title or subject, or a subject."""
    said = re.sub(r"^(?:the|our|your)\s+", "", said.strip(" \t\n,.?!"), flags=re.IGNORECASE)
    if _EVERYTHING.match(said):
        return SummaryAsked("", of_article=False)
    if said.casefold() in _POINTS:
        return SummaryAsked("", of_article=True, is_question=is_question)
    if title := _QUOTED.match(said):
        return SummaryAsked(title["title"].strip(), of_article=True, is_question=is_question)
    if found := _DOCUMENT.match(said):
        named = (found["after"] or found["before"] or "").strip(" \"“”‘’'")
        return SummaryAsked("" if named.casefold() in _POINTS else named, of_article=True, is_question=is_question)
    return SummaryAsked(said, _KIND_OF_DOCUMENT.search(said) is not None, is_question=is_question)
