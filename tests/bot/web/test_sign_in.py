"""Sign in with Slack, against a stand-in of its endpoints: who gets in, what they see, and what gets nobody in."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bot.config import Settings
from bot.http_server import http_server
from bot.slack.client import bot_client
from bot.slack.people import kept_name
from bot.slack.sign_in import RETURN_PATH
from bot.store.tables import audit, web_session
from bot.web.access import sessions
from bot.web.access.callers import Site
from bot.web.api.operations import OPERATIONS, PREFIX
from bot.web.site import UPLOADS, site_of, web_application
from bot.workspace.registry import OneWorkspace, open_workspace
from tests.bot.web.conftest import CERTIFICATES, token
from tests.conftest import NOON
from tests.slack_server import SlackServer
from tests.waiting import eventually

ANN, BOB, ADA, GUEST, STRANGER = "UANN", "UBOB", "UADA", "UGUEST", "USTRANGER"


@dataclass
class Moment:
    """A clock that the test moves."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Served:
    """A site that Slack's people sign in to, its clock, and a browser of each of them."""

    slack: SlackServer
    site: Site
    url: str
    clock: Moment
    browsers: list[httpx.Client] = field(default_factory=list)

    def browser(self) -> httpx.Client:
        self.browsers.append(httpx.Client(base_url=self.url, timeout=300, verify=CERTIFICATES))
        return self.browsers[-1]

    def to_slack(self, browser: httpx.Client, next_path: str = "/") -> str:
        """Press the button; returns where Slack is asked."""
        found = browser.get("/login/slack", params={"next": next_path})
        assert found.status_code == 303, found.text
        return found.headers["location"]

    def back(self, browser: httpx.Client, address: str, user: str = ANN, *, team: str = "T1") -> httpx.Response:
        """Allow it in Slack, and be led back."""
        return browser.get(self.slack.authorize(address, team=team, user=user))

    def signed_in(self, user: str = ANN, *, team: str = "T1") -> httpx.Client:
        browser = self.browser()
        found = self.back(browser, self.to_slack(browser), user, team=team)
        assert found.status_code == 303, found.text
        return browser


@contextmanager
def opened(site: Site, slack: SlackServer, folder: Path, **more: Any) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = Settings(
        data_dir=folder,
        slack_bot_token=SecretStr(slack.workspaces["T1"].bot_token),
        slack_client_id=slack.client_id,
        slack_client_secret=SecretStr(slack.client_secret),
        slack_signing_secret=SecretStr(slack.signing_secret),
        slack_api_url=slack.api_url,
        public_url=f"{url}/",
        **more,
    )
    clock = Moment(NOON)
    workspace = open_workspace("T1", settings, site.library, site.store, clock)
    made = site_of(settings, site.library, site.store, clock, OneWorkspace(workspace, bot_client(settings)))
    with http_server(web_application(made, login=True), ("127.0.0.1", port), advice="", uploads=UPLOADS):
        served = Served(slack, made, url, clock)
        yield served
        for browser in served.browsers:
            browser.close()


@pytest.fixture
def served(site: Site, slack: SlackServer, tmp_path: Path) -> Iterator[Served]:
    with opened(site, slack, tmp_path) as found:
        yield found


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


def test_a_member_signs_in_and_opens_what_was_asked_for(served: Served) -> None:
    browser = served.browser()
    refused = browser.get("/articles/harbour?mark=1-0-3")
    assert refused.headers["location"] == "/login?next=%2Farticles%2Fharbour%3Fmark%3D1-0-3"
    assert "Sign in with Slack" in browser.get(refused.headers["location"]).text
    found = served.back(browser, served.to_slack(browser, "/articles/harbour?mark=1-0-3"))
    assert found.headers["location"] == "/articles/harbour?mark=1-0-3"
    cookie = next(one for one in found.headers.get_list("set-cookie") if sessions.SESSION in one).lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert browser.get("/articles/harbour").status_code == 200


def test_slack_is_asked_with_a_state_and_a_nonce_for_the_identity_alone(served: Served) -> None:
    asked = [parse_qs(urlsplit(served.to_slack(served.browser())).query) for _ in range(2)]
    assert asked[0]["scope"] == ["openid"]
    assert asked[0]["redirect_uri"] == [f"{served.url}{RETURN_PATH}"]
    for name in ("state", "nonce"):
        assert len(asked[0][name][0]) > 40
        assert asked[0][name] != asked[1][name]


def test_another_browser_cannot_finish_a_login_and_none_twice(served: Served) -> None:
    mine, theirs = served.browser(), served.browser()
    led_back = served.slack.authorize(served.to_slack(mine), team="T1", user=ANN)
    served.to_slack(theirs)
    assert theirs.get(led_back).status_code == 403  # an attacker's login put upon somebody
    assert theirs.get("/").status_code == 303
    assert mine.get(led_back).status_code == 303
    again = mine.get(led_back)
    assert again.status_code == 403
    assert "Begin again" in again.text


