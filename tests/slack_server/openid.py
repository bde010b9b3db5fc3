"""Sign in with Slack: openid.connect.token, and the keys that its tokens are signed with."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any
from urllib.parse import urlencode

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.slack_server.installs import check_client, taken_code
from tests.slack_server.platform import Platform
from tests.slack_server.requests import Request, method

Json = dict[str, Any]
_KEY_ID, _TOKEN_SECONDS = "standin-key", 300


@cache
def _key(name: str) -> rsa.RSAPrivateKey:
    """The key of this name: one that is published, and a forger's."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@method("openid.connect.token", caller="none")
def token(request: Request) -> Json:
    """The id token for a code, once."""
    check_client(request)
    platform = request.platform
    code = taken_code(request)
    now = int(time.time())  # whoever checks it goes by the machine's clock
    claims = {
        "iss": platform.base.rstrip("/"),
        "aud": platform.client_id,
        "sub": code["user"],
        "iat": now,
        "exp": now + _TOKEN_SECONDS,
        "nonce": code["nonce"],
        "https://slack.com/user_id": code["user"],
        "https://slack.com/team_id": code["team"],
        **platform.claims,
    }
    key = _key("forged" if platform.forges_claims else "published")
    signed = jwt.encode(claims, key, algorithm="RS256", headers={"kid": _KEY_ID})
    return {"access_token": "xoxp-openid", "token_type": "Bearer", "id_token": signed}


async def authorize(platform: Platform, request: web.Request) -> web.StreamResponse:
    """Slack's page, where UANN of T1 presses "Allow" at once."""
    asked = request.query
    code = f"code-{platform.tickets.number()}"
    platform.codes[code] = {
        "team": "T1",
        "user": "UANN",
        "redirect_uri": asked["redirect_uri"],
        "nonce": asked["nonce"],
        "used": False,
    }
    raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")


async def keys(_: web.Request) -> web.StreamResponse:
    """The published keys, as a JWK set."""
    public = json.loads(RSAAlgorithm.to_jwk(_key("published").public_key()))
    return web.json_response({"keys": [{**public, "kid": _KEY_ID, "alg": "RS256", "use": "sig"}]})
