"""What a person typed, when it is a subject rather than a question: a topic, "what's new?", "summarise …"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace


def topic_of(text: str) -> str | None:
    """Return the subject in "topic Alibaba"; empty for "topic" alone, `None` for anything else."""
    found = re.match(r"/?topic(?:\s*:\s*|\s+|$)(.*)", text, re.IGNORECASE)
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

    if found := _first(_NEWS_ELSEWHERE, text):
        return (found["subject"] or "").strip()
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
_QUOTED = re.compile(r"^[\"“„‘'«]\s?(?P<title>[^\"“”’»]+?)\s?[\"“”’'»]$")
_POINTS = frozenset("it this that these those them it all this all that all".split())
_FEELING = re.compile(
    r"\b(?:he|she|they|you|i|we|there|\w+(?:ing|ied|ned|ced|sed|ted|red)|angry|happy|unhappy|upset|optimistic"
    r"|pessimistic|sure|unsure|certain|serious|sorry|nervous|anxious|right|wrong|clear|vocal|silent|special"
    r"|different"
    r"|new|good|bad|great|wonderful)$",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?:^|\s)(?:the\s+)?[^\W\d_a-z]")


def _elsewhere(*patterns: str) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of whole texts in other languages than English."""
    can_you = "peux-tu|pouvez-vous|tu peux|puedes|podrías|puoi|potresti|podes|pode|você pode"
    polite = rf"(?:(?:bitte|und|et|y|e|{can_you})\s+)*"
    return tuple(re.compile(rf"^[\W_]*{polite}(?:{one})[\s?!.]*$", re.IGNORECASE | re.DOTALL) for one in patterns)


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> re.Match[str] | None:
    return next((found for one in patterns if (found := one.match(text))), None)


_SUMMARY_ELSEWHERE = _elsewhere(
    r"(?:fass|fasse|fassen sie|kannst du|können sie)\s+(?:(?:mir|bitte|kurz|mal)\s+)*(?P<subject>\S.*?)"
    r"(?:\s+(?:bitte|kurz))?\s+zusammen(?:fassen)?",
    r"(?:(?:gib mir\s+)?eine\s+)?(?:kurze\s+)?zusammenfassung\s+(?:von|vom|zu|zum|zur|über|des"
    r"|der)\s+(?P<subject>\S.*)",
    r"(?:me\s+)?(?:résume[rz]?|resume[rz])(?:-moi)?\s+(?P<subject>\S.*)",
    r"(?:(?:fais|donne)-moi\s+)?(?:un\s+|le\s+)?(?:bref\s+)?résumé\s+(?:de|du|des|sur)\s+(?P<subject>\S.*)",
    r"(?:resume|resúmeme|resumir|resumirme)\s+(?P<subject>(?:el|la|los|las|este|esta|esto|eso|o|os|as|isto"
    r"|isso)\s.*"
    r"|[«“\"].*)",
    r"(?:(?:hazme|dame)\s+)?(?:un\s+|el\s+)?resumen\s+(?:de|del|sobre)\s+(?P<subject>\S.*)",
    r"(?:riassumi|riassumere|riassumimi|resuma)\s+(?P<subject>\S.*)",
    r"(?:(?:fammi|dammi)\s+)?(?:un\s+)?riassunto\s+(?:di|del|della|su|sul|sulla)\s+(?P<subject>\S.*)",
    r"(?:faz(?:-me)?\s+)?(?:um\s+|o\s+)?resumo\s+(?:de|do|da|sobre)\s+(?P<subject>\S.*)",
    r"(?:vat|kun je|kunt u)\s+(?P<subject>\S.*?)(?:\s+(?:even|kort))?\s+(?:samen|samenvatten)",
    r"(?:een\s+)?(?:korte\s+)?samenvatting\s+(?:van|over)\s+(?P<subject>\S.*)",
)
"""As `_SUMMARY`: German, French, Spanish and Portuguese, Italian, Dutch."""

_DOCUMENT_ELSEWHERE = re.compile(
    r"^(?:(?:den|das|die|dem|le|la|cet|cette|el|este|esta|il|lo|questo|o|het|de|dit)\s+|l['’]\s*)?"
    r"(?:artikel|bericht|dokument|texte?|article|document|rapport|art[ií]culo|informe|articolo|artigo|relatório)"
    r"(?:\s+(?:über|zu|zum|zur|von|vom|sur|de|du|des|sobre|del|su|sul|sulla|di|do|da|over|van)\s+(?:l['’]\s*)?"
    r"(?P<after>.+))?$",
    re.IGNORECASE | re.DOTALL,
)
_ON = r"(?:\s+(?:zu|zum|zur|über|von|bei|sur|de|du|des|chez|sobre|del|en|su|sul|sulla|di|do|da|over|van|bij)\s+"
_ON += r"(?:l['’]\s*|(?:le|la|les|das|die|der|dem|den|el|los|las|il|lo|gli|o|a|os|as|het|de)\s+)?"
_NEWS_ELSEWHERE = _elsewhere(
    *(
        rf"(?:{asked}){_ON}(?P<subject>[^?!.]+))?"
        for asked in (
            r"was gibt(?: es|['’]s) neues|gibt es (?:was |etwas )?neues|neuigkeiten",
            r"quoi de neuf|(?:quelles sont les |des )(?:dernières )?(?:nouvelles|actualités)",
            r"qué hay de nuevo|(?:qué |hay )?novedades(?: hay)?|(?:las )?últimas noticias",
            r"(?:che |quali |ci sono )?novità(?: ci sono)?|cosa c['’]è di nuovo|(?:le )?ultime notizie",
            r"(?:o )?que há de novo|(?:alguma |quais são as )?novidades?|(?:as )?últimas notícias",
            r"wat is er (?:voor )?nieuws?|is er nieuws|(?:het )?laatste nieuws",
        )
    )
)
"""As `_NEWS`."""


def summary_of(text: str) -> SummaryAsked | None:
    """Return what "summarise …", "a summary of …" or "what is … about?" asks a summary of; `None` for other text.

    "What is he worried about?" asks for no summary. The text is without options and period.
    """
    if _BARE.match(text):
        return SummaryAsked("", of_article=True)
    if found := _SUMMARY.match(text):
        return _asked(found["subject"], is_question=False)
    if found := _first(_SUMMARY_ELSEWHERE, text):
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
    if found := _DOCUMENT.match(said) or _DOCUMENT_ELSEWHERE.match(said):
        named = (found["after"] or found.groupdict().get("before") or "").strip(" \"“”„‘’'«»")
        return SummaryAsked("" if named.casefold() in _POINTS else named, of_article=True, is_question=is_question)
    return SummaryAsked(said, _KIND_OF_DOCUMENT.search(said) is not None, is_question=is_question)