def test_a_login_that_takes_too_long_or_was_refused_gets_nobody_in(served: Served) -> None:
    browser = served.browser()
    led_back = served.slack.authorize(served.to_slack(browser), team="T1", user=ANN)
    served.clock.now += timedelta(minutes=11)
    assert browser.get(led_back).status_code == 403
    state = parse_qs(urlsplit(served.to_slack(browser)).query)["state"][0]
    denied = browser.get(RETURN_PATH, params={"error": "access_denied", "state": state})
    assert "did not allow" in denied.text
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    "claims",
    [
        {"forged": True},
        {"nonce": "another"},
        {"aud": "another-app"},
        {"aud": ["1.2", "another-app"]},
        {"iss": "https://evil.example"},
        {"exp": 1_000_000_000},
        {"sub": "UADA"},
        {"https://slack.com/team_id": None},
        {"https://slack.com/team_id": "T2"},
    ],
    ids=str,
)
def test_an_identity_that_is_not_slacks_or_not_for_this_login_gets_nobody_in(
    served: Served, claims: dict[str, Any]
) -> None:
    served.slack.claim(**claims)
    browser = served.browser()
    found = served.back(browser, served.to_slack(browser))
    assert found.status_code == 403
    assert sessions.SESSION not in browser.cookies
    assert browser.get(f"{PREFIX}/articles").status_code == 401


@pytest.mark.parametrize("user", ["UGUEST", "USTRANGER", "UNOBODY"])
def test_whoever_may_not_ask_in_slack_gets_nothing_here(served: Served, user: str) -> None:
    served.slack.add_user("T1", "UGUEST", is_restricted=True)
    served.slack.add_user("T1", "USTRANGER", is_stranger=True)
    browser = served.browser()
    assert served.back(browser, served.to_slack(browser), user).status_code == 403
    assert browser.get("/").status_code == 303


def test_a_person_sees_what_the_bot_shows_them_in_private_and_nobody_else_does(served: Served) -> None:
    articles = served.site.library.local
    articles.only_for(ANN).add({"title": "Ann alone", "text": "The heron nests at the quay.", "id": "own"})
    seen = served.site.library.of("local", [ANN]).articles()
    own = next(one.citation.article_id for one in seen if one.citation.title == "Ann alone")
    paths = [PREFIX + one.path.replace("{article_id}", own) for one in OPERATIONS if one.method == "GET"]
    paths += [
        f"{PREFIX}/ask?q=heron+nests&k=9",
        f"{PREFIX}/topic?subject=heron",
        "/?q=heron+nests",
        "/topic?q=heron",
    ]
    paths += ["/topic?q=heron", "/articles", f"/articles/{own}", "/suggest?q=heron", "/stories", "/sources"]
    ann, bob = served.signed_in(ANN), served.signed_in(BOB)
    assert "heron" in ann.get(f"{PREFIX}/ask?q=heron+nests&k=9").text
    assert ann.get(f"/articles/{own}").status_code == 200
    for path in paths:
        shown = bob.get(path).text
        assert "Ann alone" not in shown, path
        assert "at the quay" not in shown, path


def test_only_admins_add_and_remove(served: Served) -> None:
    origin = {"Origin": served.url}
    new = {"title": "x", "text": "y", "id": "x"}
    ann, ada = served.signed_in(ANN), served.signed_in(ADA)
    refused = ann.post(f"{PREFIX}/articles", json=new, headers=origin)
    assert (refused.status_code, "admins" in refused.json()["detail"]) == (403, True)
    assert ann.get("/settings").status_code == 403
    assert ada.post(f"{PREFIX}/articles", json=new, headers=origin).status_code == 201
    shown = ada.get("/settings").text
    assert "TOPICBOT_PUBLIC_URL" in shown
    assert served.slack.client_secret not in shown
    assert served.slack.signing_secret not in shown
    assert served.slack.workspaces["T1"].bot_token not in shown


def test_anybody_adds_for_themselves_and_only_admins_for_everybody(served: Served) -> None:
    ann, bob, ada = served.signed_in(ANN), served.signed_in(BOB), served.signed_in(ADA)
    headers = {"Origin": served.url, "Accept": "application/json"}

    def add(browser: httpx.Client, words: str, **form: str) -> httpx.Response:
        file = {"files": (f"{words}.txt", f"On {words}\n\nThe {words} nests at the quay.".encode())}
        return browser.post("/add", files=file, data=form, headers=headers)

    assert "Only you" in ann.get("/add").text
    assert "Everybody" not in ann.get("/add").text
    assert add(ann, "heron").status_code == 403
    assert add(ann, "heron", audience="everybody").status_code == 403
    assert add(ann, "heron", audience="me").json()["added"] == 1
    assert add(ada, "stork", audience="everybody").json()["added"] == 1
    question = f"{PREFIX}/ask?q=what+nests+at+the+quay&k=9"
    assert "heron" in ann.get(question).text
    for browser in (bob, ada):
        assert "heron" not in browser.get(question).text
        assert "stork" in browser.get(question).text


