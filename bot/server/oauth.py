"""Installing the app in a workspace by OAuth, and the end of an installation."""

from __future__ import annotations

import html
import logging
import re
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.parse import urljoin

import structlog
from slack_bolt import BoltContext, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.authorize import Authorize
from slack_bolt.error import BoltError
from slack_bolt.oauth import OAuthFlow
from slack_bolt.oauth.callback_options import CallbackOptions, FailureArgs, SuccessArgs
from slack_bolt.oauth.oauth_settings import OAuthSettings
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth import OAuthStateStore, OAuthStateUtils
from slack_sdk.oauth.installation_store import Installation

from bot.config import Settings
from bot.home.welcome import greet_installer
from bot.locale.texts import N_, accepted, language, speaking
from bot.locale.texts import gettext as _
from bot.slack.client import web_client
from bot.slack.messages import SCOPES
from bot.workspace import store as stored
from bot.workspace.installations import Installations, NotInstalledError
from bot.workspace.registry import InstalledWorkspaces, workspaces_of
from embeddings import Database
from embeddings.errors import TopicbotError

INSTALL_PATH, REDIRECT_PATH = "/slack/install", "/slack/oauth_redirect"
STATE_LIVES = timedelta(minutes=10)
"""How long a person may take from /slack/install until Slack leads them back."""

_TEAM = re.compile(r"[TE][A-Z0-9]{1,30}")
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)
_REASONS = {
    "access_denied": N_("You did not allow it in Slack."),
    "invalid_browser": N_("You began the installation in another browser, or this address is not https."),
    "invalid_state": N_(
        "This installation is finished already, or was begun more than ten minutes ago. If topicbot is in your "
        "workspace, all is well."
    ),
}

_BUTTON = "https://platform.slack-edge.com/img/add_to_slack.png"
_NOT_CONFIRMED = N_("Slack did not confirm the installation.")

_log = structlog.get_logger("topicbot.installing")


class InstallRefusedError(BoltError):
    """What Slack granted is not what the bot needs. The message is for the person who installs."""


