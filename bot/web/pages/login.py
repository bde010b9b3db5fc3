"""Logging in and out of the pages: with a token, or with Slack."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.slack.messages import SlackUnavailableError
from bot.slack.sign_in import RETURN_PATH
from bot.web.access import sessions, tokens
from bot.web.access.callers import Site
from bot.web.access.rate import Rate
from bot.web.access.sessions import LOGIN, LOGIN_LIVES, SESSION, SESSION_LIVES, Session, cookie_name, secret_in
from bot.web.render import local_path, page
from embeddings.errors import NotAllowedError, NotFoundError, TopicbotError
from embeddings.text.sentences import storable

OPEN_PATHS = ("/login", "/login/slack", RETURN_PATH)
"""What somebody who isn't logged in may open."""

_AGAIN = "This login was finished, is more than ten minutes old, or was begun in another browser. Begin again."


class Login:
    """The pages of logging in. `wrong` counts by address what didn't let anybody in."""

    def __init__(self, site: Site, wrong: Rate) -> None:
        self._site, self._wrong = site, wrong

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [
            Route("/login", self.form, methods=["GET"]),
            Route("/login", self.by_token, methods=["POST"]),
            Route("/login/slack", self.to_slack, methods=["GET"]),
            Route(RETURN_PATH, self.from_slack, methods=["GET"]),
            Route("/logout", self.out, methods=["POST"]),
        ]

    def form(self, request: Request) -> Response:
        """Show the ways to log in."""
        return self._form(request.query_params.get("next", "/"))

    async def by_token(self, request: Request) -> Response:
        """Log in with a token. It is not kept in the browser: the session's own secret is."""
        given = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
        secret, wanted = storable(given.get("token", [""])[0]).strip(), given.get("next", ["/"])[0]
        started = await run_in_threadpool(self._started_by_token, request, secret)
        if started is None:
            self._wrong.count(address_of(request))
            return self._form(wanted, wrong="This token isn't known here.", status=401)
        return self._logged_in(started, wanted)

    def to_slack(self, request: Request) -> Response:
        """Lead to Slack, which asks the person and leads back."""
        if self._site.sign_in is None:
            raise NotFoundError("Nobody signs in with Slack here. Log in with a token.")
        wanted = local_path(request.query_params.get("next", "/"))
        with self._site.store.writing() as connection:
            begun = sessions.begin(connection, wanted, self._site.now())
        response = RedirectResponse(self._site.sign_in.address(begun.state, begun.nonce), 303)
        self._set_cookie(response, LOGIN, begun.browser, LOGIN_LIVES)
        return response

    async def from_slack(self, request: Request) -> Response:
        """Slack leads back here: log the person in who is the same browser's and may ask the bot."""
        try:
            response = await run_in_threadpool(self._returned, request)
        except SlackUnavailableError as error:
            response = self._form("/", wrong=f"{error} Try again in a minute.", status=503)
        except TopicbotError as error:
            self._wrong.count(address_of(request))
            response = self._form("/", wrong=str(error), status=403)
        response.delete_cookie(self._cookie(LOGIN), path="/", secure=self._site.is_secure, httponly=True)
        return response

    def out(self, request: Request) -> Response:
        """End the session."""
        secret = secret_in(request.cookies, self._site)
        if secret:
            with self._site.store.writing() as connection:
                sessions.end(connection, secret)
        response = RedirectResponse("/login", 303)
        response.delete_cookie(self._cookie(SESSION), path="/", secure=self._site.is_secure, httponly=True)
        return response

    def _returned(self, request: Request) -> Response:
        query, site = request.query_params, self._site
        if site.sign_in is None or site.members is None:
            raise NotFoundError("Nobody signs in with Slack here. Log in with a token.")
        browser = request.cookies.get(self._cookie(LOGIN), "")
        with site.store.writing() as connection:
            begun = sessions.finish(connection, storable(query.get("state", "")), browser, site.now())
        if begun is None:
            raise NotAllowedError(_AGAIN)
        if "code" not in query:
            return self._form(begun[1], wrong="You did not allow it in Slack.", status=403)
        nonce, wanted = begun
        person = site.sign_in.identity(query["code"], nonce)
        request.state.caller = site.members.caller(person.team, person.user)  # raises for whoever may not ask
        return self._logged_in(self._started(request, Session(person.team, person.user)), wanted)

    def _started_by_token(self, request: Request, secret: str) -> str | None:
        with self._site.store.reading() as connection:
            token = tokens.find(connection, secret, self._site.now())
        return None if token is None else self._started(request, Session(token.team, token_id=token.id))

    def _started(self, request: Request, session: Session) -> str:
        """Return the secret of a new session; the one that this browser held until now ends."""
        before = secret_in(request.cookies, self._site)
        with self._site.store.writing() as connection:
            if before:
                sessions.end(connection, before)
            return sessions.start(connection, session, self._site.now())

    def _logged_in(self, secret: str, wanted: str) -> Response:
        response = RedirectResponse(local_path(wanted), 303)
        self._set_cookie(response, SESSION, secret, SESSION_LIVES)
        return response

    def _form(self, wanted: str, *, wrong: str = "", status: int = 200) -> Response:
        has_slack = self._site.sign_in is not None
        return page("login.html", status=status, wrong=wrong, next=local_path(wanted), has_slack=has_slack)

    def _set_cookie(self, response: Response, name: str, secret: str, lives: timedelta) -> None:
        """Keep it where no script and no other site's form reaches it. Lax: Slack's page leads back with it."""
        response.set_cookie(
            self._cookie(name),
            secret,
            max_age=int(lives.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=self._site.is_secure,
            path="/",
        )

    def _cookie(self, name: str) -> str:
        return cookie_name(name, self._site)


def address_of(request: Request) -> str:
    """Return the address that the request comes from."""
    return request.client.host if request.client else ""