def test_a_token_has_no_articles_of_its_own(served: Served) -> None:
    browser, secret = served.browser(), token(served.site, write=True)
    given = {"files": ("a.txt", b"A\n\nWords.")}
    head = {"Authorization": f"Bearer {secret}"}
    assert browser.post("/add", files=given, data={"audience": "me"}, headers=head).status_code == 403


def test_a_form_without_an_origin_or_of_another_site_changes_nothing(served: Served) -> None:
    ada, new = served.signed_in(ADA), {"title": "x", "text": "y", "id": "x"}
    for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}):
        assert ada.post(f"{PREFIX}/articles", json=new, headers=headers).status_code == 403, headers
    assert ada.post("/logout").status_code == 403


def test_a_login_makes_a_new_session_and_ends_the_one_before(served: Served) -> None:
    browser = served.browser()
    browser.cookies.set(sessions.SESSION, "chosen-by-an-attacker", domain="127.0.0.1")
    served.back(browser, served.to_slack(browser))
    first = [one.value or "" for one in browser.cookies.jar if one.name == sessions.SESSION]
    assert "chosen-by-an-attacker" not in first[-1:]
    served.back(browser, served.to_slack(browser))
    with served.site.store.reading() as connection:
        assert len(connection.execute(select(web_session)).all()) == 1
        assert not any(one in str(connection.execute(select(web_session)).all()) for one in first)


def test_a_session_ends_by_logging_out_and_by_itself(served: Served) -> None:
    browser, other = served.signed_in(), served.signed_in()
    kept = {sessions.SESSION: browser.cookies[sessions.SESSION]}
    assert browser.post("/logout", headers={"Origin": served.url}).status_code == 303
    assert httpx.get(f"{served.url}/", cookies=kept, timeout=300).status_code == 303
    assert other.get("/").status_code == 200
    served.clock.now += sessions.SESSION_LIVES
    assert other.get("/").status_code == 303


def test_what_somebody_may_do_is_asked_of_slack_anew(served: Served) -> None:
    ann = served.signed_in(ANN)
    served.slack.workspaces["T1"].users[ANN].deleted = True
    served.clock.now += timedelta(minutes=11)
    refused = ann.get(f"{PREFIX}/articles")
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")


def test_while_slack_cannot_be_asked_nobody_is_let_in_by_guess(served: Served) -> None:
    ann = served.signed_in(ANN)
    served.clock.now += timedelta(minutes=11)
    served.slack.fail("users.info", status=500)
    assert ann.get(f"{PREFIX}/articles").status_code == 503
    assert ann.get(f"{PREFIX}/articles").status_code == 200
    browser = served.browser()
    served.slack.fail("openid.connect.token", status=503)
    assert served.back(browser, served.to_slack(browser)).status_code == 503


def test_the_audit_log_names_the_person_by_a_digest(served: Served) -> None:
    ann = served.signed_in(ANN)
    ann.get("/articles/harbour")
    name = f"person {kept_name(served.site.settings, 'T1', ANN)}"
    served.signed_in(BOB)  # later rows are written after these

    def rows() -> list[tuple[Any, ...]]:
        with served.site.store.reading() as connection:
            found = connection.execute(select(audit.c.caller, audit.c.action, audit.c.subject))
            return [tuple(one) for one in found]

    assert eventually(lambda: (name, "GET /articles", "harbour") in rows())
    assert (name, f"GET {RETURN_PATH}", None) in rows()
    assert ANN not in str(rows())


def test_many_failed_logins_from_an_address_end(served: Served) -> None:
    browser = served.browser()
    tried = [browser.get(RETURN_PATH, params={"state": "x", "code": "y"}).status_code for _ in range(12)]
    assert tried[-1] == 429


def test_with_tls_the_cookies_belong_to_this_host_alone(served: Served) -> None:
    secure = replace(
        served.site, settings=served.site.settings.model_copy(update={"public_url": "https://b.example/"})
    )
    assert sessions.cookie_name(sessions.SESSION, secure) == "__Host-topicbot_session"


def test_a_token_still_logs_in_and_is_not_what_the_browser_keeps(served: Served) -> None:
    secret, browser = token(served.site), served.browser()
    assert browser.post("/login", data={"token": secret, "next": "/articles"}).status_code == 303
    assert secret not in str(browser.cookies)
    assert browser.get("/articles").status_code == 200
