"""What the doctor checks of settings, permissions, the bot's work and Slack."""

from __future__ import annotations

import json
import os
import stat
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from slack_sdk.errors import SlackApiError

from bot.config import Settings, SettingsError, unknown_settings
from bot.digests import store as digests
from bot.operations.backup import last_backup
from bot.operations.health import DIGEST_LATE, digest_lag
from bot.resources import DATABASE_FILE as STORE_FILE
from bot.slack.client import web_client
from bot.slack.credentials import misformed_tokens
from bot.slack.messages import SCOPES
from bot.store.leases import is_data_dir_locked
from bot.workspace import store as installations
from bot.workspace.installations import AHEAD, Installations, TokenKeys
from embeddings import Database
from embeddings.errors import TopicbotError
from embeddings.library import DATABASE_FILE
from embeddings.subscriptions.model import OWN_NAME, Source, SourceHealth
from embeddings.subscriptions.service import Sources

_BACKUP_OLD = timedelta(days=7)
_RENEWAL = timedelta(minutes=10)  # within which a running bot renews a token that is due
_NAMED = 5
_SECONDS = 3.0
_UNAVAILABLE = 503


def examine_settings(settings: Settings) -> Iterator[Check]:
    """Check settings, permissions, lock, port and time zones; nothing is changed."""
    yield _names()
    yield _slack_settings(settings)
    yield _permissions(settings)
    runs = is_data_dir_locked(settings.data_dir)
    yield Check("bot", True, "a `topicbot run` works with the folder" if runs else "no `topicbot run` at present")
    yield _port(settings, runs=runs)
    yield _zones()


def examine_work(
    settings: Settings, store: Database | None, sources: Iterable[Sources], now: datetime
) -> Iterator[Check]:
    """Check installations, sources, digests, the last backup. Without a `store` the bot has never run here."""
    if settings.many_workspaces:
        yield _installations(settings, store, now)
    yield _sources([source for one in sources for source in one.every()])
    yield _digests(settings, store, now)
    yield _backup(settings, now)


def examine_slack(settings: Settings, store: Database | None = None) -> Check:
    """Ask Slack whether it takes the bot's token, with all of its scopes; or the token of each installation."""
    from bot.slack.credentials import check_token

    if settings.many_workspaces:
        return _tokens(settings, store)
    if settings.slack_bot_token is None:
        return Check("slack", False, "there is no SLACK_BOT_TOKEN", "The README says where to get it.")
    try:
        own = check_token(settings)
    except TopicbotError as error:
        return Check("slack", False, str(error), "See above.")
    return Check("slack", True, f"takes the bot token of workspace {own.team_id}")


def _names() -> Check:
    """Return whether every name that looks like a setting is one."""
    unknown = unknown_settings()
    finding = " ".join(map(str, unknown)) or "each TOPICBOT_ name is a setting"
    return Check("names", not unknown, finding, "Correct the name in the environment or .env, or remove it.")


def _slack_settings(settings: Settings) -> Check:
    """Tokens, where there are any, begin as Slack's do, and there is one for a way to run."""
    if settings.many_workspaces:
        try:
            from bot.slack.credentials import check_settings

            check_settings(settings, http=True)
            TokenKeys(settings.token_keys)
        except SettingsError as error:
            return Check("settings", False, str(error), "The README's table says where each is.")
        return Check("settings", True, "there for many workspaces, with --http")
    given = {
        name: getattr(settings, name) for name in ("slack_bot_token", "slack_app_token", "slack_signing_secret")
    }
    given = {name: secret for name, secret in given.items() if isinstance(secret, SecretStr)}
    if not given:
        return Check("settings", True, "no token of Slack's: for the command line alone")
    wrong = misformed_tokens(settings)
    ways = [
        words
        for name, words in (("slack_app_token", "Socket Mode"), ("slack_signing_secret", "--http"))
        if name in given
    ]
    if "slack_bot_token" not in given:
        wrong.append("SLACK_BOT_TOKEN is missing")
    if not ways:
        wrong.append("SLACK_APP_TOKEN is missing, or SLACK_SIGNING_SECRET for --http")
    if not settings.slack_api_url.startswith("https://") and "127.0.0.1" not in settings.slack_api_url:
        wrong.append("SLACK_API_URL is not https: the token would go through the network in the clear")
    advice = "Copy them again from https://api.slack.com/apps; the README says where each is."
    return Check("settings", not wrong, "; ".join(wrong) or f"there for {' and '.join(ways)}", advice)


def _permissions(settings: Settings) -> Check:
    """Return whether other users of this machine can read what people asked, or the tokens."""
    folder = settings.data_dir
    private = [] if settings.database else [folder, folder / DATABASE_FILE, folder / STORE_FILE]
    open_to_others = [path for path in (*private, Path(".env")) if path.exists() and can_others_read(path)]
    if open_to_others:
        named = " ".join(str(path) for path in open_to_others)
        return Check("permissions", False, f"others on this machine can read {named}", f"chmod go-rwx {named}")
    if folder.exists() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Check(
            "permissions", False, f"{folder} can't be written to", "Give it to the user who runs topicbot."
        )
    return Check("permissions", True, "no one else on this machine can read the data or .env")


def can_others_read(path: Path) -> bool:
    """Return whether every user of this machine can read the file, or list the folder, by its mode and its
    parents'.
    """
    try:
        if not path.stat().st_mode & stat.S_IROTH:
            return False
        return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.absolute().parents)
    except OSError:
        return False


