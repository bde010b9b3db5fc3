"""Who may ask and who may manage, by what Slack says of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.config import Settings
from bot.slack.client import web_client
from bot.slack.people import People, Person
from tests.slack_server import SlackServer

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def client(slack: SlackServer) -> WebClient:
    """The bot of Acme."""
    return web_client(slack.workspaces["T1"].bot_token, slack.api_url)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def look_up(client: WebClient, user: str) -> Person:
    return People("T1", lambda: NOON).person(client, user)


@pytest.mark.parametrize(
    ("user", "may_ask", "may_manage"),
    [
        ("UANN", True, False),
        ("UADA", True, True),
        ("UOWN", True, True),
        ("UGUS", False, False),  # a guest
        ("UULT", False, False),  # a guest of one channel
        ("USAM", False, False),  # of another workspace
        ("UBOT1", False, False),
        ("UNOBODY", False, False),
        ("UZOE", False, False),  # of a workspace that this bot's token does not open
    ],
)
def test_members_ask_and_admins_manage(client: WebClient, user: str, may_ask: bool, may_manage: bool) -> None:
    person, settings = look_up(client, user), Settings()
    assert person.id == user
    assert (person.may_ask(settings), person.may_manage(settings)) == (may_ask, may_manage)


@pytest.mark.parametrize(
    ("setting", "allowed"), [("allow_guests", {"UGUS", "UULT"}), ("allow_strangers", {"USAM"})]
)
def test_a_setting_lets_others_ask_but_never_manage(client: WebClient, setting: str, allowed: set[str]) -> None:
    chosen: dict[str, Any] = {setting: True}
    settings = Settings(**chosen)
    people = [look_up(client, user) for user in ("UGUS", "UULT", "USAM", "UBOT1", "UNOBODY")]
    assert {one.id for one in people if one.may_ask(settings)} == allowed
    assert not any(one.may_manage(settings) for one in people)


def test_listed_people_manage_if_they_are_members(client: WebClient) -> None:
    listed = ("UANN", "UGUS", "UULT", "USAM", "UBOT1", "UNOBODY")
    settings = Settings(admins=listed, allow_guests=True, allow_strangers=True)
    assert [user for user in listed if look_up(client, user).may_manage(settings)] == ["UANN"]
    assert not look_up(client, "UBOB").may_manage(settings)


@pytest.mark.parametrize(
    "flags",
    [
        {"deleted": True, "is_admin": True},
        {"is_bot": True, "is_admin": True},
        {"team_id": "T9", "is_admin": True},  # not marked as a stranger, but at home elsewhere
        {"team_id": "T9", "is_stranger": True, "is_owner": True},
        {"is_restricted": True, "is_admin": True},
    ],
)
def test_an_admin_s_flag_is_worth_nothing_beside_these(
    slack: SlackServer, client: WebClient, flags: dict[str, Any]
) -> None:
    slack.add_user("T1", "UODD", **flags)
    person = look_up(client, "UODD")
    assert not person.may_manage(Settings(admins=("UODD",)))
    assert not person.may_ask(Settings())


def test_a_guest_of_another_workspace_is_a_stranger_first(slack: SlackServer, client: WebClient) -> None:
    slack.add_user("T1", "UFAR", team_id="T9", is_stranger=True, is_restricted=True)
    assert not look_up(client, "UFAR").may_ask(Settings(allow_guests=True))


@pytest.mark.parametrize("error", ["user_not_found", "user_not_visible", "missing_scope"])
def test_whom_slack_does_not_tell_about_may_do_nothing(slack: SlackServer, client: WebClient, error: str) -> None:
    slack.fail("users.info", error=error)
    person = look_up(client, "UADA")
    settings = Settings(admins=("UADA",), allow_guests=True, allow_strangers=True)
    assert not person.may_ask(settings)
    assert not person.may_manage(settings)


def test_without_the_scope_nobody_is_known(slack: SlackServer, client: WebClient) -> None:
    slack.workspaces["T1"].scopes.discard("users:read")
    assert not look_up(client, "UADA").may_ask(Settings())


def test_slack_is_asked_once_in_ten_minutes(slack: SlackServer, client: WebClient) -> None:
    now = NOON
    people = People("T1", lambda: now)
    assert not people.person(client, "UANN").is_admin
    slack.workspaces["T1"].users["UANN"].is_admin = True
    now = NOON + timedelta(minutes=9, seconds=59)
    assert not people.person(client, "UANN").is_admin
    assert people.person(client, "UADA").is_admin
    assert [call.args["user"] for call in slack.calls("users.info")] == ["UANN", "UADA"]
    now = NOON + timedelta(minutes=10)
    assert people.person(client, "UANN").is_admin
    assert people.person(client, "UANN").may_manage(Settings())
    assert len(slack.calls("users.info")) == 3


def test_that_slack_is_not_there_is_raised_and_not_remembered(slack: SlackServer, client: WebClient) -> None:
    people = People("T1", lambda: NOON)
    slack.fail("users.info", status=500)
    with pytest.raises(SlackApiError):
        people.person(client, "UANN")
    slack.fail("users.info", drop="before")
    with pytest.raises(ConnectionError):
        people.person(client, "UANN")
    assert people.person(client, "UANN").may_ask(Settings())


def test_who_is_not_seen_any_more_is_forgotten(client: WebClient) -> None:
    moments = [NOON]
    people = People("T1", lambda: moments[-1])
    people.person(client, "UANN")
    moments.append(NOON + timedelta(minutes=11))
    people.person(client, "UADA")
    assert len(people._known) == 1


def test_a_member_of_several_workspaces_of_an_organisation_is_a_stranger_in_none_of_them(
    slack: SlackServer, client: WebClient
) -> None:
    slack.workspaces["T1"].add_user("WGRI", team_id="T9", teams=["T9", "T1"])
    slack.workspaces["T1"].add_user("WELS", team_id="T9", teams=["T9", "T8"])
    people = People("T1", lambda: datetime.now(UTC))
    assert [people.person(client, one).is_stranger for one in ("WGRI", "WELS")] == [False, True]
