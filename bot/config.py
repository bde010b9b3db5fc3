"""Settings from the environment and `.env`, read once, when a command starts."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from embeddings.errors import TopicbotError


class SettingsError(TopicbotError):
    """A setting, or the file `.env`, can't be used."""


class Settings(BaseSettings):
    """Every setting, with its default. The descriptions are those of README.md and `.env.example`."""

    model_config = SettingsConfigDict(
        env_prefix="TOPICBOT_", env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    data_dir: Path = Field(
        default_factory=lambda: user_data_path("topicbot"),
        description="Folder that holds the library: articles, vectors, index.",
    )
    embedding_model: str | None = Field(
        default=None,
        description="Another sentence-transformers model: a local folder or a hub name. Empty: the packaged one.",
    )

    @field_validator("data_dir", "embedding_model", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object, info: object) -> object:
        """A name with nothing behind it in `.env` means the default."""
        if value != "":
            return value
        return user_data_path("topicbot") if getattr(info, "field_name", "") == "data_dir" else None

    @field_validator("data_dir")
    @classmethod
    def _expand_home(cls, value: Path) -> Path:
        try:
            return value.expanduser()
        except RuntimeError as error:
            raise ValueError(f"{value}: there is no such home folder") from error


def read_settings() -> Settings:
    """The settings of this moment: the environment, then `.env`. Raises `SettingsError` naming what is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"TOPICBOT_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise SettingsError(f"A setting can't be used: {wrong}. See .env.example.") from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"The file .env can't be read: {error}. Save it as UTF-8, or remove it.") from error
