"""The App Home: its Home tab, its ask box, and the prompts above its Messages tab."""

from __future__ import annotations

from bot.asking import service as asking
from bot.asking.listeners import answer_directly
from bot.asking.windows import ask_modal
from bot.home import service
from bot.home.delivery import EXAMPLES, publish_home
from bot.home.welcome import hello
from bot.locale.texts import gettext as _
from bot.slack.messages import direct_channel
from bot.slack.text import typed
from bot.wording import cut
from bot.workspace.request import Request

_PROMPT = 75


def show_home(request: Request) -> None:
    """Publish the Home tab when it is opened; above Messages, put prompts that the library can answer."""
    if request.payload.get("tab") != "messages":
        service.visit(request.workspace, request.user)
        publish_home(request.workspace, request.person, request.client)
        return
    examples = asking.examples(request.here, EXAMPLES)
    prompts = [{"title": cut(one, _PROMPT), "message": one} for one in examples]
    if prompts:
        request.reply.suggest(request.payload["channel"], _("For example"), prompts)


def greet_channel(request: Request) -> None:
    """Say hello in a channel that the bot was invited to."""
    articles = request.workspace.stats().articles
    request.reply.post(request.payload["channel"], hello(articles=articles))


def ask_from_home(request: Request) -> None:
    """Answer the Home tab's ask box in direct messages."""
    text = typed(request.payload.get("value") or "")
    answer_directly(request, text, direct_channel(request.client, request.user))


def open_form(request: Request) -> None:
    """Open the ask window; its answer comes in direct messages."""
    request.reply.open(ask_modal(request.here.visible(""), {}))