class States(OAuthStateStore):
    """Installations that were begun, in the bot's own database: any process may finish them, once."""

    def __init__(self, store: Database, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now

    @property
    def logger(self) -> logging.Logger:
        """Part of the interface; nothing is logged here."""
        return logging.getLogger(__name__)

    def issue(self, *_: Any, **__: Any) -> str:
        """Return a state that nobody can guess, good for one return within ten minutes."""
        state, now = secrets.token_urlsafe(32), self._now()
        with self._store.writing() as connection:
            stored.issue(connection, state, now, now + STATE_LIVES)
        return state

    def consume(self, state: str) -> bool:
        """Return whether this state was given and is still good; from now on it isn't."""
        with self._store.writing() as connection:
            return stored.consume(connection, state, self._now())


class InstallFlow(OAuthFlow):
    """Bolt's flow, which keeps only what the bot can work with, and says so when something isn't there."""

    def __init__(self, kept: Installations, **given: Any) -> None:
        super().__init__(**given)
        self._kept = kept

    def build_authorize_url(self, state: str, request: BoltRequest) -> str:
        """Return Slack's address to allow the app at; a `team` that is no workspace's id is left out.

        Bolt would put whatever came with the request into the address, further parameters too.
        """
        team = next(iter(request.query.get("team", ())), None)
        known = team if team and _TEAM.fullmatch(team) else None
        return self.settings.authorize_url_generator.generate(state=state, team=known)

    def build_install_page_html(self, url: str, request: BoltRequest) -> str:
        """Return the page with Slack's button."""
        title, alt = _("Add topicbot to a workspace"), _("Add to Slack")
        image = f'<img alt="{alt}" height="40" width="139" src="{_BUTTON}">'
        return _document(f'<h2>{title}</h2><p><a href="{html.escape(url)}">{image}</a></p>')

    def handle_installation(self, request: BoltRequest) -> BoltResponse:
        """Return the page that leads to Slack."""
        return _with_style(_reached(super().handle_installation, request))

    def handle_callback(self, request: BoltRequest) -> BoltResponse:
        """Return what Slack leads back to."""
        return _with_style(_reached(super().handle_callback, request))

    def store_installation(self, request: BoltRequest, installation: Installation) -> None:
        """Keep the installation. Raises `InstallRefusedError`."""
        whole = bool(installation.is_enterprise_install)
        team = installation.enterprise_id if whole else installation.team_id
        if not team:
            raise InstallRefusedError(_("Slack didn't say which workspace this installation is for."))
        lacking = sorted(SCOPES - set(installation.bot_scopes or ()))
        if not installation.bot_token or lacking:
            raise InstallRefusedError(
                _("I can't work without these permissions: {names}.", names=", ".join(lacking))
            )
        is_new = self._kept.find_bot(team_id=team) is None
        super().store_installation(request, installation)
        _log.info("installed", workspace=team)
        teams = self._join(installation, team) if whole else [None]
        if is_new and teams:
            self._greet(installation, teams[0])

    def _join(self, installation: Installation, enterprise: str) -> list[str | None]:
        """Note the organisation's workspaces that have the app now; others are noted with their first request."""
        try:
            teams = workspaces_of(web_client(installation.bot_token, self.client.base_url))
        except (SlackApiError, OSError, HTTPException) as error:
            _log.warning("the organisation's workspaces are not known", reason=type(error).__name__)
            return []
        self._kept.join(teams, enterprise)
        return list(teams)

    def _greet(self, installation: Installation, team: str | None) -> None:
        """Send the first steps to whoever installed it; it is installed also where that fails."""
        try:
            client = web_client(installation.bot_token, self.client.base_url, team)
            greet_installer(client, installation.user_id)
        except (SlackApiError, OSError, HTTPException) as error:
            _log.warning("the installer was not greeted", reason=type(error).__name__)


class StateCookies(OAuthStateUtils):
    """The cookie that ties an installation to its browser; other sites' requests don't carry it."""

    def build_set_cookie_for_new_state(self, state: str) -> str:
        """Return the header that sets it. Lax: it has to come along when Slack leads back here."""
        return f"{super().build_set_cookie_for_new_state(state)}; SameSite=Lax"

    def build_set_cookie_for_deletion(self) -> str:
        """Return the header that removes it."""
        return f"{super().build_set_cookie_for_deletion()}; SameSite=Lax"


class InstalledAuthorize(Authorize):
    """Whose token a request is handled with: that of the workspace that Slack sends it for."""

    def __init__(self, kept: Installations) -> None:
        self._kept = kept

    def __call__(
        self,
        *,
        context: BoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        **_: Any,
    ) -> AuthorizeResult:
        """Read anew for each request, so that an app that was uninstalled gets nothing any more.

        Raises `NotInstalledError`, and what `Installations` raises.
        """
        works = "key" in context  # the inbox works it off now; before, it is only acknowledged
        found = (
            self._kept.fresh(team_id or "")
            if works
            else self._kept.find_bot(team_id=team_id, enterprise_id=enterprise_id)
        )
        if found is None:
            raise NotInstalledError(f"The app is not installed in workspace {team_id}.")
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=found.bot_user_id,
            bot_id=found.bot_id,
            bot_token=found.bot_token,
            bot_scopes=list(found.bot_scopes),
        )


def install_flow(
    settings: Settings, kept: Installations, store: Database, now: Callable[[], datetime], logger: logging.Logger
) -> OAuthFlow:
    """Return the flow for the app of the settings, over the bot's own database."""
    secret = settings.slack_client_secret
    oauth = OAuthSettings(
        client_id=settings.slack_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        scopes=sorted(SCOPES),
        user_scopes=[],
        redirect_uri=urljoin(settings.public_url, REDIRECT_PATH) if settings.public_url else None,
        install_path=INSTALL_PATH,
        redirect_uri_path=REDIRECT_PATH,
        callback_options=CallbackOptions(success=_succeeded, failure=_failed),
        authorization_url=urljoin(settings.slack_api_url, "../oauth/v2/authorize"),
        installation_store=kept,
        installation_store_bot_only=True,
        state_store=States(store, now),
        state_expiration_seconds=int(STATE_LIVES.total_seconds()),
        logger=logger,
    )
    oauth.state_utils = StateCookies(expiration_seconds=int(STATE_LIVES.total_seconds()))
    return InstallFlow(kept, client=web_client(None, settings.slack_api_url), logger=logger, settings=oauth)


