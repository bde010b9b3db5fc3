"""What PostgreSQL's errors mean in words, and which of them pass by themselves."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from embeddings.errors import StoreAwayError, StoreError
from embeddings.store.database import busy

_SETTING = "TOPICBOT_DATABASE_URL"
_LASTING = (
    "authentication failed",
    "does not exist",
    "no pg_hba.conf entry",
    "is not permitted to log in",
    "permission denied",
    "no password supplied",
    "invalid",
)
"""Parts of what a server says that refuses a connection for good; it gives no code for these."""

_MESSAGES = {
    "53100": "The disk of the database server is full ({name}). Make room there and run the same command again.",
    "53200": "The database server is out of memory ({name}). Give it more, or try again later.",
    "25006": "{name} is a copy that can only be read. Let " + _SETTING + " name the primary server.",
    "58030": "The database server can't read or write its disk ({name}): {reason}. Look at the server's log.",
    "22021": "A text holds a character that PostgreSQL can't keep: {reason}. Take it out and add the text again.",
    "42P07": "{name} has tables of another program: {reason}. Let " + _SETTING + " name a database of its own.",
    "42501": "The database user may not do this in {name}: {reason}. Let the owner of the tables run `topicbot "
    "migrate`, or grant the user all rights on them.",
}
_BUSY = ("55P03", "40001", "40P01")
_LOST = ("57P01", "57P02", "57P03", "08000", "08003", "08006")


def passes(error: DBAPIError) -> bool:
    """Whether a connection that failed so may work in a while: the server is down, starting, or full."""
    return not any(part in str(error.orig) for part in _LASTING)


def refusal(name: str, error: DBAPIError) -> StoreError:
    """The driver's error in words: what is wrong with the database called `name`, and what to do."""
    code, reason = getattr(error.orig, "sqlstate", None), _first_line(error)
    if code in _BUSY:
        return busy(name)
    if "CREATE EXTENSION" in (error.statement or ""):
        return StoreError(
            f"The extension pgvector can't be created in {name}: {reason}. Install pgvector 0.8.4 or newer on the "
            "server, and let an administrator run CREATE EXTENSION vector; in this database."
        )
    if code in _MESSAGES:
        return StoreError(_MESSAGES[code].format(name=name, reason=reason))
    if code in _LOST or error.connection_invalidated:
        return StoreAwayError(
            f"The connection to {name} was lost ({reason}). Nothing of what was being written is kept. Try again."
        )
    if code is None:
        return _unreachable(name, reason)
    return StoreError(f"The database {name} failed: {reason}. Look at the server's log.")


def _unreachable(name: str, reason: str) -> StoreError:
    if "authentication failed" in reason or "no password supplied" in reason:
        return StoreError(f"{name} refuses the user or the password ({reason}). Correct {_SETTING}.")
    if any(part in reason for part in _LASTING):
        return StoreError(f"{name} can't be used: {reason}. Correct {_SETTING}, or what it names on the server.")
    return StoreAwayError(f"{name} can't be reached: {reason}. Check that the server runs, and {_SETTING}.")


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).strip() or type(error.orig).__name__).splitlines()[0].rstrip(".")
