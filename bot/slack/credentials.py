"""Check Slack's tokens and settings before anything starts."""

from __future__ import annotations

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.config import Settings, SettingsError, setting_name
from bot.slack.client import bot_client, header
from bot.slack.messages import SCOPES, SlackRefusedError


def own_identity(found: SlackResponse, settings: Settings) -> AuthorizeResult:
    """Return whose the bot token is, from what `auth.test` answered."""
    token = settings.slack_bot_token
    return AuthorizeResult(
        enterprise_id=found.get("enterprise_id"),
        team_id=found.get("team_id"),
        bot_user_id=found.get("user_id"),
        bot_id=found.get("bot_id"),
        bot_token=token.get_secret_value() if token else None,
    )


def check_settings(settings: Settings, *, http: bool) -> None:
    """Raise `SettingsError` for settings that this mode lacks, each with where Slack shows it, and for tokens that
    aren't of Slack's form.
    """
    needed = ["slack_bot_token", "slack_signing_secret" if http else "slack_app_token"]
    if settings.many_workspaces:
        _check_way(http=http)
        needed = ["slack_client_id", "slack_client_secret", "token_keys", "slack_signing_secret"]
    missing = [name for name in needed if not getattr(settings, name)]
    if missing:
        fields = Settings.model_fields
        lines = [f"  {setting_name(name)}: {fields[name].description}" for name in missing]
        raise SettingsError(
            "These settings are missing. Put them into .env or the environment; your app's pages are at "
            "https://api.slack.com/apps.\n" + "\n".join(lines)
        )
    wrong = misformed_tokens(settings)
    if wrong:
        raise SettingsError(f"{'; '.join(wrong)}. Copy it again from https://api.slack.com/apps.")


_STARTS = {"slack_bot_token": ("xoxb-", "xoxe.xoxb-"), "slack_app_token": ("xapp-",)}


def misformed_tokens(settings: Settings) -> list[str]:
    """Return what is wrong with tokens whose form already shows that they aren't Slack's. Never shows one."""
    given = {name: getattr(settings, name) for name in _STARTS}
    return [
        f"{setting_name(name)} does not begin with {_STARTS[name][0]}"
        for name, token in given.items()
        if token is not None and not token.get_secret_value().startswith(_STARTS[name])
    ]


def _check_way(*, http: bool) -> None:
    """Raise `SettingsError` for Socket Mode with OAuth."""
    if not http:
        raise SettingsError("Many workspaces (SLACK_CLIENT_ID) need a public address: run with --http.")


def check_token(settings: Settings) -> AuthorizeResult:
    """Return whose the bot token is. Raises `SlackRefusedError` when it can't be used."""
    try:
        found = bot_client(settings).auth_test()
    except SlackApiError as error:
        raise SlackRefusedError(
            f"Slack refuses SLACK_BOT_TOKEN ({error.response.get('error')}). Copy it again from OAuth & "
            "Permissions in your app's pages, after installing the app to the workspace."
        ) from error
    except OSError as error:
        raise SlackRefusedError(
            f"Slack can't be reached at {settings.slack_api_url} ({getattr(error, 'reason', error)}). Check the "
            "network and SLACK_API_URL."
        ) from error
    granted = header(found.headers, "x-oauth-scopes")
    lacking = sorted(SCOPES - {scope.strip() for scope in granted.split(",")}) if granted else []
    if lacking:
        raise SlackRefusedError(
            f"The bot token lacks the scopes {', '.join(lacking)}. Put deploy/slack-manifest.json into your app's "
            "pages under App Manifest, and install the app again."
        )
    return own_identity(found, settings)
