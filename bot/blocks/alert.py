"""What an alert says."""

from __future__ import annotations

from collections.abc import Sequence

from bot.blocks.answer import Message, passage_block, title_of
from bot.blocks.text import actions, button, fallback, label, one_line, rich, section, words
from embeddings.types import Passage

_TEXT = 200


def alert(alert_id: str, text: str, passages: Sequence[Passage], count: int) -> Message:
    """The message of an alert about `text`: the best passages of new articles, `count` articles in all."""
    about = one_line(text, _TEXT) or "your question"
    more = f" in {count} articles" if count > 1 else ""
    head = rich(section(words(f"Something new{more} on: "), words(about, bold=True)), block_id="head")
    shown = [passage_block(one, alert_id) for one in passages]
    feedback = {
        "type": "feedback_buttons",
        "action_id": "alert-feedback",
        "positive_button": {"text": label("Helpful"), "value": f"{alert_id}:yes"},
        "negative_button": {"text": label("Not helpful"), "value": f"{alert_id}:no"},
    }
    end = [
        {"type": "context_actions", "block_id": "alert-feedback", "elements": [feedback]},
        *actions([button("Stop telling me", "alert-stop", alert_id)], "alert-buttons"),
    ]
    best = passages[0]
    sentence = best.text[best.highlight.start : best.highlight.end]
    spoken = fallback(f"Something new on {about}: {sentence}", f"({title_of(best.citation)})")
    return Message(spoken, [head, *shown, *end])
