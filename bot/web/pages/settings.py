"""The settings as a page shows them: never a secret."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from bot.config import Settings, setting_name


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A setting's name in the environment, what it is for, and its value in words."""

    name: str
    description: str
    value: str


def shown_settings(settings: Settings) -> list[ShownSetting]:
    """Return every setting, with the value in use."""
    return [
        ShownSetting(setting_name(name), field.description or "", _shown(getattr(settings, name)))
        for name, field in Settings.model_fields.items()
    ]


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return (
            f"set ({len(value)})" if any(isinstance(one, SecretStr) for one in value) else ", ".join(value) or "–"
        )
    if isinstance(value, SecretStr):
        return "set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)
