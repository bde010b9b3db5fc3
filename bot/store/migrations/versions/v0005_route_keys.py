"""Deliveries name their listener by its route key; before, by the name of a Python function."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEYS = {
    "ask": "command:/ask",
    "topic": "command:/topic",
    "digest": "command:/digest",
    "sources": "command:/sources",
    "topicbot": "command:/topicbot",
    "answer_in_thread": "event:app_mention",
    "answer_message": "event:message",
    "show_home": "event:app_home_opened",
    "ask_about_message": "shortcut:ask_about_message",
    "offer_links": "shortcut:add_links",
    "share": "action:share",
    "show_more": "action:more",
    "show_context": r"action:^context-\d+$",
    "rate": "action:feedback",
    "offer_alert": "action:alert",
    "rate_alert": "action:alert-feedback",
    "stop_alert": "action:alert-stop",
    "share_topic": "action:share-topic",
    "open_new": "action:digest-new",
    "press": "action:^digest-(preview|pause|resume|edit|delete)$",
    "show_story": "action:story-more",
    "mute_story": "action:story-mute",
    "fewer_like_this": "action:story-fewer",
    "press_source": "action:^source-(refresh|pause|resume|remove)$",
    "turn_page": "action:^source-page-(back|more)$",
    "offer_to_add": "action:add-source",
    "remove_article": "action:remove",
    "ask_from_home": "action:home-ask",
    "open_form": "action:open-ask",
    "answer_form": "view:ask",
    "keep_reason": "view:reason",
    "submit_links": "view:links",
    "save_alert": "view:alert",
    "save_digest": "view:digest",
    "add_source": "view:source",
}
_SHARED_NAME = "add_links"
"""Two functions shared this name: the shortcut's and the window's. The delivery's body distinguishes them."""

_delivery = sa.table("delivery", sa.column("key"), sa.column("listener"), sa.column("body"), sa.column("done_at"))


def upgrade() -> None:
    """Rename them; a delivery under a name that nobody knows keeps it."""
    for name, key in _KEYS.items():
        _rename(name, key)
    shared = sa.select(_delivery.c.key, _delivery.c.body).where(_delivery.c.listener == _SHARED_NAME)
    for delivery_key, body in op.get_bind().execute(shared).all():
        own = sa.update(_delivery).where(_delivery.c.key == delivery_key)
        op.execute(own.values(listener="view:links" if _is_window(body) else "shortcut:add_links"))


def downgrade() -> None:
    """Rename them back."""
    for name in ("view:links", "shortcut:add_links"):
        _rename(name, _SHARED_NAME)
    for name, key in _KEYS.items():
        _rename(key, name)


def _rename(old: str, new: str) -> None:
    op.execute(sa.update(_delivery).where(_delivery.c.listener == old).values(listener=new))


def _is_window(body: str | None) -> bool:
    try:
        found = json.loads(body or "{}")
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("type") == "view_submission"
