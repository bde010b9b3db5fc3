"""The Slack app: Bolt with its middleware, the inbox and every listener."""

from __future__ import annotations

import logging
import threading
import traceback
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from slack_bolt import App, BoltContext, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from structlog.contextvars import bound_contextvars, get_contextvars

from bot.asking.blocks import word_with_slackbot
from bot.clock import now as now_utc
from bot.config import Settings, explain
from bot.locale.library import translated
from bot.locale.texts import ENGLISH, speaking
from bot.log import request_id
from bot.metrics import ERRORS
from bot.resources import open_store
from bot.server import routes
from bot.server.access import Step
from bot.server.errors import Saying, saying_of
from bot.server.oauth import InstalledAuthorize, install_flow
from bot.slack import notes
from bot.slack.client import bot_client, counted, web_client
from bot.slack.credentials import own_identity
from bot.slack.inbox import Inbox, delivery_key
from bot.slack.messages import SlackUnavailableError, retry_after
from bot.slack.passages import lead_to_reader
from bot.slack.reply import Reply
from bot.slack.text import Message
from bot.workspace.registry import InstalledWorkspaces, open_workspace
from bot.workspace.workspace import Workspace
from embeddings import Database
from embeddings.errors import TopicbotError
from embeddings.library import Library

_log = structlog.get_logger("topicbot.app")
_UNASKED = frozenset({"app_home_opened", "member_joined_channel", *routes.SIGNALS})
"""Events of which nobody waits for an answer: that one fails is said to nobody."""


class NamingApp(App):
    """Bolt's app; what is logged while it reads a request names the delivery."""

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        """Hand the request to its listener, as Bolt does."""
        if req.context.team_id is None and req.context.is_enterprise_install and isinstance(req.body, dict):
            req.context["team_id"] = req.body.get("team_id")  # the envelope names the workspace all the same
        try:
            name = request_id(delivery_key(req.body))
        except (AttributeError, TypeError):  # not of Slack's making; its signature is still to be checked
            return super().dispatch(req)
        with bound_contextvars(request=name):
            return super().dispatch(req)


def build_app(
    settings: Settings,
    library: Library,
    *,
    store: Database | None = None,
    own: AuthorizeResult | None = None,
    installed: InstalledWorkspaces | None = None,
    now: Callable[[], datetime] = now_utc,
) -> App:
    """Return the app with all of its listeners, ready to be given requests. `inbox_of` returns what handles them.

    Its memory is `store`, or else that of the settings. `own` says whose token it is; without it Slack is
    asked with the first request. With `installed` the app is that of many workspaces, and installs itself.
    """
    store = store or open_store(settings.data_dir, settings.database)
    lead_to_reader(settings.public_url)
    word_with_slackbot(offered=settings.slackbot)
    secret, logger = settings.slack_signing_secret, _slack_logger()
    app = NamingApp(
        name="topicbot-slack",  # Bolt sets the level of the logger of this name
        logger=logger,
        client=web_client(None, settings.slack_api_url),
        authorize=InstalledAuthorize(installed.kept) if installed else _authorize(settings, own),
        oauth_flow=install_flow(settings, installed.kept, store, now, logger) if installed else None,
        signing_secret=secret.get_secret_value() if secret else "",
        process_before_response=True,  # a listener's short part runs at once; the rest is the inbox's
    )
    inbox = Inbox(app, store, now)
    app.listener_runner.lazy_listener_runner = inbox
    known: dict[str, Workspace] = {}

    def attach_workspace(req: BoltRequest, next: Callable[[], Any]) -> BoltResponse | None:
        """Only the workspace that the token is for gets in; its articles and memory go along."""
        context = req.context
        if _is_farewell(req.body):
            context["installed"] = installed
            next()
            return None
        own = context.authorize_result.team_id if context.authorize_result else None
        if own is None or context.team_id != own:
            _log.warning("refused", reason="another workspace", mode=req.mode)
            return BoltResponse(status=403, body="")
        if installed is None and own not in known:
            known[own] = open_workspace(own, settings, library, store, now)
        context["workspace"] = installed.workspace(own) if installed else known[own]
        named = own if context.is_enterprise_install else None
        context["client"] = counted(context.client, named) if context.client else None
        next()
        return None

    app.middleware(Step(attach_workspace))
    app.middleware(Step(_refuse_replays(inbox)))
    app.error(_on_error)
    routes.register(app)
    return app


