"""The App Home: what the bot can do, an ask box, numbers, what is new, and a part for admins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.asking.gaps import Gap
from bot.locale.texts import format_date, ngettext
from bot.locale.texts import gettext as _
from bot.slack.notes import line
from bot.slack.passages import address_of, citation_elements, title_of
from bot.slack.text import Block, actions, button, header, label, link, rich, section, words
from bot.sources.blocks import counted
from bot.wording import one_line, place_words
from embeddings.search.question import MAX_LENGTH
from embeddings.types import ArticleSummary

_QUESTION = 200


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """What the Home tab shows. `unanswered` and what follows is for admins; it is `None` for everybody else."""

    articles: int
    paragraphs: int
    sources: int
    last_added: str | None
    recent: Sequence[ArticleSummary]
    examples: Sequence[str]
    digests: Sequence[Block] = ()
    alerts: Sequence[Block] = ()
    unanswered: Sequence[Gap] | None = None
    unhelpful: Sequence[tuple[str, str | None]] = ()
    failing: Sequence[str] | None = None
    asked: Sequence[tuple[str, bool]] = ()
    """The person's own last questions, and whether each was answered."""
    news: Sequence[tuple[ArticleSummary, str]] = ()
    """What came since the person's last visit that concerns them, and why it does."""
    failing_sources: int = 0


def home(facts: HomeFacts) -> Block:
    """Return the Home tab of a member or an admin."""
    blocks = [
        header("topicbot"),
        line(_("I answer questions from the articles here, in their own words, each with its source.")),
        _ask_box(),
        *actions([button(_("Ask with collection and period"), "open-ask", "home")], "ask"),
        *_examples(facts.examples),
        *_news(facts.news),
        *_asked(facts.asked),
        {"type": "divider"},
        header(_("The library")),
        line(_numbers(facts)),
        *_recent(facts.recent),
        {"type": "divider"},
        header(_("Your digests")),
        *(facts.digests or [line(_("None yet."))]),
        *actions([button(_("New digest"), "digest-new", "home")], "new-digest"),
        *([header(_("Your alerts")), *facts.alerts] if facts.alerts else []),
    ]
    if facts.unanswered is not None:
        blocks += [{"type": "divider"}, *_for_admins(facts)]
    return {"type": "home", "blocks": blocks}


def _ask_box() -> Block:
    return {
        "type": "input",
        "block_id": "home-question",
        "dispatch_action": True,
        "label": label(_("Ask a question and press Enter; the answer comes under Messages")),
        "element": {
            "type": "plain_text_input",
            "action_id": "home-ask",
            "max_length": MAX_LENGTH,
            "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
        },
    }


def _numbers(facts: HomeFacts) -> str:
    if not facts.articles:
        return _("It is still empty. An admin can add pages with the shortcut “Add links to topicbot”.")
    parts = [
        ngettext("{count} article", "{count} articles", facts.articles),
        ngettext("{count} paragraph", "{count} paragraphs", facts.paragraphs),
    ]
    parts += [counted(facts.sources, facts.failing_sources)] if facts.sources else []
    last = ""
    if facts.last_added:
        day, clock = format_date(facts.last_added[:10]), facts.last_added[11:16]
        last = ", " + _("last added {day} {time} UTC", day=day, time=clock)
    return " · ".join(parts) + last


def _examples(examples: Sequence[str]) -> list[Block]:
    if not examples:
        return []
    parts = [section(words(_("For example:")))]
    return [rich(*parts, *(section(words(f"• {one_line(one, _QUESTION)}", italic=True)) for one in examples))]


def _asked(asked: Sequence[tuple[str, bool]]) -> list[Block]:
    if not asked:
        return []
    lines = [section(words(_("You asked lately"), bold=True))]
    for question, answered in asked:
        nothing = [] if answered else [words(" · " + _("found nothing"), italic=True)]
        lines.append(section(words(f"• {one_line(question, _QUESTION)}"), *nothing))
    return [rich(*lines, block_id="asked")]


def _news(news: Sequence[tuple[ArticleSummary, str]]) -> list[Block]:
    if not news:
        return []
    lines = [section(words(_("New for you"), bold=True))]
    for one, why in news:
        title = link(title_of(one.citation), address_of(one.citation))
        lines.append(section(words("• "), title, words(f" · {one_line(why, _QUESTION)}")))
    return [rich(*lines, block_id="news")]


def _recent(recent: Sequence[ArticleSummary]) -> list[Block]:
    if not recent:
        return []
    lines = [section(words(_("Recently added"), bold=True))]
    for one in recent:
        title = link(title_of(one.citation), address_of(one.citation))
        facts = citation_elements(one.citation, 0)[1]["text"].removesuffix(" · " + place_words(0, None))
        lines.append(section(words("• "), title, *([words(facts)] if facts else [])))
    return [rich(*lines)]


def _for_admins(facts: HomeFacts) -> list[Block]:
    lines = [section(words(_("Asked lately without an answer"), bold=True))]
    lines += [section(words(f"• {_gap(one)}")) for one in facts.unanswered or ()]
    lines += [] if facts.unanswered else [section(words(_("None.")))]
    lines.append(section(words("\n" + _("Answers that did not help"), bold=True)))
    for question, reason in facts.unhelpful:
        why = f": {one_line(reason, _QUESTION)}" if reason else ""
        lines.append(section(words(f"• {one_line(question, _QUESTION)}{why}")))
    lines += [] if facts.unhelpful else [section(words(_("None.")))]
    lines.append(section(words("\n" + _("Sources that fail"), bold=True)))
    lines += [section(words(f"• {one_line(one, _QUESTION)}")) for one in facts.failing or ()]
    lines += [] if facts.failing else [section(words(_("None.")))]
    return [header(_("For admins")), rich(*lines)]


def _gap(gap: Gap) -> str:
    asked = " " + _("(asked {count} times)", count=gap.times) if gap.times > 1 else ""
    return f"{one_line(gap.questions[0], _QUESTION)}{asked}"
