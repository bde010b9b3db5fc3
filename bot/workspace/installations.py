"""Installed workspaces and their encrypted tokens."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError, SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot, InstallationStore
from slack_sdk.oauth.installation_store import Installation as Granted
from slack_sdk.oauth.token_rotation import TokenRotator

from bot.config import Settings, SettingsError
from bot.slack.client import web_client
from bot.slack.messages import SlackRefusedError, SlackUnavailableError, retry_after
from bot.store import deliveries, leases
from bot.workspace import store as installations
from bot.workspace.store import Installation
from embeddings import Database
from embeddings.errors import TopicbotError

AHEAD = timedelta(hours=2)
"""How long before it expires a token is renewed; Slack's live twelve hours."""

LEASE = timedelta(minutes=2)
"""How long a process may take to renew a token before another one tries."""

_LAST_MOMENT = timedelta(minutes=1)
_CLOCKS = timedelta(seconds=1)  # Slack tells times of events in whole seconds
_ALWAYS = 10**9  # minutes: what is due is decided here, by the clock that is passed in


class NotInstalledError(TopicbotError):
    """The app isn't installed in a workspace, or no longer."""


class Installations(InstallationStore):
    """Slack's interface of an installation store, over the bot's own database. Tokens of users are never kept.

    Safe from several threads and processes.
    """

    def __init__(
        self, store: Database, keys: TokenKeys, rotator: TokenRotator, now: Callable[[], datetime]
    ) -> None:
        self._store, self._keys, self._rotator, self._now = store, keys, rotator, now
        self._unwritten: dict[str, tuple[Installation, Bot]] = {}

    @classmethod
    def of(cls, settings: Settings, store: Database, now: Callable[[], datetime]) -> Installations:
        """Return those of the settings. Raises `SettingsError` without OAuth's settings, or when a key is none."""
        if settings.slack_client_id is None or settings.slack_client_secret is None:
            raise SettingsError("SLACK_CLIENT_ID and SLACK_CLIENT_SECRET belong together. Set both, or none.")
        rotator = TokenRotator(
            client_id=settings.slack_client_id,
            client_secret=settings.slack_client_secret.get_secret_value(),
            client=web_client(None, settings.slack_api_url),
        )
        return cls(store, TokenKeys(settings.token_keys), rotator, now)

    @property
    def logger(self) -> logging.Logger:
        """Part of the interface; nothing is logged here."""
        return logging.getLogger(__name__)

    def save(self, installation: Granted) -> None:
        """Keep what Slack granted to the bot, in place of the workspace's earlier grant."""
        self.save_bot(installation.to_bot())

    def save_bot(self, bot: Bot) -> None:
        """Keep the bot's tokens, encrypted, in place of the workspace's or organisation's earlier ones."""
        team = str(bot.enterprise_id if bot.is_enterprise_install else bot.team_id)
        kept = Installation(
            team_id=team,
            enterprise_id=bot.enterprise_id,
            bot_id=bot.bot_id,
            bot_user_id=bot.bot_user_id,
            scopes=tuple(sorted(bot.bot_scopes)),
            sealed=self._sealed(team, bot),
            expires_at=self._expiry(bot),
            installed_at=self._now(),
        )
        with self._store.writing() as connection:
            installations.save(connection, kept)

    def find_bot(self, *, team_id: str | None, enterprise_id: str | None = None, **_: Any) -> Bot | None:
        """Return the workspace's bot, or its organisation's, with its token as it is now; `None` where the app
        isn't installed.

        Raises `TokenKeyError` when it can't be decrypted.
        """
        found = self._load(team_id) or self._joined(team_id, enterprise_id)
        return self._opened(found) if found else None

    def is_organisations(self, team: str) -> bool:
        """Return whether the workspace has the app with its organisation; calls then name the workspace."""
        found = self._load(team)
        return found is not None and found.team_id != team

    def join(self, teams: Sequence[str], enterprise: str) -> None:
        """Keep that these workspaces have the app with their organisation, besides those that have their own."""
        with self._store.writing() as connection:
            for team in teams:
                known = installations.load(connection, team)
                if known is None or known.removed_at is not None:
                    installations.join_organisation(connection, team, enterprise)

    def part(self, teams: Sequence[str], enterprise: str) -> list[str]:
        """Take the app from these workspaces, as their organisation did; return those that lost it."""
        now = self._now()
        with self._store.writing() as connection:
            gone = [
                one
                for team in teams
                for one in installations.leave_organisation(connection, enterprise, now, team)
            ]
            for team in gone:
                deliveries.drop(connection, team, now)
        return gone

    def delete_bot(self, *, team_id: str | None, **_: Any) -> None:
        """Delete the tokens: the app was uninstalled there."""
        self.remove(str(team_id), self._now())

    def delete_installation(self, **_: Any) -> None:
        """Nothing: no user's token is kept."""

    def remove(self, team: str, happened: datetime) -> int | None:
        """Return the app was uninstalled at that moment: its tokens go, and so does what waits.

        Return how many deliveries waited. `None` when it isn't installed, or has been again since: nothing
        changes.
        """
        now = self._now()
        with self._store.writing() as connection:
            known = installations.load(connection, team)
            is_own = known is not None and known.removed_at is None
            name = team if is_own else installations.organisation_of(connection, team) or team
            if not installations.remove(connection, name, happened + _CLOCKS, now):
                return None
            parts = installations.leave_organisation(connection, name, now)
            return sum(deliveries.drop(connection, one, now) for one in (name, *parts))

    def teams(self) -> list[str]:
        """Return the workspaces in which the app is installed."""
        with self._store.reading() as connection:
            return installations.teams(connection)

    def fresh(self, team: str) -> Bot:
        """Return the workspace's bot with a token that is good for a minute at least, or as long as Slack takes it
        when it renews it no longer.

        Raises `NotInstalledError`, `TokenKeyError`, `SlackRefusedError`, and `SlackUnavailableError` while another
        process is renewing the token.
        """
        found = self._load(team)
        if found is not None and self._is_due(found, _LAST_MOMENT):
            try:
                self.renew(found.team_id, _LAST_MOMENT)
            except SlackRefusedError:
                if self._is_due(found, timedelta(0)):
                    raise
            found = self._load(team)
            if found is not None and self._is_due(found, timedelta(0)):
                raise SlackUnavailableError("the token is being renewed", 1.0)
        if found is None:
            raise NotInstalledError(f"The app is not installed in workspace {team}.")
        return self._opened(found)

    def renew(self, team: str, ahead: timedelta = AHEAD) -> bool:
        """Have Slack renew the token if it expires within so long, unless another process does; whether it was.

        Slack takes a refresh token once, and the token before it until that one expires. So what Slack has given
        and the database did not take is kept, and written the next time. When the process ends in between, the new
        token is lost: the old one serves until it expires, and the app must be installed again before that.

        Raises `SlackRefusedError` when Slack will not, and what says that Slack can't be reached.
        """
        found = self._load(team)
        if found is None or not self._is_due(found, ahead):
            return False
        team = found.team_id  # the organisation's, where the workspace has the app with it
        with self._alone(team) as is_mine:
            found = self._load(team)  # the lease's earlier holder may have renewed it
            if not is_mine or found is None or not self._is_due(found, ahead):
                return False
            before, renewed = self._unwritten.pop(team, (found, None))
            if renewed is None or not before.is_same_grant(found):
                renewed = self._rotated(found)
            self._unwritten[team] = found, renewed
            sealed, expires_at = self._sealed(team, renewed), self._expiry(renewed)
            with self._store.writing() as connection:
                is_kept = installations.reseal(connection, found, sealed, expires_at)
            del self._unwritten[team]
            return is_kept

    def reseal(self) -> int:
        """Encrypt with the first key what another one has encrypted; return how many.

        Raises `TokenKeyError` when something can't be decrypted: then nothing has changed.
        """
        with self._store.writing() as connection:
            count = 0
            for one in installations.every(connection):
                sealed = self._keys.resealed(one.team_id, one.sealed) if one.sealed else None
                count += sealed is not None and installations.reseal(connection, one, sealed, one.expires_at)
        return count

    def _load(self, team: str | None) -> Installation | None:
        with self._store.reading() as connection:
            found = installations.load(connection, team or "")
            if found is None or found.removed_at is not None:
                enterprise = installations.organisation_of(connection, team or "")
                found = installations.load(connection, enterprise) if enterprise else None
        return found if found and found.removed_at is None else None

    def _joined(self, team: str | None, enterprise: str | None) -> Installation | None:
        """Return the organisation's installation for a workspace that is heard of for the first time."""
        found = self._load(enterprise) if enterprise else None
        if found is not None and team and team != enterprise:
            self.join([team], found.team_id)
        return found

    def _is_due(self, found: Installation, ahead: timedelta) -> bool:
        return found.expires_at is not None and found.expires_at <= self._now() + ahead

    def _rotated(self, found: Installation) -> Bot:
        team = found.team_id
        try:
            renewed = self._rotator.perform_bot_token_rotation(
                bot=self._opened(found), minutes_before_expiration=_ALWAYS
            )
        except SlackTokenRotationError as error:
            refused: SlackApiError = error.api_error
            reason, wait = str(refused.response.get("error")), retry_after(refused)
            if wait is not None:
                raise SlackUnavailableError(reason, wait) from None
            raise SlackRefusedError(
                f"Slack does not renew the token of workspace {team} ({reason}). Have the app installed again, by "
                "/slack/install; a token that has not expired serves until then."
            ) from None  # the cause's text is not ours
        if renewed is None:
            raise SlackRefusedError(
                f"Slack renewed no bot token for workspace {team}. Have the app installed again."
            )
        return renewed

    @contextmanager
    def _alone(self, team: str) -> Iterator[bool]:
        """Whether this thread is the one that renews the workspace's token."""
        name, holder = leases.token(team), uuid.uuid4().hex
        with self._store.writing() as connection:
            is_mine = leases.acquire(connection, name, holder, self._now(), LEASE)
        try:
            yield is_mine
        finally:
            if is_mine:
                with self._store.writing() as connection:
                    leases.release(connection, name, holder)

    def _sealed(self, team: str, bot: Bot) -> str:
        return self._keys.seal(team, {"token": bot.bot_token, "refresh_token": bot.bot_refresh_token})

    def _expiry(self, bot: Bot) -> datetime | None:
        """Return when the token expires. slack_sdk tells it by the machine's clock."""
        if bot.bot_token_expires_at is None:
            return None
        return self._now() + timedelta(seconds=bot.bot_token_expires_at - time.time())

    def _opened(self, found: Installation) -> Bot:
        tokens = self._keys.opened(found.team_id, found.sealed or "")
        return Bot(
            team_id=found.team_id,
            enterprise_id=found.enterprise_id,
            bot_token=str(tokens["token"]),
            bot_refresh_token=tokens["refresh_token"],
            bot_id=found.bot_id,
            bot_user_id=found.bot_user_id,
            bot_scopes=found.scopes,
            bot_token_expires_at=int(found.expires_at.timestamp()) if found.expires_at else None,
            installed_at=found.installed_at.timestamp(),
        )


