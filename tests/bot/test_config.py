"""Settings from the environment and `.env`."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from bot.cli import app
from bot.config import FollowUps, Settings, SettingsError, explain, read_settings, setting_name, unknown_settings
from bot.operations.checks import examine_settings
from embeddings import StoreError


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and none of the settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(setting_name(name), raising=False)


def test_without_any_setting_nobody_but_members_is_answered() -> None:
    found = read_settings()
    assert (found.allow_guests, found.allow_strangers, found.admins, found.fetch_hosts) == (False, False, (), ())
    assert found.follow_ups is FollowUps.ASKER
    assert found.keep_questions_days == 30
    assert found.slack_api_url == "https://slack.com/api/"
    assert found.slack_bot_token is None
    assert found.embedding_model is None
    assert found.data_dir.is_absolute()


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(
        "# a comment\nTOPICBOT_KEEP_QUESTIONS_DAYS=7\nTOPICBOT_FOLLOW_UPS='all'\nTOPICBOT_ADMINS=U1,U2\n"
        "SLACK_BOT_TOKEN=xoxb-file\nSOMETHING_ELSE=1\nTOPICBOT_EMBEDDING_MODEL=\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("TOPICBOT_KEEP_QUESTIONS_DAYS", "9")
    found = read_settings()
    assert (found.keep_questions_days, found.follow_ups, found.admins) == (9, FollowUps.ALL, ("U1", "U2"))
    assert found.slack_bot_token is not None
    assert found.slack_bot_token.get_secret_value() == "xoxb-file"
    assert found.embedding_model is None


def test_what_is_set_to_nothing_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(setting_name(name), "")
    assert read_settings() == Settings()
    assert read_settings().slack_signing_secret is None


@pytest.mark.parametrize(
    ("written", "read"),
    [("U1", ("U1",)), ("U1,U2", ("U1", "U2")), (" U1 , ,U2, ", ("U1", "U2")), (",", ())],
)
@pytest.mark.parametrize("field", ["admins", "fetch_hosts"])
def test_lists_are_parted_by_commas(
    monkeypatch: pytest.MonkeyPatch, field: str, written: str, read: tuple[str, ...]
) -> None:
    monkeypatch.setenv(setting_name(field), written)
    assert getattr(read_settings(), field) == read


@pytest.mark.parametrize(
    "written", ["http://127.0.0.1:1/api", "http://127.0.0.1:1/api/", "http://127.0.0.1:1/api//"]
)
def test_slack_s_address_ends_with_one_slash(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("SLACK_API_URL", written)
    assert read_settings().slack_api_url == "http://127.0.0.1:1/api/"


def test_the_home_folder_is_meant_by_its_sign(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TOPICBOT_DATA_DIR", "~/library")
    assert read_settings().data_dir == tmp_path / "library"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOPICBOT_KEEP_QUESTIONS_DAYS", "0"),
        ("TOPICBOT_KEEP_QUESTIONS_DAYS", "many"),
        ("TOPICBOT_FOLLOW_UPS", "everyone"),
        ("TOPICBOT_ENCODER_BACKEND", "fp8"),
        ("TOPICBOT_ALLOW_GUESTS", "perhaps"),
        ("TOPICBOT_ALLOW_STRANGERS", "2"),
    ],
)
def test_a_setting_that_can_t_be_used_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name) as raised:
        read_settings()
    assert ".env.example" in str(raised.value)


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOPICBOT_KEEP_QUESTIONS_DAYS", "0")
    monkeypatch.setenv("TOPICBOT_FOLLOW_UPS", "everyone")
    with pytest.raises(SettingsError, match=r"TOPICBOT_FOLLOW_UPS.*TOPICBOT_KEEP_QUESTIONS_DAYS"):
        read_settings()


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, "top-secret")
    shown = read_settings()
    assert "top-secret" not in f"{shown!r} {shown} {shown.model_dump()} {shown.model_dump_json()}"
    monkeypatch.setenv("TOPICBOT_FOLLOW_UPS", "everyone")
    with pytest.raises(SettingsError) as raised:
        read_settings()
    assert "top-secret" not in f"{raised.value}"


def test_settings_stay_as_they_were_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read_settings().allow_guests = True


def test_a_misspelt_setting_is_named_with_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("TOPICBOT_DATADIR=x\ntopicbot_keep_names=1\n", encoding="utf-8")
    environment = {
        "TOPICBOT_REFRESH_SOURCE": "0",
        "TOPICBOT_XYZZY": "1",
        "TOPICBOT_ADMINS": "U1",
        "TOPICBOT_SERVICE_HOST": "10.0.0.1",
        "TOPICBOT_PORT": "tcp://10.0.0.1:3000",
        "TOPICBOT_PORT_3000_TCP_ADDR": "10.0.0.1",
        "PATH": "/bin",
    }
    assert [(one.name, one.nearest) for one in unknown_settings(environment, file)] == [
        ("TOPICBOT_DATADIR", "TOPICBOT_DATA_DIR"),
        ("TOPICBOT_REFRESH_SOURCE", "TOPICBOT_REFRESH_SOURCES"),
        ("TOPICBOT_XYZZY", None),
    ]


def test_a_misspelt_setting_is_said_at_start_and_by_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TOPICBOT_REFRESH_SOURCE", "0")
    started = CliRunner().invoke(app, ["run"])
    assert (
        "TOPICBOT_REFRESH_SOURCE is no setting of topicbot. Did you mean TOPICBOT_REFRESH_SOURCES?"
        in started.stderr
    )
    (check,) = (one for one in examine_settings(read_settings()) if one.name == "names")
    assert not check.ok
    assert "TOPICBOT_REFRESH_SOURCES" in check.finding


@pytest.mark.parametrize(
    ("argument", "setting"),
    [
        ("folder", "TOPICBOT_DATA_DIR"),
        ("database_url", "TOPICBOT_DATABASE_URL"),
        ("model", "TOPICBOT_EMBEDDING_MODEL"),
        ("backend", "TOPICBOT_ENCODER_BACKEND"),
    ],
)
def test_an_error_of_the_library_is_shown_with_the_setting_that_it_comes_from(argument: str, setting: str) -> None:
    assert explain(StoreError("It can't be opened.", argument=argument)) == (
        f"It can't be opened. The setting is {setting}."
    )
    assert explain(StoreError("The disk is full.")) == "The disk is full."