def _port(settings: Settings, *, runs: bool) -> Check:
    """Return whether a running bot answers on its operations port, and what it says of itself."""
    port = settings.operations_port
    if not port:
        return Check("operations", True, "no port; TOPICBOT_OPERATIONS_PORT opens one for health and metrics")
    host = "127.0.0.1" if settings.operations_host in ("0.0.0.0", "::") else settings.operations_host  # noqa: S104 - compared, not opened
    address = f"http://{host}:{port}/readyz"
    if not runs:
        return Check("operations", True, f"{address} will answer while `topicbot run` runs")
    try:
        with urllib.request.urlopen(address, timeout=_SECONDS) as response:
            response.read()
    except urllib.error.HTTPError as error:
        with error:
            if error.code == _UNAVAILABLE:
                checks = json.loads(error.read())["checks"]
                bad = "; ".join(f"{name}: {one['finding']}" for name, one in checks.items() if not one["ok"])
                return Check("operations", False, f"not ready: {bad}", "Look into the bot's log.")
            return Check("operations", False, f"{address} answers {error.code}", "Another program has that port.")
    except (OSError, ValueError) as error:
        return Check(
            "operations", False, f"{address} does not answer ({type(error).__name__})",
            "The bot was started with other settings, or hangs: start it again.",
        )  # fmt: skip
    return Check("operations", True, f"{address} says that the bot is ready")


def _zones() -> Check:
    from bot.clock import zones

    count = len(zones())
    return Check("time zones", "Europe/Berlin" in zones(), f"{count} known", "pip install tzdata")


def _installations(settings: Settings, store: Database | None, now: datetime) -> Check:
    """Return whether every stored token can be decrypted, is good still, and has all the scopes."""
    if store is None:
        return Check("installations", True, "none yet")
    with store.reading() as connection:
        every = [one for one in installations.every(connection) if one.removed_at is None]
    try:
        kept = Installations.of(settings, store, lambda: now)
        for one in every:
            kept.find_bot(team_id=one.team_id)
    except SettingsError as error:
        return Check("installations", False, str(error), "See above; until then that workspace gets no answer.")
    old = [one.team_id for one in every if one.expires_at and one.expires_at <= now]
    overdue = [one.team_id for one in every if one.expires_at and now < one.expires_at <= now + AHEAD - _RENEWAL]
    lacking = [one.team_id for one in every if not set(one.scopes) >= SCOPES]
    finding = f"{len(every)} workspaces, every token can be decrypted"
    if old or lacking:
        named = f"{finding}; expired: {_some(old)}; lacking scopes: {_some(lacking)}"
        return Check("installations", False, named, "Have the app installed again there, by /slack/install.")
    if overdue:
        named = f"{finding}; not renewed in time, and expiring within two hours: {_some(overdue)}"
        return Check(
            "installations",
            False,
            named,
            "Start `topicbot run`; if it runs, have the app installed again there, by /slack/install.",
        )
    return Check("installations", True, finding)


def _tokens(settings: Settings, store: Database | None) -> Check:
    """Return whether Slack takes the token of every installation."""
    if store is None:
        return Check("slack", True, "no workspace has installed the app yet")
    refused, count = [], 0
    try:
        kept = Installations.of(settings, store, lambda: datetime.now(UTC))
        for team in kept.teams():
            count += 1
            try:
                web_client(kept.fresh(team).bot_token, settings.slack_api_url).auth_test()
            except SlackApiError as error:
                refused.append(f"{team} ({error.response.get('error')})")
    except (TopicbotError, OSError) as error:
        return Check("slack", False, str(error), "See above.")
    finding = f"takes the tokens of {count - len(refused)} of {count} workspaces"
    if refused:
        return Check("slack", False, f"{finding}, not {_some(refused)}", "Have the app installed again there.")
    return Check("slack", True, finding)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (", ".join(names[:_NAMED]) or "none") + more


def _sources(every: Sequence[Source]) -> Check:
    if not every:
        return Check("sources", True, "none")
    given_up = [one for one in every if one.health is SourceHealth.PAUSED and one.paused_by == OWN_NAME]
    failing = [one for one in every if one.health is SourceHealth.FAILING]
    finding = f"{len(every)}, of which {len(failing)} fail and {len(given_up)} were given up"
    named = ", ".join(one.id for one in (*given_up, *failing)[:_NAMED])
    advice = "`topicbot sources show ID` says why; then resume or remove it."
    return Check("sources", not given_up, f"{finding}: {named}" if named else finding, advice)


def _digests(settings: Settings, store: Database | None, now: datetime) -> Check:
    if store is None:
        return Check("digests", True, "none")
    with store.reading() as connection:
        teams = digests.teams(connection)
    latest = timedelta(hours=settings.digest_late_hours)
    lag = max((digest_lag(store, team, now, latest) for team in teams), default=timedelta(0))
    if not teams:
        return Check("digests", True, "none")
    finding = f"one should have been posted {str(lag).split('.')[0]} ago" if lag else "none is late"
    return Check("digests", lag <= DIGEST_LATE, finding, "Start `topicbot run`, or look into its log.")


def _backup(settings: Settings, now: datetime) -> Check:
    if settings.database is not None:
        return Check("backup", True, "the PostgreSQL server's, with pg_dump")
    made = last_backup(settings.data_dir)
    if made is None:
        return Check("backup", True, "none is known of; `topicbot backup FILE` makes one")
    finding = f"{made.made_at:%Y-%m-%d %H:%M} UTC, to {made.file}"
    return Check("backup", now - made.made_at <= _BACKUP_OLD, finding, "Make one: `topicbot backup FILE`.")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked. `advice` says what to do when it is not in order."""

    name: str
    ok: bool
    finding: str
    advice: str = ""
