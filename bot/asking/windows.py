"""The windows around asking: the question, a passage in its context, removing an article, why it didn't help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.locale.texts import N_
from bot.locale.texts import gettext as _
from bot.slack.modals import MAX_OPTIONS, MAX_VALUE_CHARS, as_input, modal, option, packed
from bot.slack.passages import citation_elements, title_of
from bot.slack.text import Block, actions, button, label, quote, rich, section, words
from bot.wording import cut, is_visible, one_line, plain, window
from embeddings.search.question import MAX_LENGTH
from embeddings.types import Citation, Highlight, StoredArticle

REASONS = {
    "wrong": N_("It is about something else"),
    "old": N_("It is out of date"),
    "partial": N_("Part of the answer is missing"),
    "other": N_("Something else"),
}

_AROUND, _CONTEXT_TEXT = 2, 2800
_GONE = N_("It is gone for everybody who sees it until somebody adds it again.")


def ask_modal(collections: Sequence[str], metadata: Mapping[str, str], question: str = "") -> Block:
    """Return the window with a question box, a collection and a period."""
    box = {"type": "plain_text_input", "action_id": "value", "max_length": MAX_LENGTH, "multiline": False}
    start = {"initial_value": cut(plain(question), MAX_LENGTH)} if is_visible(question) else {}
    hint = {"placeholder": label(_("what did Alibaba pledge?"))}
    blocks = [as_input("question", _("Your question"), {**box, **start, **hint})]
    options = [option(name, name) for name in collections if len(name) <= MAX_VALUE_CHARS][:MAX_OPTIONS]
    if len(options) > 1:
        choice = {"type": "static_select", "action_id": "value", "options": options}
        blocks.append(as_input("collection", _("Only this collection"), choice, optional=True))
    for name, text in (("since", _("Articles from")), ("until", _("Articles to"))):
        blocks.append(as_input(name, text, {"type": "datepicker", "action_id": "value"}, optional=True))
    return modal("ask", _("Ask topicbot"), blocks, _("Ask"), packed(metadata))


def context_modal(article: StoredArticle, paragraph: int, highlight: Highlight | None) -> Block:
    """Return the window with the paragraphs around a passage, the passage itself as a quotation."""
    first = max(0, paragraph - _AROUND)
    shown = article.paragraphs[first : paragraph + _AROUND + 1]
    head = section(*citation_elements(article.citation, paragraph))
    blocks: list[Block] = [rich(head)]
    heading = None
    for number, one in enumerate(shown, start=first):
        if one.heading and one.heading != heading:
            blocks.append(rich(section(words(one_line(one.heading, 300) or " ", bold=True))))
        heading = one.heading
        span = highlight if number == paragraph and highlight else Highlight(0, 0)
        texts = [plain(part) for part in window(one.text, span.start, span.end, _CONTEXT_TEXT)]
        elements = [words(part, bold=True) if i == 1 else words(part) for i, part in enumerate(texts) if part]
        elements = elements or [words(" ")]
        blocks.append(rich(quote(*elements) if number == paragraph else section(*elements)))
    counted = _(
        "Paragraphs {first} to {last} of {total}",
        first=first + 1,
        last=first + len(shown),
        total=len(article.paragraphs),
    )
    blocks.append(rich(section(words(counted))))
    return modal("context", _("Context"), blocks, None, "")


def remove_modal(citation: Citation) -> Block:
    """Return the window that asks whether to remove the article, which may have been chosen by mistake."""
    before, _parted, after = _("Remove {title}?").partition("{title}")
    blocks = [rich(section(words(before), words(title_of(citation), bold=True), words(f"{after} {_(_GONE)}")))]
    remove = button(_("Remove this article"), "remove", citation.article_id, style="danger")
    return modal("remove", _("Remove an article"), [*blocks, *actions([remove], "manage")], None, "")


def reason_modal(metadata: Mapping[str, str]) -> Block:
    """Return the window that asks what was not helpful."""
    options = [{"text": label(_(text)), "value": value} for value, text in REASONS.items()]
    blocks = [
        as_input(
            "reason", _("What was wrong?"), {"type": "radio_buttons", "action_id": "value", "options": options}
        ),
        as_input(
            "more",
            _("Anything else that helps"),
            {"type": "plain_text_input", "action_id": "value", "multiline": True, "max_length": MAX_LENGTH},
            optional=True,
        ),
    ]
    return modal("reason", _("Not helpful"), blocks, _("Send"), packed(metadata))
