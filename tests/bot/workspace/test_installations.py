"""Tokens of many workspaces: encrypted with the keys of the settings, renewed in time and by one at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from slack_sdk.oauth.installation_store import Bot

from bot.config import Settings, SettingsError
from bot.operations.checks import examine_settings, examine_slack, examine_work
from bot.resources import open_store
from bot.slack.client import web_client
from bot.slack.messages import SCOPES, SlackRefusedError, SlackUnavailableError
from bot.store import leases
from bot.workspace import store as installations
from bot.workspace.installations import Installations, NotInstalledError, TokenKeyError, TokenKeys
from embeddings.errors import StoreError
from embeddings.store.base import Database
from tests.slack_server import SlackServer
from tests.slack_server.installs import ROTATION_SECONDS
from tests.slack_server.world import Token

KEYS = [SecretStr(Fernet.generate_key().decode()) for _ in range(3)]


HOUR = timedelta(hours=1)


class Desk:
    """A store with installations, and a clock that the test moves with Slack's."""

    def __init__(self, slack: SlackServer, store: Database, folder: Path) -> None:
        self.slack, self.store, self.folder = slack, store, folder

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.slack.clock.now(), UTC)

    def settings(self, *keys: SecretStr, **more: Any) -> Settings:
        return Settings(
            data_dir=self.folder,
            slack_client_id=self.slack.client_id,
            slack_client_secret=SecretStr(self.slack.client_secret),
            slack_signing_secret=SecretStr(self.slack.signing_secret),
            slack_api_url=self.slack.api_url,
            token_keys=keys or (KEYS[0],),
            **more,
        )

    def kept(self, *keys: SecretStr) -> Installations:
        return Installations.of(self.settings(*keys), self.store, self.now)

    def install(self, team: str = "T1", *, rotating: bool = False) -> Installations:
        """Keep a token of this workspace's, one that expires or not."""
        workspace = self.slack.workspaces[team]
        given: dict[str, Any] = {"bot_token": workspace.bot_token}
        if rotating:
            self.slack.rotation = True
            expires = self.slack.clock.now() + ROTATION_SECONDS
            token = Token(f"xoxe.xoxb-{team}-0", team, expires, refresh=f"xoxe-1-{team}")
            self.slack.platform.world.tokens[token.value] = token
            given = {"bot_token": token.value, "bot_refresh_token": token.refresh}
            given["bot_token_expires_at"] = int(time.time() + ROTATION_SECONDS)
        kept = self.kept()
        kept.save_bot(
            Bot(
                team_id=team,
                bot_id=workspace.bot_id,
                bot_user_id=workspace.bot_user,
                bot_scopes=sorted(SCOPES),
                installed_at=0.0,
                **given,
            )
        )
        return kept

    def renewals(self) -> int:
        """How often Slack was asked for another token."""
        return len(self.slack.calls("oauth.v2.access"))


@pytest.fixture
def desk(slack: SlackServer, tmp_path: Path, database_url: str | None) -> Iterator[Desk]:
    """Both stores."""
    with closing(open_store(tmp_path, database_url)) as store:
        yield Desk(slack, store, tmp_path)


def sealed(desk: Desk, team: str = "T1") -> str:
    with desk.store.reading() as connection:
        found = installations.load(connection, team)
    assert found is not None
    assert found.sealed is not None
    return found.sealed


def test_what_is_stored_holds_no_token_and_comes_back_whole(desk: Desk) -> None:
    kept = desk.install(rotating=True)
    assert "xox" not in sealed(desk)
    found = kept.find_bot(team_id="T1")
    assert found is not None
    assert (found.bot_token, found.bot_refresh_token) == ("xoxe.xoxb-T1-0", "xoxe-1-T1")
    assert set(found.bot_scopes) == SCOPES
    assert kept.find_bot(team_id="T2") is None
    with pytest.raises(NotInstalledError):
        kept.fresh("T2")