def _succeeded(args: SuccessArgs) -> BoltResponse:
    """Return the page that says where the app is now, and what to do next."""
    given = args.installation
    named = given.enterprise_name if given.is_enterprise_install else given.team_name
    name = html.escape(named or _("your workspace"))
    said = _(
        "topicbot is installed in {workspace}. Open Slack: I have sent you three steps in a direct message. "
        "You can close this page.",
        workspace=f"<strong>{name}</strong>",
    )
    page = _page(200, said)
    page.headers["set-cookie"] = [args.settings.state_utils.build_set_cookie_for_deletion()]
    return page


def _failed(args: FailureArgs) -> BoltResponse:
    """Say in words why not. What came with the request is never shown."""
    if isinstance(args.error, InstallRefusedError):
        words = html.escape(str(args.error))
    else:
        words = _(_REASONS.get(args.reason, _NOT_CONFIRMED))
    _log.warning("not installed", reason=args.reason if args.reason in _REASONS else "not confirmed")
    page = _page(200 if args.reason == "access_denied" else 400, f"{words} {_begin_again()}")
    page.headers["set-cookie"] = [args.settings.state_utils.build_set_cookie_for_deletion()]
    return page


def _reached(answer: Callable[[BoltRequest], BoltResponse], request: BoltRequest) -> BoltResponse:
    """Return the answer, or a page that says that Slack or the database can't be reached.

    Both are in the language that the browser asks for.
    """
    with speaking(accepted(next(iter(request.headers.get("accept-language", ())), ""))):
        try:
            return answer(request)
        except (TopicbotError, OSError, HTTPException) as error:
            _log.warning("not installed", reason=type(error).__name__)
            said = _("Slack or my database can't be reached just now. Try again in a minute.")
            return _page(503, f"{said} {_begin_again()}")


def _begin_again() -> str:
    name = _("Begin again")
    return _("Nothing was installed. {begin_again}.", begin_again=f'<a href="{INSTALL_PATH}">{name}</a>')


def _with_style(page: BoltResponse) -> BoltResponse:
    """Let the page show its own inline style and Slack's button, and load nothing else."""
    page.headers["content-security-policy"] = [_PAGE_POLICY]
    return page


def _page(status: int, words: str) -> BoltResponse:
    headers: dict[str, str | Sequence[str]] = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
    }
    return BoltResponse(status=status, headers=headers, body=_document(f"<p>{words}</p>"))


def _document(body: str) -> str:
    return f"<!doctype html><html lang={language()}><meta charset=utf-8><title>topicbot</title>{body}</html>"


def on_uninstalled(body: dict[str, Any], context: BoltContext) -> None:
    """End the work for the workspace before the event is acknowledged: if that fails, Slack sends it again."""
    installed: InstalledWorkspaces | None = context["installed"]
    if installed is None:
        _log.error("the app was uninstalled, or its token revoked: SLACK_BOT_TOKEN is of no use any more")
        return
    installed.leave(
        context.team_id or context.enterprise_id or "", datetime.fromtimestamp(int(body["event_time"]), UTC)
    )


def on_access_revoked(event: dict[str, Any], context: BoltContext) -> None:
    """End the work for workspaces from which their organisation took the app."""
    installed: InstalledWorkspaces | None = context["installed"]
    teams = [one for one in event.get("team_ids") or () if isinstance(one, str)]
    if installed is not None and context.enterprise_id:
        installed.part(teams, context.enterprise_id)


def on_tokens_revoked(event: dict[str, Any], body: dict[str, Any], context: BoltContext) -> None:
    """As `leave`, when the bot's token is among those revoked."""
    if event["tokens"].get("bot"):
        on_uninstalled(body, context)
