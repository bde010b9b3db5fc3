"""The data folder's lock: one `topicbot run` works with a folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.config import SettingsError

LOCK_FILE = "run.lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a second `topicbot run` off the folder: both would work off the same deliveries.

    Raises `SettingsError` when there is one already.
    """
    with (folder / LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SettingsError(
                f"Another `topicbot run` works with {folder}. End it first, or set another TOPICBOT_DATA_DIR."
            ) from error
        yield


def is_held(folder: Path) -> bool:
    """Whether a `topicbot run` works with the folder."""
    try:
        with (folder / LOCK_FILE).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