def test_a_wrong_key_is_told_with_what_to_do_and_shows_nothing(desk: Desk) -> None:
    desk.install()
    with pytest.raises(TokenKeyError, match=r"workspace T1.*TOPICBOT_TOKEN_KEYS.*[Pp]ut the key back") as told:
        desk.kept(KEYS[1]).fresh("T1")
    assert "xoxb" not in str(told.value)
    assert KEYS[1].get_secret_value() not in str(told.value)
    with pytest.raises(TokenKeyError):
        desk.kept(KEYS[1]).reseal()


@pytest.mark.parametrize("key", ["", "short", "ü" * 32, "A" * 43])
def test_what_is_no_key_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(SettingsError, match=r"Fernet\.generate_key") as told:
        TokenKeys([SecretStr(key)] if key else [])
    assert not key or key not in str(told.value)


def test_keys_change_without_anybody_installing_again(desk: Desk) -> None:
    desk.install("T1")
    desk.install("T2")
    both = desk.kept(KEYS[1], KEYS[0])
    assert both.fresh("T1").bot_token == "xoxb-T1", "the old key still decrypts"
    assert both.reseal() == 2
    assert both.reseal() == 0
    assert [desk.kept(KEYS[1]).fresh(team).bot_token for team in ("T1", "T2")] == ["xoxb-T1", "xoxb-T2"]
    with pytest.raises(TokenKeyError):
        desk.kept(KEYS[0]).fresh("T1")


def test_tokens_that_one_key_does_not_fit_are_all_left_as_they_were(desk: Desk) -> None:
    desk.install("T1")
    odd = TokenKeys([KEYS[2]]).seal("T2", {"token": "xoxb-T2", "refresh_token": None})
    desk.install("T2")
    with desk.store.writing() as connection:
        known = installations.load(connection, "T2")
        assert known is not None
        installations.reseal(connection, known, odd, None)
    before = sealed(desk, "T1")
    with pytest.raises(TokenKeyError, match="T2"):
        desk.kept(KEYS[1], KEYS[0]).reseal()
    assert sealed(desk, "T1") == before


def test_tokens_put_into_another_workspace_s_row_are_of_no_use(desk: Desk) -> None:
    desk.install("T1")
    kept = desk.install("T2")
    with desk.store.writing() as connection:
        mine = installations.load(connection, "T1")
        assert mine is not None
        installations.reseal(connection, mine, sealed(desk, "T2"), None)
    with pytest.raises(TokenKeyError, match="T1"):
        kept.fresh("T1")


def test_a_token_is_renewed_two_hours_before_it_expires(desk: Desk) -> None:
    kept = desk.install(rotating=True)
    desk.slack.clock.advance(ROTATION_SECONDS - 2 * 3600 - 60)
    assert not kept.renew("T1")
    desk.slack.clock.advance(120)
    assert kept.renew("T1")
    first = kept.fresh("T1")
    assert first.bot_token != "xoxe.xoxb-T1-0"
    assert not kept.renew("T1"), "it is good for another twelve hours"
    desk.slack.clock.advance(ROTATION_SECONDS - 3600)
    assert kept.renew("T1"), "with the refresh token that came along"
    assert kept.fresh("T1").bot_token != first.bot_token
    assert desk.renewals() == 2


def test_a_token_that_expired_while_nobody_looked_is_renewed_when_it_is_needed(desk: Desk) -> None:
    kept = desk.install(rotating=True)
    desk.slack.clock.advance(ROTATION_SECONDS + 3600)
    assert kept.fresh("T1").bot_token != "xoxe.xoxb-T1-0"


def test_a_token_that_does_not_expire_is_left_alone(desk: Desk) -> None:
    kept = desk.install()
    desk.slack.clock.advance(1e8)
    assert not kept.renew("T1")
    assert kept.fresh("T1").bot_token == "xoxb-T1"


