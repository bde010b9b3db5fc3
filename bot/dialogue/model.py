"""Dialogue acts: what a message does in a conversation, by rules on its whole wording.

A pattern has to match the message from its first word to its last, so that a question which merely holds such
words ("what are the sources of the Nile?") stays a question. `tests/bot/dialogue` measures the rules.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from bot.dialogue import languages
from bot.dialogue.phrases import ACTS, ADDRESS, NAMELESS
from bot.locale.texts import ENGLISH
from bot.question import summary_of, view_of
from embeddings.text.language import language_of


class Act(StrEnum):
    """What a message does. `QUESTION` is whatever no other act claims: it is searched."""

    HELP = "help"
    IDENTITY = "identity"
    ABILITY = "ability"
    ARTICLES = "articles"
    THANKS = "thanks"
    HELPED = "helped"
    HELLO = "hello"
    YES = "yes"
    NO = "no"
    STOP = "stop"
    MORE = "more"
    WHY = "why"
    SOURCE = "source"
    SURE = "sure"
    CORRECTION = "correction"
    SUMMARISE = "summarise"
    NEWS = "news"
    SMALL_TALK = "small_talk"
    INSULT = "insult"
    EMOJI = "emoji"
    ASIDE = "aside"
    AGREEMENT = "agreement"
    WRONG = "wrong"
    QUESTION = "question"


_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_EMOJI_NAME = re.compile(r"(?<!\w):[a-z0-9_+'-]+:(?::skin-tone-\d:)?", re.IGNORECASE)
_MENTION = re.compile(r"<@([UW][A-Z0-9]*)(?:\|[^<>]*)?>")
_PLACE_OR_GROUP = re.compile(r"<(?:#|!)[^<>]*>")
_TYPED_NAME = re.compile(r"(?:^|(?<=\s))@(?!topicbot\b)([A-Za-z][\w.-]+)")
_WORD = re.compile(r"[^\W_]+(?:['.&/-][^\W_]+)*")
_QUOTE_LINE = re.compile(r"^[^\S\n]*+(?:&gt;|>)\s?", re.MULTILINE)

_RULES = tuple(
    (Act(name), re.compile(f"^(?:{'|'.join((*patterns, *languages.ACTS.get(name, ())))})$"))
    for name, patterns in ACTS.items()
)
_ADDRESS, _POLITE = re.compile(ADDRESS), re.compile(languages.POLITE)
_LONGEST, _LAST_MARK = 14, "\u203b"
_MAX_CHARS = 600
"""A longer message is something to be read: it is searched, and no wording is compared with it."""
_MARK = ("?", "？", "؟")
"""Question marks: Latin, full-width and Arabic."""
_LIGHT = frozenset({Act.AGREEMENT, Act.HELLO, Act.YES, Act.NO, Act.EMOJI})
"""Acts that only open or close a message which does something weightier."""

_CORRECTION = re.compile(
    r"^(?:(?:no|sorry|oops|actually|wait|ah|oh|hm+|correction|i mean|rather)\b[\s,:.!–-]*)*"
    r"(?:(?:(?:i (?:really |actually |just )?)?(?:meant|mean)(?: to (?:say|ask|write))?"
    r"|i was (?:asking|talking) about|make that|(?:it|that) should (?:be|say))"
    r"\s+(?P<meant>[^?]+?)(?:,?\s+(?:not|instead of)\s+(?P<instead>[^?]+))?"
    r"|not\s+(?P<wrong>[^,?]+?)\s*(?:,|\bbut\b|–|—|\s-\s)\s*(?:but\s+|rather\s+)?(?P<right>[^?,]+)"
    r"|(?P<late>[^?,]+?),?\s+i mean|(?P<first>[^?,\s]+(?: [^?,\s]+){0,2}),\s*not\s+(?P<second>[^?,]+))[\s.!]*$",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"^(?:no|sorry|oops|correction|actually|nein|non|não|nee)(?:,\s*(?:sorry,?\s*)?|:\s*)(?P<name>(?:the\s+)?[A-ZÄÖÜ][^?,]*?)[\s.!]*$"
)
_MEANT_WORDS = 6
_FIRST = re.compile(
    r"^(?:and |but |so |then |also )*(?:what|who|whom|whose|which|when|where|why|how|is|are|was|were|do|does"
    r"|did|has|have|can|could|will|would|should)\b",
    re.IGNORECASE,
)
_CORRECTION_ELSEWHERE = re.compile(languages.CORRECTION, re.IGNORECASE)
_FIRST_ELSEWHERE = re.compile(languages.QUESTION)
_SPOKEN_TO_PEOPLE = re.compile(
    r"^(?:can|could|will|would|does|did|has|is|should|do|are) (?:anyone|anybody|someone|somebody|you all"
    r"|you guys)\b"
    r"|\b(?:guys|folks|y'all|you (?:all|both|two|lot)|everyone else)\b"
    r"|^let's\b|^let us\b|^i(?:'ll| will)\b|^we(?:'ll| will| should| could)\b"
    r"|^who(?:'s| is)? (?:wants|in for|up for|coming|joining|has time|can take|is free)\b"
)


def without_markup(text: str) -> str:
    """Return Slack's text without code, emoji names, mentions, channel names and the marks of quoted lines.

    None of these are words of a question.
    """
    bare = _QUOTE_LINE.sub("", _CODE.sub(" ", text))
    for pattern in (_MENTION, _PLACE_OR_GROUP, _EMOJI_NAME):
        bare = pattern.sub(" ", bare)
    if not bare.isascii():
        bare = "".join(" " if _is_pictograph(one) else one for one in bare)
    return " ".join(bare.split())


@lru_cache(maxsize=1000)  # one message is read by several that want to know what it does
def act_of(text: str, bot_user: str | None = None, *, addressed: bool = False) -> Act:
    """Return what a message does; `text` is Slack's own, or what was typed in a terminal.

    A message that mentions another person and not the bot is an aside, and so is one that speaks to people. Of an
    `addressed` message, which was written to the bot alone or mentions it, neither is said: it is a question. What
    ends there in a question mark always wants an answer: "right?" asks whether that is sure.
    """
    mentioned = {*_MENTION.findall(text), *_TYPED_NAME.findall(text)}
    addressed = addressed or bot_user in mentioned
    if mentioned and not addressed:
        return Act.ASIDE
    if len(text) > _MAX_CHARS:
        return Act.QUESTION
    bare = without_markup(text)
    if not _WORD.search(bare):
        return Act.EMOJI if not re.search(r"[?]", bare) else Act.QUESTION
    if corrected(bare) is not None:
        return Act.CORRECTION
    if view_of(bare) is not None:
        return Act.NEWS
    summary = summary_of(bare)
    return Act.SUMMARISE if summary and not summary.is_question else _by_words(bare, addressed=addressed)


def _by_words(bare: str, *, addressed: bool) -> Act:
    said = _said(bare)
    act = _by_wording(said) or _of_parts(bare) or Act.QUESTION
    if act is Act.QUESTION and _SPOKEN_TO_PEOPLE.search(said) and not _has_name(bare):
        act = Act.ASIDE
    if addressed and act is Act.AGREEMENT and _has_mark(bare):
        return Act.SURE
    return Act.QUESTION if act is Act.ASIDE and addressed else act


def _by_wording(said: str) -> Act | None:
    """Return the act whose wording the words have, with or without the politeness around them."""
    if len(said.split()) > _LONGEST:
        return None
    bare = (pattern.sub("", said).strip() or said for pattern in (_ADDRESS, _POLITE))
    for form in dict.fromkeys((said, *bare)):
        for act, pattern in _RULES:
            if pattern.match(form):
                return act
    return None


def _of_parts(bare: str) -> Act | None:
    """Return the act of a message whose every part is one; of several the one that says most.

    A part that asks something makes the message a question.
    """
    parts = [_said(part) for part in re.split(r"(?<![,.;:!?–—])[,.;:!?–—]++\s|\s[–—-]\s|\n", bare)]
    acts = [_by_wording(part) for part in parts if part]
    if len(acts) <= 1 or None in acts:
        return None
    return max((act for act in acts if act), key=lambda act: act not in _LIGHT)


def is_plain_question(text: str) -> bool:
    """Return whether the text has the form of a question: its mark at the end, or a question word first.

    Question words of other languages count where the text isn't English: "come here" is no Italian.
    """
    bare = without_markup(text)
    if _has_mark(bare) or bare.startswith("¿") or _FIRST.match(bare):
        return True
    return language_of(bare) != ENGLISH and _FIRST_ELSEWHERE.match(_said(bare)) is not None


def _has_mark(bare: str) -> bool:
    return bare.rstrip(" )\"'”»!").endswith(_MARK)


def corrected(text: str) -> tuple[str, str | None] | None:
    """Return the name that was meant, and the one that it takes the place of where that is said too.

    `None` for a text that corrects nothing.
    """
    bare = text.replace("’", "'").strip()
    found = _CORRECTION.match(bare) or _CORRECTION_ELSEWHERE.match(bare)
    if found:
        said = found.groupdict()
        meant = next(said[name] for name in ("meant", "right", "late", "first") if said.get(name))
        instead = said["instead"] or said["wrong"] or said.get("second")
    elif found := _BARE.match(bare):
        meant, instead = found["name"], None
    else:
        return None
    meant = meant.strip(" .!,\"'“”")
    first = meant.casefold().partition(" ")[0]
    if not meant or len(meant.split()) > _MEANT_WORDS or first in NAMELESS or not _has_name(f"x {meant}"):
        return None
    return meant, instead.strip(" .!,\"'“”") if instead else None


def _said(bare: str) -> str:
    """Return the words in lower case with single spaces, without punctuation and accents."""
    plain = bare.casefold().replace("’", "'").replace("tl;dr", "tldr").replace("tl dr", "tldr")
    if not plain.isascii():
        plain = "".join(one for one in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(one))
    return " ".join(_WORD.findall(plain))


def _has_name(bare: str) -> bool:
    """Return whether a word after the first begins with a capital letter, "I" aside."""
    return any(
        word[0].isupper() and word not in ("I", "OK") and not word.startswith(("I'", "I’"))
        for word in _WORD.findall(bare)[1:]
    )


def _is_pictograph(character: str) -> bool:
    """Return whether the character is an emoji or one of the marks that join and colour them."""
    return (unicodedata.category(character) in ("So", "Sk", "Cn") and character > _LAST_MARK) or (
        character in "\u200d\ufe0f\u20e3"
    )