def _refuse_replays(inbox: Inbox) -> Callable[[BoltRequest, Callable[[], Any]], BoltResponse | None]:
    def refuse_replays(req: BoltRequest, next: Callable[[], Any]) -> BoltResponse | None:
        """Slack sends a command or a button once; what comes again was recorded by somebody."""
        forged = req.lazy_only  # only the inbox runs a listener's later part, and never over HTTP
        if req.mode == "http" and (forged or ("event" not in req.body and inbox.is_known(req.body))):
            _log.warning("refused", reason="a replay")
            return BoltResponse(status=403, body="")
        next()
        return None

    return refuse_replays


def _is_farewell(body: dict[str, Any]) -> bool:
    event = body.get("event")
    return isinstance(event, dict) and event.get("type") in routes.FAREWELLS


def _authorize(settings: Settings, own: AuthorizeResult | None) -> Callable[[], AuthorizeResult]:
    """Return whose token it is, asked for once. While Slack can't tell, requests are not acknowledged."""
    lock = threading.Lock()
    known = [own] if own else []

    def authorize() -> AuthorizeResult:
        with lock:
            if not known:
                try:
                    found = bot_client(settings).auth_test()
                except SlackApiError as error:
                    raise SlackUnavailableError(str(error.response.get("error"))) from error
                known.append(own_identity(found, settings))
            return known[0]

    return authorize


def inbox_of(app: App) -> Inbox:
    """Return the inbox of an app that `build_app` made."""
    runner = app.listener_runner.lazy_listener_runner
    if not isinstance(runner, Inbox):
        raise TypeError("this app was not made by build_app")
    return runner


def _on_error(error: Exception, context: BoltContext, req: BoltRequest, client: Any) -> BoltResponse:
    """Errors in words, never with what was written: to be tried again, to be said, or to be looked up by an id."""
    if saying_of(error) is Saying.REFUSAL:
        _log.warning("refused", reason="not installed there", mode=req.mode)
        return BoltResponse(status=200 if req.lazy_only else 403, body="")
    if not req.lazy_only:  # not acknowledged yet: Slack sends an event again
        ERRORS.labels("refused").inc()
        _log.error("not taken in", error=type(error).__name__)
        return BoltResponse(status=500, body="")
    wait = None if context.get("last") else retry_after(error)
    if wait is not None:
        ERRORS.labels("retried").inc()
        _log.warning("Slack or the store is not there; trying again", error=type(error).__name__)
        context["retry_after"] = wait
        return BoltResponse(status=500, body="")
    with speaking(context["person"].language if "person" in context else ENGLISH):
        message = _message_for(error)
    if message is not None:
        _tell(context, req, client, message)
    return BoltResponse(status=200, body="")


def _message_for(error: Exception) -> Message | None:
    saying = saying_of(error)
    ERRORS.labels(saying.value).inc()
    if saying is Saying.NOTHING:
        _log.warning("a reply came too late")
        return None
    if saying is Saying.ITS_WORDS:
        return notes.note(translated(str(error)))
    number = get_contextvars().get("request") or uuid.uuid4().hex[:8]
    frames = [f"{Path(one.filename).name}:{one.lineno}" for one in traceback.extract_tb(error.__traceback__)[-6:]]
    reason = explain(error) if isinstance(error, TopicbotError) else _slack_reason(error)
    _log.error("failed", id=number, error=type(error).__name__, reason=reason, at=" ".join(frames))
    return notes.failed(number)


def _slack_reason(error: Exception) -> str | None:
    """Slack's own word for what it refused, which holds nothing that anybody wrote."""
    response = getattr(error, "response", None)
    if response is None:
        return None
    needed = response.get("needed")
    return f"{response.get('error')}, needs {needed}" if needed else str(response.get("error"))


def _tell(context: BoltContext, req: BoltRequest, client: Any, message: Message) -> None:
    if (req.body.get("event") or {}).get("type") in _UNASKED:
        return  # nobody asked anything: the log has it
    try:
        Reply.to(context, req.body, client).privately(message)
    except Exception as error:  # telling is a courtesy: what failed is in the log already
        wait = retry_after(error)
        if wait is not None and not context.get("last"):
            context["retry_after"] = wait
        _log.warning("the person could not be reached", error=type(error).__name__, reason=_slack_reason(error))


def _slack_logger() -> logging.Logger:
    """Bolt's logger, errors only: below, it logs what people write and warns of what is done here on purpose."""
    logger = logging.getLogger("topicbot.slack")
    logger.setLevel(logging.ERROR)
    return logger
