"""Alerts in Slack: the message, the window, the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.alerts.store import Alert
from bot.locale.texts import gettext as _
from bot.slack.modals import as_input, modal, option, packed
from bot.slack.passages import passage_block, title_of
from bot.slack.text import Block, Message, Verdict, actions, button, fallback, label, rich, section, words
from bot.wording import one_line
from embeddings.types import Passage

_TEXT, _LISTED = 200, 10


def alert_message(alert_id: str, text: str, passages: Sequence[Passage], count: int) -> Message:
    """Return the message of an alert about `text`: the best passages of new articles, `count` articles in all."""
    about = one_line(text, _TEXT) or _("your question")
    said = _("Something new in {count} articles on: ", count=count) if count > 1 else _("Something new on: ")
    head = rich(section(words(said), words(about, bold=True)), block_id="head")
    shown = [passage_block(one, alert_id) for one in passages]
    feedback = {
        "type": "feedback_buttons",
        "action_id": "alert-feedback",
        "positive_button": {"text": label(_("Helpful")), "value": Verdict(alert_id, True).pack()},
        "negative_button": {"text": label(_("Not helpful")), "value": Verdict(alert_id, False).pack()},
    }
    end = [
        {"type": "context_actions", "block_id": "alert-feedback", "elements": [feedback]},
        *actions([button(_("Stop telling me"), "alert-stop", alert_id)], "alert-buttons"),
    ]
    best = passages[0]
    sentence = best.text[best.highlight.start : best.highlight.end]
    spoken = fallback(
        _("Something new on {subject}: {sentence}", subject=about, sentence=sentence),
        f"({title_of(best.citation)})",
    )
    return Message(spoken, [head, *shown, *end])


def alert_lines(alerts: Sequence[Alert]) -> list[Block]:
    """Return each alert with a button to end it."""
    blocks: list[Block] = []
    for one in alerts[:_LISTED]:
        blocks.append(
            rich(section(words(_("Tells you what is new on ")), words(one_line(one.text, 200), bold=True)))
        )
        blocks += actions([button(_("Stop"), "alert-stop", one.id)], f"alert-{one.id}")
    return blocks


_SUBJECT = 300


def alert_modal(text: str, metadata: Mapping[str, Any]) -> Block:
    """Return the window of an alert on `text`: where it is posted, quiet hours, how many a day."""
    places = [option(_("In direct messages"), "direct"), option(_("In this channel"), "channel")]
    offered = places if str(metadata.get("channel") or "").startswith(("C", "G")) else places[:1]
    place = {"type": "radio_buttons", "action_id": "value", "options": offered, "initial_option": offered[0]}
    clock = {"type": "timepicker", "action_id": "value"}
    most = {"type": "number_input", "action_id": "value", "is_decimal_allowed": False, "initial_value": "5"}
    blocks = [
        rich(section(words(_("What is new on ")), words(one_line(text, _SUBJECT) or _("this"), bold=True))),
        as_input("place", _("Tell me"), place),
        as_input("quiet_from", _("Not from"), clock, optional=True),
        as_input("quiet_until", _("until"), clock, optional=True),
        as_input("daily_most", _("Messages a day at most"), {**most, "min_value": "1", "max_value": "50"}),
    ]
    return modal("alert", _("Tell me"), blocks, _("Save"), packed(metadata))
