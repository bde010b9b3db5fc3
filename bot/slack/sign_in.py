"""Sign in with Slack (OpenID Connect): who somebody is, as Slack says it.

https://docs.slack.dev/authentication/sign-in-with-slack/
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urlencode, urljoin

import jwt
from jwt import PyJWKClient
from jwt.exceptions import PyJWKClientConnectionError, PyJWTError
from slack_sdk.errors import SlackApiError

from bot.config import Settings
from bot.slack.client import TIMEOUT, web_client
from bot.slack.messages import SlackUnavailableError, retry_after
from embeddings.errors import NotAllowedError

RETURN_PATH = "/login/slack/return"
_CLAIM = "https://slack.com/"
_LEEWAY_SECONDS = 60  # what Slack's clock and this one's may differ
_KEYS_SECONDS = 3600
_AGAIN = "Sign in again."


@dataclass(frozen=True, slots=True)
class Identity:
    """A person, by the ids of workspace and user."""

    team: str
    user: str


class SignIn:
    """The app of the settings, to sign in with. Safe from several threads."""

    def __init__(self, settings: Settings) -> None:
        """`settings.signs_in` must be true."""
        secret = settings.slack_client_secret
        self._client_id = settings.slack_client_id or ""
        self._secret = secret.get_secret_value() if secret else ""
        self._return = urljoin(settings.public_url or "", RETURN_PATH)
        self._api = settings.slack_api_url
        self._site = urljoin(settings.slack_api_url, "..")
        self._keys = PyJWKClient(
            urljoin(self._site, "openid/connect/keys"), lifespan=_KEYS_SECONDS, timeout=TIMEOUT
        )

    def address(self, state: str, nonce: str) -> str:
        """Return the page of Slack's that asks the person, and leads back to `RETURN_PATH`."""
        query = {
            "response_type": "code",
            "scope": "openid",
            "client_id": self._client_id,
            "redirect_uri": self._return,
            "state": state,
            "nonce": nonce,
        }
        return f"{urljoin(self._site, 'openid/connect/authorize')}?{urlencode(query)}"

    def identity(self, code: str, nonce: str) -> Identity:
        """Return who signed in, for the code that Slack led back with and the nonce that the person was sent with.

        Raises `NotAllowedError` when Slack doesn't take the code or its answer isn't for this login, and
        `SlackUnavailableError` when Slack can't be reached.
        """
        try:
            answer = web_client(None, self._api).openid_connect_token(
                client_id=self._client_id, client_secret=self._secret, code=code, redirect_uri=self._return
            )
            return self._checked(str(answer.get("id_token") or ""), nonce)
        except SlackApiError as error:
            reason, wait = str(error.response.get("error")), retry_after(error)
            if wait is not None:
                raise SlackUnavailableError(reason, wait) from error
            raise NotAllowedError(f"Slack doesn't take this login ({reason}). {_AGAIN}") from error
        except (PyJWKClientConnectionError, OSError, HTTPException) as error:
            raise SlackUnavailableError(type(error).__name__) from error
        except PyJWTError as error:
            raise NotAllowedError(
                f"What Slack said of you can't be checked ({type(error).__name__}). {_AGAIN}"
            ) from error

    def _checked(self, token: str, nonce: str) -> Identity:
        """Return whom the id token names: signed by Slack, for this app, this login and this moment."""
        claims = jwt.decode(
            token,
            self._keys.get_signing_key_from_jwt(token).key,
            algorithms=["RS256"],
            audience=self._client_id,
            issuer=self._site.rstrip("/"),
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"], "strict_aud": True},
        )
        team, user = claims.get(f"{_CLAIM}team_id"), claims.get(f"{_CLAIM}user_id")
        if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            raise NotAllowedError(f"Slack's answer is for another login. {_AGAIN}")
        if not isinstance(team, str) or not isinstance(user, str) or user != claims["sub"]:
            raise NotAllowedError(f"Slack didn't say which workspace you are in. {_AGAIN}")
        return Identity(team, user)
