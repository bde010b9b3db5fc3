"""Settings from the environment and `.env`, read once, when a command starts."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.locale.texts import LANGUAGES
from embeddings.encoding.backends.base import BackendName
from embeddings.errors import TopicbotError


class SettingsError(TopicbotError):
    """A setting, or the file `.env`, can't be used."""


_SETTING_OF = {
    "folder": "data_dir",
    "database_url": "database_url",
    "model": "embedding_model",
    "backend": "encoder_backend",
}
"""The setting that each argument of the library and its encoder comes from."""


def explain(error: TopicbotError) -> str:
    """Return the error's message, with the name of the setting that has to change, if one has."""
    field = _SETTING_OF.get(error.argument or "")
    return f"{error} The setting is {setting_name(field)}." if field else str(error)


class FollowUps(StrEnum):
    """Which messages in a thread that the bot answered are taken as questions to it."""

    MENTION = "mention"
    ASKER = "asker"
    ALL = "all"


class Settings(BaseSettings):
    """Every setting, with its default. The descriptions are those of README.md and `.env.example`."""

    model_config = SettingsConfigDict(
        env_prefix="TOPICBOT_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    data_dir: Path = Field(
        default_factory=lambda: user_data_path("topicbot"),
        description="Folder that holds everything: articles, vectors, index, and what the Slack app remembers.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="A PostgreSQL database that keeps everything instead, for several machines: "
        "postgresql+psycopg://user:password@host/name.",
    )
    embedding_model: str | None = Field(
        default=None,
        description="Another sentence-transformers model: a local folder or a hub name; or multilingual "
        "(an extra). Empty: the packaged one, for English.",
    )

    encoder_backend: BackendName = Field(
        default=BackendName.AUTO,
        description="What computes the vectors: auto (the fastest here), fp32, bf16 or openvino.",
    )
    model_cache: Path | None = Field(
        default=None,
        description="Folder for converted models, which several data folders may share. Empty: models in the "
        "data folder.",
    )

    reranker: str | None = Field(
        default=None,
        description="A sentence-transformers CrossEncoder that scores the best sentences again: a local folder or "
        "a hub name. Empty: none; each question takes longer, at most a second.",
    )

    slack_bot_token: SecretStr | None = Field(
        default=None,
        validation_alias="SLACK_BOT_TOKEN",
        description="The bot's token, xoxb-…: in your app's pages under OAuth & Permissions.",
    )
    slack_app_token: SecretStr | None = Field(
        default=None,
        validation_alias="SLACK_APP_TOKEN",
        description="The app-level token, xapp-…, for Socket Mode: under Basic Information, App-Level Tokens.",
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None,
        validation_alias="SLACK_SIGNING_SECRET",
        description="The signing secret, for `run --http` only: under Basic Information, App Credentials.",
    )
    slack_client_id: str | None = Field(
        default=None,
        validation_alias="SLACK_CLIENT_ID",
        description="The app's client id, to sign in to the pages with Slack, and for many workspaces (no "
        "SLACK_BOT_TOKEN then): under Basic Information, App Credentials.",
    )
    slack_client_secret: SecretStr | None = Field(
        default=None,
        validation_alias="SLACK_CLIENT_SECRET",
        description="The app's client secret: in the same place.",
    )
    token_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="Keys, parted by commas, that the tokens of many workspaces are encrypted with: the first "
        "encrypts, each decrypts.",
    )
    public_url: str | None = Field(
        default=None,
        description="The bot's public address, https://…, where Slack leads back to after an installation (needed "
        "when the app lists several redirect URLs) and after signing in (needed). Citations of articles without a "
        "web address lead to its pages.",
    )
    purge_uninstalled_days: int = Field(
        default=30,
        ge=0,
        description="How many days after the app was uninstalled everything of that workspace is purged.",
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/",
        validation_alias="SLACK_API_URL",
        description="Where Slack's Web API is; another address for a test server.",
    )
    admins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="User ids, parted by commas, who may add, remove and bind like workspace admins.",
    )
    follow_ups: FollowUps = Field(
        default=FollowUps.ASKER,
        description="Who needs no second mention in a thread that was answered: mention (nobody), asker or all.",
    )
    locale: str = Field(
        default="en",
        description="The language of what is posted to channels, which many read: en, de, es or fr. Windows, "
        "direct messages and answers to one person follow their own in Slack.",
    )
    allow_guests: bool = Field(default=False, description="Whether guests of the workspace get answers.")
    allow_strangers: bool = Field(
        default=False, description="Whether people of other workspaces (Slack Connect) get answers."
    )
    slackbot: bool = Field(
        default=False,
        description="Whether the workspace has Slackbot's AI; answers then offer to be worded by Slackbot.",
    )
    fetch_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Hosts in your own network, parted by commas, that pages may be fetched from.",
    )
    merge_copies: bool = Field(
        default=True,
        description="Whether the same text at two web addresses is one article with two links; false keeps both.",
    )
    refresh_sources: bool = Field(
        default=True,
        description="Whether `topicbot run` checks feeds by itself; otherwise `topicbot sources refresh` does.",
    )
    group_stories: bool = Field(
        default=True, description="Whether articles of the same event are one story; false keeps them apart."
    )
    digest_late_hours: int = Field(
        default=12, ge=0, description="How many hours late a digest that was missed is still posted."
    )
    list_gaps: bool = Field(default=True, description="Whether admins see what people asked that found nothing.")
    learning: bool = Field(
        default=False,
        description="Whether votes (Helpful, Not helpful) move the confidence that an answer in Slack needs, by "
        "at most .05 either way; see docs/retrieval.md.",
    )
    keep_names: bool = Field(
        default=False, description="Whether questions are kept with the user id of who asked; else with a digest."
    )
    keep_questions_days: int = Field(
        default=30, ge=1, description="How many days questions are kept, for feedback and the list of gaps."
    )

    operations_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port for /healthz, /readyz and /metrics while `topicbot run` runs; 0 or empty: none.",
    )
    operations_host: str = Field(
        default="127.0.0.1",
        description="Address that this port is opened at; 0.0.0.0 inside a container. It asks for no password.",
    )

    @property
    def database(self) -> str | None:
        """The address of the PostgreSQL database, password and all; `None` for files in the data folder."""
        return self.database_url.get_secret_value() if self.database_url else None

    @property
    def models_folder(self) -> Path:
        """Where converted models are kept for the next start."""
        return self.model_cache or self.data_dir / "models"

    @property
    def many_workspaces(self) -> bool:
        """Whether workspaces install the app by themselves (OAuth), rather than one by `SLACK_BOT_TOKEN`."""
        has_client = self.slack_client_id is not None or self.slack_client_secret is not None
        return has_client and self.slack_bot_token is None

    @property
    def signs_in(self) -> bool:
        """Whether people can sign in to the pages with Slack."""
        return None not in (self.slack_client_id, self.slack_client_secret, self.public_url)

    @field_validator("data_dir")
    @classmethod
    def _expand_home(cls, value: Path) -> Path:
        try:
            return value.expanduser()
        except RuntimeError as error:
            raise ValueError(f"{value}: there is no such home folder") from error

    @field_validator("admins", "fetch_hosts", "token_keys", mode="before")
    @classmethod
    def _by_commas(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
        )

    @field_validator("locale")
    @classmethod
    def _has_catalogue(cls, value: str) -> str:
        if value.casefold() not in LANGUAGES:
            raise ValueError(f"{value}: there is no such catalogue, but {', '.join(LANGUAGES)}")
        return value.casefold()

    @field_validator("slack_api_url", "public_url")
    @classmethod
    def _ends_with_slash(cls, value: str | None) -> str | None:
        return value if value is None else value.rstrip("/") + "/"


