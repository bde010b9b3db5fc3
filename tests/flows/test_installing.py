"""Installing the app in a workspace: to Slack and back, and every way in which that can fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import func, select

from bot.config import Settings, SettingsError
from bot.slack.credentials import check_settings
from bot.slack.messages import SCOPES
from bot.store.tables import install_state
from bot.workspace import store as installations
from bot.workspace.registry import InstalledWorkspaces
from embeddings.library import Library
from tests.conftest import article
from tests.flows.conftest import moment_of
from tests.flows.many import CERTIFICATES, KEY, Many, begin, finish, led_back, many, settings_of
from tests.flows.process import started
from tests.flows.slack_blocks import passages, quoted
from tests.slack_server import SlackServer
from tests.slack_server.world import Workspace


@pytest.fixture
def bots(slack: SlackServer, library: Library, tmp_path: Path) -> Iterator[Many]:
    """The app, installed nowhere yet."""
    with many(slack, library, tmp_path) as found:
        yield found


def test_a_workspace_installs_the_app_and_is_answered_from_its_own_articles(bots: Many) -> None:
    slack = bots.slack
    bots.library.local.add(article("Mine", "The tower crane stands in the harbour."))  # the command line's
    bots.library.of("T2").add(article("Theirs", "The grey crane stands in the marsh."))
    begun = bots.begin()
    asked = parse_qs(urlsplit(begun.slack_url).query)
    assert set(asked["scope"][0].split(",")) == SCOPES
    done = bots.finish(begun)
    assert (done.status_code, "is installed in" in done.text) == (200, True)
    assert bots.installed.teams() == ["T2"]
    run = slack.command("UZOE", "COTHER", "/ask", "where does the crane stand?")
    slack.wait_for(lambda: run.shown, what="an answer")
    assert [quoted(one) for one in passages(run.shown[0].blocks)] == ["The grey crane stands in the marsh."]


def test_nothing_can_be_put_into_the_address_that_leads_to_slack(bots: Many) -> None:
    base = bots.url
    for team, kept in (("T2", ["T2"]), ("T2&scope=admin&redirect_uri=https://evil.example", None), ("T2#x", None)):
        page = httpx.get(f"{base}/slack/install", params={"team": team}, verify=CERTIFICATES)
        address = unescape(page.text.partition('<a href="')[2].partition('"')[0])
        asked = parse_qs(urlsplit(address).query)
        assert asked.get("team") == kept
        assert set(asked["scope"][0].split(",")) == SCOPES
        assert "evil" not in page.text


def test_the_pages_of_installing_are_kept_from_caches_frames_and_other_sites(bots: Many) -> None:
    page = httpx.get(f"{bots.url}/slack/install", timeout=300)
    assert "SameSite=Lax" in page.headers["set-cookie"]
    assert page.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


def test_the_pages_of_installing_are_in_the_language_of_the_browser(bots: Many) -> None:
    german = {"Accept-Language": "de-AT, en;q=0.5"}
    page = httpx.get(f"{bots.url}/slack/install", headers=german)
    assert "topicbot zu einem Workspace hinzufügen" in page.text
    refused = httpx.get(f"{bots.url}/slack/oauth_redirect", params={"error": "access_denied"}, headers=german)
    assert "<html lang=de>" in refused.text
    assert 'Es wurde nichts installiert. <a href="/slack/install">Von vorn beginnen</a>.' in refused.text
    refused = httpx.get(f"{bots.url}/slack/oauth_redirect", params={"error": "access_denied"})
    assert 'Nothing was installed. <a href="/slack/install">Begin again</a>.' in refused.text


def test_requests_of_a_workspace_that_has_not_installed_it_get_nothing(bots: Many) -> None:
    slack = bots.slack
    bots.install("T2")
    run = slack.command("UANN", "CNEWS", "/ask", "where does the crane stand?")
    slack.say("UANN", "CNEWS", "<@UBOT1> where does the crane stand?")
    slack.wait_for(lambda: run.lost, what="a refusal")
    slack.settle()
    assert run.shown == []
    assert [one for one in slack.calls() if one.team == "T1"] == []
    assert {one.status for one in slack.deliveries if one.payload.get("team_id") == "T1"} == {403}


def test_tokens_are_nowhere_but_encrypted(bots: Many, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bots.install("T1", "T2")
    for path in tmp_path.glob("bot.db*"):
        assert b"xoxb-" not in path.read_bytes(), path
    assert bots.installed.kept.fresh("T1").bot_token == "xoxb-T1"
    shown = capfd.readouterr()
    assert "xoxb-" not in shown.out + shown.err
    assert KEY not in shown.out + shown.err


def test_a_state_is_good_once(bots: Many) -> None:
    begun = bots.begin()
    assert bots.finish(begun).status_code == 200
    again = bots.finish(begun, team="T1")
    assert (again.status_code, "is finished already" in again.text) == (400, True)
    assert bots.installed.teams() == ["T2"]


def test_a_state_expires_after_ten_minutes_and_is_forgotten(bots: Many) -> None:
    begun = bots.begin()
    bots.slack.clock.advance(601)
    late = bots.finish(begun)
    assert (late.status_code, "ten minutes" in late.text) == (400, True)
    bots.begin()
    with bots.store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(install_state)) == 1
    assert bots.installed.teams() == []


@pytest.mark.parametrize("state", ["made-up", "", "\x00", "<script>alert(1)</script>"])
def test_a_state_that_was_never_given_installs_nothing(bots: Many, state: str) -> None:
    begun = bots.begin()
    refused = bots.finish(begun, code="code-1", state=state)
    assert refused.status_code == 400
    assert "<script>" not in refused.text
    assert bots.installed.teams() == []


def test_a_state_of_another_browser_installs_nothing(bots: Many) -> None:
    mine, theirs = bots.begin(), bots.begin()
    forged = bots.finish(mine, code="code-1", state=theirs.state)
    assert (forged.status_code, "in another browser" in forged.text) == (400, True)
    assert bots.finish(theirs).status_code == 200, "the other one's is still good"


def test_what_a_person_does_not_allow_is_not_installed(bots: Many) -> None:
    begun = bots.begin()
    denied = bots.finish(begun, error="access_denied", state=begun.state)
    assert (denied.status_code, "did not allow it" in denied.text) == (200, True)
    assert bots.installed.teams() == []


def test_without_every_scope_it_is_not_installed(bots: Many) -> None:
    begun = bots.begin()
    fewer = begun.slack_url.replace("users%3Aread", "").replace("users:read", "")
    refused = bots.finish(type(begun)(fewer, begun.cookie))
    assert (refused.status_code, "without these permissions: users:read" in refused.text) == (400, True)
    assert bots.installed.teams() == []


def test_a_whole_organisation_installs_it_with_one_token_for_many_workspaces(bots: Many) -> None:
    slack = grid(bots)
    for team, place in (("T2", "marsh"), ("T3", "harbour")):
        bots.library.of(team).add(article(f"Of {team}", f"The crane stands in the {place}."))
    begun = bots.begin()
    done = bots.finish(begun, **led_back(slack.authorize(begun.slack_url, whole_organisation=True)))
    assert (done.status_code, "is installed in <strong>Grid</strong>" in done.text) == (200, True)
    assert bots.installed.teams() == ["T2", "T3"]
    for user, channel, place in (("UZOE", "COTHER", "marsh"), ("UYAN", "CTHIRD", "harbour")):
        run = slack.command(user, channel, "/ask", "where does the crane stand?")
        slack.wait_for(partial(getattr, run, "shown"), what="an answer")
        assert [quoted(one) for one in passages(run.shown[0].blocks)] == [f"The crane stands in the {place}."]
        said = slack.say(user, channel, "<@UBOT2> where does the crane stand?")
        slack.settle()
        assert len(slack.messages(channel, said.ts)) == 2
    assert slack.refused == []
    assert {one.response.get("error") for one in slack.calls() if not one.ok} <= {None}


def test_a_workspace_that_the_organisation_adds_later_is_served_from_its_first_request(bots: Many) -> None:
    slack = grid(bots)
    third = slack.workspaces["T3"]
    third.enterprise_id = None
    begun = bots.begin()
    bots.finish(begun, **led_back(slack.authorize(begun.slack_url, whole_organisation=True)))
    assert bots.installed.teams() == ["T2"]
    third.enterprise_id = "E1"
    bots.library.of("T3").add(article("Third", "The crane stands in the harbour."))
    run = slack.command("UYAN", "CTHIRD", "/ask", "where does the crane stand?")
    slack.wait_for(lambda: run.shown, what="an answer")
    assert bots.installed.teams() == ["T2", "T3"]


def test_what_the_organisation_takes_back_is_served_no_longer(bots: Many) -> None:
    slack = grid(bots)
    begun = bots.begin()
    bots.finish(begun, **led_back(slack.authorize(begun.slack_url, whole_organisation=True)))
    slack.emit("T2", {"type": "team_access_revoked", "team_ids": ["T3"]})
    slack.wait_for(lambda: bots.installed.teams() == ["T2"])
    slack.emit("T2", {"type": "app_uninstalled"})
    slack.wait_for(lambda: bots.installed.teams() == [])
    with bots.store.reading() as connection:
        assert installations.removed(connection, moment_of(slack) + timedelta(days=1)) == ["E1", "T2", "T3"]
    run = slack.command("UZOE", "COTHER", "/ask", "where does the crane stand?")
    slack.settle()
    assert run.shown == []


def grid(bots: Many) -> SlackServer:
    """Two workspaces of one organisation, with one bot user."""
    slack = bots.slack

    slack.workspaces["T2"].enterprise_id = "E1"
    third = slack.platform.world.add(Workspace("T3", "Third", "third", "UBOT2", "BBOT2", "xoxb-T3"))
    third.enterprise_id = "E1"
    third.add_user("UYAN")
    third.add_channel("CTHIRD", members=["UYAN", "UBOT2"])
    return slack


def test_a_slack_that_is_away_or_refuses_is_told(bots: Many) -> None:
    bots.slack.fail("oauth.v2.access", error="invalid_code")
    assert "did not confirm" in bots.finish(bots.begin()).text
    bots.slack.fail("oauth.v2.access", drop="before")
    away = bots.finish(bots.begin())
    assert (away.status_code, "can't be reached" in away.text) == (503, True)
    assert bots.installed.teams() == []


def test_any_process_takes_the_way_back(slack: SlackServer, library: Library, tmp_path: Path) -> None:
    with many(slack, library, tmp_path) as one:
        begun = one.begin()
    with many(slack, library, tmp_path) as other:
        assert other.finish(begun).status_code == 200
        assert other.installed.teams() == ["T2"]


def test_the_public_address_is_where_slack_leads_back_to(
    slack: SlackServer, library: Library, tmp_path: Path
) -> None:
    with many(slack, library, tmp_path, public_url="https://bot.example/") as bots:
        begun = bots.begin()
        (back,) = parse_qs(urlsplit(begun.slack_url).query)["redirect_uri"]
        assert back == "https://bot.example/slack/oauth_redirect"
        assert bots.finish(begun).status_code == 200


def test_settings_that_lack_or_contradict_are_told(tmp_path: Path, slack: SlackServer) -> None:
    chosen = settings_of(slack, tmp_path)
    check_settings(chosen, http=True)
    with pytest.raises(SettingsError, match="--http"):
        check_settings(chosen, http=False)
    one = settings_of(slack, tmp_path, slack_bot_token=SecretStr("xoxb-1"))  # the client is for signing in then
    check_settings(one, http=True)
    assert not one.many_workspaces
    with pytest.raises(SettingsError) as told:
        check_settings(Settings(data_dir=tmp_path, slack_client_id="1.2"), http=True)
    for name in ("SLACK_CLIENT_SECRET", "TOPICBOT_TOKEN_KEYS", "SLACK_SIGNING_SECRET"):
        assert name in str(told.value)
    shown = f"{chosen!r} {chosen.model_dump_json()}"
    assert KEY not in shown
    assert json.loads(chosen.model_dump_json())["slack_client_secret"] == "**********"


def test_the_program_serves_whoever_installs_it(slack: SlackServer, samples_folder: Path, tmp_path: Path) -> None:
    data, home = tmp_path / "data", tmp_path / "home"
    home.mkdir()
    environment = {
        "SLACK_BOT_TOKEN": "",
        "SLACK_CLIENT_ID": slack.client_id,
        "SLACK_CLIENT_SECRET": slack.client_secret,
        "TOPICBOT_TOKEN_KEYS": KEY,
        "HOME": str(home),
    }
    with started(slack, data, "--http", "--port", "0", copy_of=samples_folder, **environment) as process:
        url = f"http://127.0.0.1:{process.port}"
        begun = begin(url)
        assert finish(url, begun, **led_back(slack.authorize(begun.slack_url))).status_code == 200
        run = slack.command("UZOE", "COTHER", "/ask", "what did Alibaba pledge?")
        slack.wait_for(lambda: run.shown, what="an answer")
        assert passages(run.shown[0].blocks) == [], "the command line's articles are none of theirs"
        slack.uninstall("T2")
        slack.wait_for(lambda: process.log("uninstalled"), what="the end")
        assert process.end() == 0
    assert "xoxb-" not in process.stderr
    assert slack.client_secret not in process.stderr
    assert list(home.iterdir()) == [], "Bolt keeps no files of its own"


def test_the_program_does_not_start_with_a_key_that_does_not_fit(
    slack: SlackServer, library: Library, tmp_path: Path
) -> None:
    with many(slack, library, tmp_path) as bots:
        bots.install("T2")
        wrong = settings_of(slack, tmp_path, token_keys=(SecretStr(Fernet.generate_key().decode()),))
        with pytest.raises(SettingsError, match=r"workspace T2.*TOPICBOT_TOKEN_KEYS"):
            InstalledWorkspaces(wrong, library, bots.store).prepare()
