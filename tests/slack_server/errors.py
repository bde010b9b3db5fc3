"""How the stand-in says no."""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """An `{"ok": false}` answer: its error, further keys, and `messages` for `response_metadata`."""

    def __init__(self, error: str, messages: list[str] | None = None, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages or []
        self.more = more

    @property
    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        body = {"ok": False, "error": self.error, **self.more}
        return body | ({"response_metadata": {"messages": self.messages}} if self.messages else {})