def setting_name(field: str) -> str:
    """Return the name of a setting's field in the environment."""
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"TOPICBOT_{field.upper()}"


def read_settings() -> Settings:
    """Return the settings of this moment: the environment, then `.env`. Raises `SettingsError` naming what is
    wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"{_told(str(one['loc'][0]))}: {one['msg']}" for one in error.errors())
        raise SettingsError(f"A setting can't be used: {wrong}. See .env.example.") from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"The file .env can't be read: {error}. Save it as UTF-8, or remove it.") from error


@dataclass(frozen=True, slots=True)
class UnknownSetting:
    """A name like a setting's that is none, and the nearest setting, if one is near."""

    name: str
    nearest: str | None

    def __str__(self) -> str:
        meant = f" Did you mean {self.nearest}?" if self.nearest else ""
        return f"{self.name} is no setting of topicbot.{meant}"


def unknown_settings(
    environment: Mapping[str, str] = os.environ, file: Path = Path(".env")
) -> list[UnknownSetting]:
    """Return the names that begin with TOPICBOT_, in the environment and `.env`, and that no setting has."""
    try:
        written = dotenv_values(file, encoding="utf-8") if file.is_file() else {}
    except (OSError, ValueError):
        written = {}  # `read_settings` says so
    known = {
        setting_name(field).removeprefix(_PREFIX): setting_name(field) for field in sorted(Settings.model_fields)
    }
    given = {**written, **environment}
    names = sorted(
        {name.upper() for name, value in given.items() if not _is_service_link(name.upper(), value or "")}
    )
    wrong = [name for name in names if name.startswith(_PREFIX) and name not in known.values()]
    return [UnknownSetting(name, _nearest(name.removeprefix(_PREFIX), known)) for name in wrong]


def _nearest(name: str, known: Mapping[str, str]) -> str | None:
    """Return the setting whose name without its prefix, which all share, is most like this one."""
    return next((known[one] for one in get_close_matches(name, known, n=1)), None)


def _is_service_link(name: str, value: str) -> bool:
    """Return whether Kubernetes made this variable, for a service that is called topicbot."""
    return _SERVICE_LINK.search(name) is not None or value.startswith(("tcp://", "udp://"))


_PREFIX = "TOPICBOT_"
_SERVICE_LINK = re.compile(r"_SERVICE_(HOST|PORT)(_|$)|_PORT_\d+_(TCP|UDP)(_|$)")


def _told(place: str) -> str:
    """Return the name of the setting that pydantic calls by its field or by its alias."""
    return setting_name(place) if place in Settings.model_fields else place