MAKE_A_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


class TokenKeyError(SettingsError):
    """Stored tokens can't be read with the keys of the settings."""


class TokenKeys:
    """Keys of Fernet (AES-128-CBC with HMAC-SHA256, https://github.com/fernet/spec): the first encrypts, each
    decrypts.

    What is sealed names its workspace, so that it is of no use in another one's row.
    """

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        """Make the keys. Raises `SettingsError` when one of them is no key, or there is none."""
        try:
            fernets = [Fernet(key.get_secret_value()) for key in keys]
            self._first, self._all = fernets[0], MultiFernet(fernets)
        except (ValueError, IndexError) as error:
            raise SettingsError(
                "TOPICBOT_TOKEN_KEYS must hold keys of 32 bytes in URL-safe base64, parted by commas. "
                f"This makes one: {MAKE_A_KEY}"
            ) from error

    def seal(self, team: str, tokens: dict[str, str | None]) -> str:
        """Return the workspace's tokens, encrypted with the first key."""
        return self._first.encrypt(json.dumps({**tokens, "team": team}).encode()).decode()

    def opened(self, team: str, sealed: str) -> dict[str, str | None]:
        """Return the tokens in what `seal` gave. Raises `TokenKeyError` when no key fits."""
        try:
            tokens: dict[str, str | None] = json.loads(self._all.decrypt(sealed.encode()))
        except InvalidToken as error:
            raise _unfit(team) from error
        if tokens.pop("team") != team:
            raise _unfit(team)
        return tokens

    def resealed(self, team: str, sealed: str) -> str | None:
        """Return the same tokens encrypted with the first key; `None` when they are already. Raises
        `TokenKeyError`.
        """
        try:
            self._first.decrypt(sealed.encode())
        except InvalidToken:
            return self.seal(team, self.opened(team, sealed))
        return None


def _unfit(team: str) -> TokenKeyError:
    return TokenKeyError(
        f"The tokens of workspace {team} can't be read with TOPICBOT_TOKEN_KEYS. Put the key back that they were "
        "encrypted with, after the one that is to encrypt now; if it is lost, have the app installed again there."
    )