def test_of_many_that_would_renew_one_does(desk: Desk) -> None:
    """Each has connections of its own, as another process would."""
    desk.install(rotating=True)
    desk.slack.clock.advance(ROTATION_SECONDS - 3600)
    desk.slack.slow("oauth.v2.access", 0.3)
    begin, renewed, failed = threading.Barrier(6), list[bool](), list[Exception]()

    def renew() -> None:
        try:
            with closing(open_store(desk.folder, url_of(desk))) as own:
                kept = Installations.of(desk.settings(), own, desk.now)
                begin.wait()
                renewed.append(kept.renew("T1"))
        except Exception as error:  # told below
            failed.append(error)

    threads = [threading.Thread(target=renew) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(renewed) == [False] * 5 + [True]
    assert desk.renewals() == 1
    assert desk.kept().fresh("T1").bot_token in desk.slack.platform.world.tokens


def url_of(desk: Desk) -> str | None:
    """The address of the desk's database, if it is in PostgreSQL."""
    with desk.store.reading() as connection:
        engine = connection.engine
    return None if engine.dialect.name == "sqlite" else engine.url.render_as_string(hide_password=False)


def test_while_another_process_renews_an_expired_token_work_waits(desk: Desk) -> None:
    kept = desk.install(rotating=True)
    desk.slack.clock.advance(ROTATION_SECONDS + 60)
    with desk.store.writing() as connection:
        leases.acquire(connection, "token T1", "another", desk.now(), HOUR)
    with pytest.raises(SlackUnavailableError):
        kept.fresh("T1")
    desk.slack.clock.advance(3700)
    assert kept.fresh("T1").bot_token != "xoxe.xoxb-T1-0", "that process has died"


def test_what_slack_does_not_renew_is_told_and_the_others_go_on(desk: Desk) -> None:
    kept = desk.install(rotating=True)
    desk.slack.clock.advance(ROTATION_SECONDS - 3600)
    desk.slack.fail("oauth.v2.access", error="invalid_refresh_token")
    with pytest.raises(SlackRefusedError, match=r"T1 \(invalid_refresh_token\)") as told:
        kept.renew("T1")
    assert "xox" not in f"{told.value!r}{told.value.__cause__!r}"
    desk.slack.fail("oauth.v2.access", status=503)
    with pytest.raises(SlackUnavailableError):
        kept.renew("T1")
    assert kept.fresh("T1").bot_token == "xoxe.xoxb-T1-0", "good for an hour yet"
    assert kept.renew("T1")


class Died(BaseException):
    """The process ended."""


def test_a_death_after_slack_has_renewed_a_token_leaves_the_old_one_until_it_expires(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> bool:
        raise Died

    kept = desk.install(rotating=True)
    desk.slack.clock.advance(ROTATION_SECONDS - 3600)
    with monkeypatch.context() as patch:
        patch.setattr(installations, "reseal", die)
        with pytest.raises(Died):
            kept.renew("T1")
    after = desk.kept()
    with pytest.raises(SlackRefusedError, match="serves until then"):
        after.renew("T1")
    assert after.fresh("T1").bot_token == "xoxe.xoxb-T1-0"
    checks = {one.name: one for one in examine_work(desk.settings(), desk.store, [], desk.now())}
    assert not checks["installations"].ok
    assert "not renewed in time, and expiring within two hours: T1" in checks["installations"].finding
    desk.slack.clock.advance(3600 - 30)
    last = after.fresh("T1").bot_token
    assert web_client(last, desk.slack.api_url).auth_test()["team_id"] == "T1", "Slack takes it to its last second"
    desk.slack.clock.advance(60)
    with pytest.raises(SlackRefusedError, match="installed again"):
        after.fresh("T1")


def test_a_token_that_the_database_did_not_take_is_written_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bool:
        raise StoreError("The disk is full.")

    kept = desk.install(rotating=True)
    desk.slack.clock.advance(ROTATION_SECONDS - 3600)
    with monkeypatch.context() as patch:
        patch.setattr(installations, "reseal", full)
        with pytest.raises(StoreError):
            kept.renew("T1")
    assert kept.renew("T1")
    assert desk.renewals() == 1, "Slack takes a refresh token once"
    assert desk.kept().fresh("T1").bot_token != "xoxe.xoxb-T1-0"


def test_a_token_that_comes_by_a_new_installation_meanwhile_stays(desk: Desk) -> None:
    kept = desk.install(rotating=True)
    with desk.store.reading() as connection:
        old = installations.load(connection, "T1")
    assert old is not None
    desk.install()
    with desk.store.writing() as connection:
        assert not installations.reseal(connection, old, "late", None)
    assert kept.fresh("T1").bot_token == desk.slack.workspaces["T1"].bot_token


def test_a_change_of_keys_while_slack_renews_a_token_loses_neither(desk: Desk) -> None:
    kept = desk.install(rotating=True)
    desk.slack.clock.advance(ROTATION_SECONDS - 3600)
    desk.slack.slow("oauth.v2.access", 0.5)
    renewing = threading.Thread(target=kept.renew, args=("T1",))
    renewing.start()
    desk.slack.wait_for(desk.renewals, what="Slack to be asked")
    assert desk.kept(KEYS[1], KEYS[0]).reseal() == 1
    renewing.join()
    assert desk.kept(KEYS[1], KEYS[0]).fresh("T1").bot_token != "xoxe.xoxb-T1-0"


def test_who_has_uninstalled_has_no_token_and_a_late_word_of_it_changes_nothing(desk: Desk) -> None:
    kept = desk.install()
    left = desk.now()
    assert kept.remove("T1", left) == 0
    assert kept.remove("T1", left) is None
    assert (kept.teams(), kept.find_bot(team_id="T1")) == ([], None)
    desk.slack.clock.advance(60)
    desk.install()
    assert kept.remove("T1", left) is None, "Slack tells it once more, after they have come back"
    assert kept.teams() == ["T1"]


def test_doctor_looks_at_keys_expiry_and_scopes(desk: Desk) -> None:
    def found(*keys: SecretStr, moved: timedelta = timedelta(0)) -> tuple[bool, str]:
        checks = examine_work(desk.settings(*keys), desk.store, [], desk.now() + moved)
        return next((one.ok, one.finding) for one in checks if one.name == "installations")

    assert found() == (True, "0 workspaces, every token can be decrypted")
    desk.install(rotating=True)
    assert found() == (True, "1 workspaces, every token can be decrypted")
    assert "T1" in found(KEYS[1])[1]
    assert not found(KEYS[1])[0]
    assert found(moved=timedelta(hours=13)) == (
        False,
        "1 workspaces, every token can be decrypted; expired: T1; lacking scopes: none",
    )
    with desk.store.writing() as connection:
        known = installations.load(connection, "T1")
        assert known is not None
        installations.save(connection, replace(known, scopes=("commands",)))
    assert "lacking scopes: T1" in found()[1]


def test_doctor_looks_at_the_settings_and_asks_slack_about_every_token(desk: Desk) -> None:
    def checked(**more: Any) -> tuple[bool, str]:
        given = {check.name: check for check in examine_settings(desk.settings(**more))}["settings"]
        return given.ok, given.finding

    assert checked() == (True, "there for many workspaces, with --http")
    assert checked(slack_bot_token=SecretStr("xoxb-1")) == (True, "there for --http")
    desk.install("T1")
    desk.install("T2")
    assert examine_slack(desk.settings(), desk.store).finding == "takes the tokens of 2 of 2 workspaces"
    desk.slack.uninstall("T2")
    refused = examine_slack(desk.settings(), desk.store)
    assert (refused.ok, "T2 (account_inactive)" in refused.finding) == (False, True)
