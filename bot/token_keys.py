"""The keys that tokens are encrypted with before they are stored."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from bot.config import SettingsError

MAKE_A_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


class TokenKeyError(SettingsError):
    """Stored tokens can't be read with the keys of the settings."""


class TokenKeys:
    """Keys of Fernet (AES-128-CBC with HMAC-SHA256, https://github.com/fernet/spec): the first encrypts, each
    decrypts.

    What is sealed names its workspace, so that it is of no use in another one's row.
    """

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        """Raises `SettingsError` when one of them is no key, or there is none."""
        try:
            fernets = [Fernet(key.get_secret_value()) for key in keys]
            self._first, self._all = fernets[0], MultiFernet(fernets)
        except (ValueError, IndexError) as error:
            raise SettingsError(
                "TOPICBOT_TOKEN_KEYS must hold keys of 32 bytes in URL-safe base64, parted by commas. "
                f"This makes one: {MAKE_A_KEY}"
            ) from error

    def seal(self, team: str, tokens: dict[str, str | None]) -> str:
        """The workspace's tokens, encrypted with the first key."""
        return self._first.encrypt(json.dumps({**tokens, "team": team}).encode()).decode()

    def opened(self, team: str, sealed: str) -> dict[str, str | None]:
        """The tokens in what `seal` gave. Raises `TokenKeyError` when no key fits."""
        try:
            tokens: dict[str, str | None] = json.loads(self._all.decrypt(sealed.encode()))
        except InvalidToken as error:
            raise _unfit(team) from error
        if tokens.pop("team") != team:
            raise _unfit(team)
        return tokens

    def resealed(self, team: str, sealed: str) -> str | None:
        """The same tokens encrypted with the first key; `None` when they are already. Raises `TokenKeyError`."""
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
