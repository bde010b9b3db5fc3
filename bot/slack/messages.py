"""Post, update and reply in Slack."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from http.client import HTTPException
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

import httpx
from cachetools import TTLCache
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient

from bot.slack.client import TIMEOUT, counting
from bot.slack.text import Message, without_tables
from embeddings.errors import SourceError, StoreAwayError, StoreBusyError, TopicbotError
from embeddings.web.downloader import MAX_BYTES

SCOPES = frozenset(
    """
    app_mentions:read assistant:write channels:history channels:read chat:write commands files:read groups:history
    groups:read im:history im:write mpim:history reactions:write users:read
    """.split()
)
"""The bot token's scopes; the manifest asks for the same, and a test holds the two equal."""

GONE = frozenset("channel_not_found is_archived not_in_channel restricted_action".split())
"""What Slack says of a channel that was deleted or archived, or that the bot is not in."""

UNINSTALLED = frozenset("account_inactive token_revoked".split())
"""What Slack says to the token of an app that was uninstalled."""

METADATA = "topicbot_message"
"""The metadata type of the bot's messages; its payload names what the message answers."""

_FILE_SECONDS = 60
_LOOK_BACK, _MEMBERS = 200, 1000
_SERVER_ERROR = 500
_TOO_MANY = 429
_NOT_FOUND, _GONE = 404, 410
_OK, _BAD_REQUEST = 200, 400

_TRANSIENT = frozenset(
    "ratelimited internal_error fatal_error service_unavailable request_timeout team_added_to_org".split()
)


class SlackRefusedError(TopicbotError):
    """Slack does not take the token, or the token lacks scopes."""


class ReplyRefusedError(TopicbotError):
    """Slack does not take a reply for what it holds: a defect of ours."""


class ReplyExpiredError(TopicbotError):
    """A slash command or a button can no longer be replied to: Slack allows 30 minutes."""


class DeliveryLostError(ReplyExpiredError):
    """Another process works on the delivery by now: nothing more is said from here."""


class SlackUnavailableError(TopicbotError):
    """Slack could not take a reply just now. `retry_after` is in seconds, `None` when Slack named no time."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(f"Slack can't be reached just now ({reason}).")
        self.retry_after = retry_after


def retry_after(error: BaseException) -> float | None:
    """Seconds until another try may succeed, 0 when Slack named none; `None` when trying again is no use."""
    if isinstance(error, SlackUnavailableError):
        return error.retry_after or 0.0
    if isinstance(error, SlackApiError):
        status = getattr(error.response, "status_code", 0)
        named = header(getattr(error.response, "headers", None) or {}, "retry-after")
        if status == _TOO_MANY or error.response.get("error") in _TRANSIENT or status >= _SERVER_ERROR:
            return float(named or 0)
        return None
    return 0.0 if isinstance(error, OSError | HTTPException | StoreBusyError | StoreAwayError) else None


def header(headers: Mapping[str, Any], wanted: str) -> str | None:
    """Return a response's header, whatever the case of its name; `wanted` is in lower case."""
    found = next((value for name, value in headers.items() if name.lower() == wanted), None)
    return found[0] if isinstance(found, list) else found


def post(
    client: WebClient,
    channel: str,
    message: Message,
    key: str,
    *,
    thread: str | None,
    again: bool = False,
    since: datetime | None = None,
) -> str:
    """Post a message as the answer to `key`; return its `ts`.

    With `again` set, an earlier try may have reached Slack: the thread, or the channel, is searched for its
    metadata first, and what is there is not posted a second time. A channel is searched back to `since`, or
    without it only among its newest messages.
    """
    if again and (there := _posted(client, channel, key, thread, since)):
        return there
    posted = _with_tables_or_lines(
        client.chat_postMessage,
        message,
        channel=channel,
        thread_ts=thread,
        metadata={"event_type": METADATA, "event_payload": {"key": key}},
        unfurl_links=False,
        unfurl_media=False,
    )
    return str(posted["ts"])


def _with_tables_or_lines(
    method: Callable[..., SlackResponse], message: Message, **arguments: Any
) -> SlackResponse:
    """Send the message; where Slack takes no table or chart in it, with lines of text in the table's place."""
    try:
        return method(text=message.text, blocks=message.blocks, **arguments)
    except SlackApiError as error:
        lines = without_tables(message.blocks)
        if error.response.get("error") != "invalid_blocks" or lines == message.blocks:
            raise
        return method(text=message.text, blocks=lines, **arguments)


def update(client: WebClient, channel: str, ts: str, message: Message) -> None:
    """Change a message of the bot's."""
    _with_tables_or_lines(client.chat_update, message, channel=channel, ts=ts)


def written_in(client: WebClient, channel: str, ts: str, user: str) -> str:
    """Return Slack's text of a message that the person wrote; empty when it is gone or somebody else's."""
    try:
        found = client.conversations_replies(channel=channel, ts=ts, limit=1)["messages"]
    except SlackApiError as error:
        if error.response.get("error") not in ("thread_not_found", *GONE):
            raise
        return ""
    return next((str(one.get("text") or "") for one in found if (one["ts"], one.get("user")) == (ts, user)), "")


def file_of(client: WebClient, file_id: str) -> dict[str, Any]:
    """Return what Slack says now of a file that was shared. Raises `SourceError` when it is no longer there."""
    try:
        return dict(client.files_info(file=file_id)["file"])
    except SlackApiError as error:
        if error.response.get("error") not in ("file_not_found", "file_deleted", "access_denied", "not_visible"):
            raise
        raise SourceError("The file", "is no longer in Slack. Share it again.") from error


def remove(client: WebClient, channel: str, ts: str) -> None:
    """Delete a message of the bot's; one that is gone already is no error."""
    try:
        client.chat_delete(channel=channel, ts=ts)
    except SlackApiError as error:
        if error.response.get("error") not in ("message_not_found", *GONE):
            raise


def download(client: WebClient, file: Mapping[str, Any]) -> bytes:
    """Return what a file that was shared in Slack holds.

    The bot's token goes along, so only Slack itself is asked: a shared link to a file elsewhere is refused.
    Raises `SourceError` when the file is not Slack's own, too large, or can't be fetched.
    """
    name, url = str(file.get("name") or "the file"), str(file.get("url_private_download") or "")
    try:
        place, own = urlsplit(url), urlsplit(client.base_url)
    except ValueError as error:
        raise SourceError(name, "is not kept in Slack. Upload the file itself.") from error
    is_slack = place.scheme == "https" and str(place.hostname).endswith(".slack.com")
    if file.get("is_external") or not (is_slack or (place.scheme, place.netloc) == (own.scheme, own.netloc)):
        raise SourceError(name, "is not kept in Slack. Upload the file itself.")
    if int(file.get("size") or 0) > MAX_BYTES:
        raise SourceError(name, f"has more than {MAX_BYTES / 1e6:.0f} MB. Split it up.")
    try:
        return _file_body(client, name, url)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise SourceError(
            name, f"can't be fetched from Slack ({type(error).__name__}). Share it again."
        ) from error


@cache
def _certificates() -> SSLContext:
    return httpx.create_ssl_context(trust_env=False)  # reading them takes longer than a small file


def _file_body(client: WebClient, name: str, url: str) -> bytes:
    body = bytearray()
    headers = {"Authorization": f"Bearer {client.token}"}
    with httpx.stream(
        "GET", url, headers=headers, timeout=_FILE_SECONDS, trust_env=False, verify=_certificates()
    ) as response:
        if response.status_code != _OK:
            raise SourceError(
                name, f"can't be fetched from Slack (status {response.status_code}). Share it again."
            )
        is_page = response.headers.get("content-type", "").startswith("text/html")
        if is_page and not name.lower().endswith((".html", ".htm")):  # Slack's page to sign in
            raise SourceError(name, "may not be read by me. Have the app reinstalled with the scope files:read.")
        for part in response.iter_bytes():
            body += part
            if len(body) > MAX_BYTES:
                raise SourceError(name, f"has more than {MAX_BYTES / 1e6:.0f} MB. Split it up.")
    return bytes(body)


def direct_channel(client: WebClient, user: str) -> str:
    """Return the channel of direct messages with this person."""
    return str(client.conversations_open(users=user)["channel"]["id"])


def may_post(client: WebClient, channel: str, user: str) -> bool:
    """Return whether the person may post to the channel: anybody to a public one, its members to a private one."""
    try:
        if not client.conversations_info(channel=channel)["channel"].get("is_private"):
            return True
        pages = client.conversations_members(channel=channel, limit=_MEMBERS)
        return any(user in page["members"] for page in pages)
    except (SlackApiError, OSError):
        return False


def is_in(client: WebClient, channel: str) -> bool:
    """Return whether the bot is in the channel; when Slack can't tell just now, posting will."""
    try:
        return bool(client.conversations_info(channel=channel)["channel"].get("is_member"))
    except SlackApiError as error:
        return error.response.get("error") not in GONE
    except OSError:
        return True


def whisper(client: WebClient, channel: str, user: str, message: Message, *, thread: str | None) -> None:
    """Show a message to one person alone."""
    _with_tables_or_lines(client.chat_postEphemeral, message, channel=channel, user=user, thread_ts=thread)


def respond(url: str, message: Message, **how: Any) -> None:
    """Reply through a response_url, to the person alone unless `how` says otherwise.

    Raises `SlackUnavailableError` when it may be tried again, `ReplyExpiredError` when the address is used up,
    and `ReplyRefusedError` when Slack does not take the message.
    """
    hook = WebhookClient(url, timeout=TIMEOUT, retry_handlers=[])
    fields = {"text": message.text, "blocks": message.blocks, "unfurl_links": False, "unfurl_media": False}
    with counting("response_url") as told:
        answered = hook.send_dict({**fields, "response_type": "ephemeral", "replace_original": False, **how})
        told("ok" if answered.status_code == _OK else str(answered.status_code))
    if answered.status_code == _TOO_MANY or answered.status_code >= _SERVER_ERROR:
        named = header(answered.headers, "retry-after")
        raise SlackUnavailableError(f"status {answered.status_code}", float(named) if named else None)
    word = re.search(r"(?<![a-z])[a-z]+(?:_[a-z]+)+", answered.body)
    if answered.status_code in (_NOT_FOUND, _GONE) or (word and word[0] in ("used_url", "expired_url")):
        raise ReplyExpiredError(f"Slack no longer takes the reply (status {answered.status_code}).")
    lines = without_tables(message.blocks)
    if answered.status_code >= _BAD_REQUEST and lines != message.blocks:
        respond(url, replace(message, blocks=lines), **how)
    elif answered.status_code >= _BAD_REQUEST:
        raise ReplyRefusedError(f"Slack refused the reply ({answered.status_code} {word[0] if word else ''}).")


def _posted(client: WebClient, channel: str, key: str, thread: str | None, since: datetime | None) -> str | None:
    """Return the `ts` of the bot's message with this key, if it is there."""
    oldest = f"{since.timestamp():.6f}" if since else None
    where: dict[str, Any] = {"channel": channel, "oldest": oldest, "include_all_metadata": True}
    if thread:
        pages = _pages(partial(client.conversations_replies, ts=thread, **where), f"{channel} {key}")
    else:
        pages = _pages(partial(client.conversations_history, **where), f"{channel} {key}")
    for page in pages:
        for message in page["messages"]:
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == METADATA and metadata.get("event_payload", {}).get("key") == key:
                return str(message["ts"])
        if not thread and since is None:
            break  # a channel's newest messages come first; the whole history is not looked through
    return None


_left_at: TTLCache[str, str] = TTLCache(1000, 3600.0)


def _pages(method: Callable[..., SlackResponse], name: str) -> Iterator[SlackResponse]:
    """Yield page after page of messages. `name` is of what is looked for.

    Apps that are distributed outside Slack's Marketplace get 15 messages a minute. When Slack asks to wait, the
    next try goes on from the page that it refused: a long thread is read a page a minute, not from its start.
    """
    cursor = _left_at.pop(name, None)
    while True:
        try:
            page = method(limit=_LOOK_BACK, cursor=cursor)
        except SlackApiError:
            if cursor:
                _left_at[name] = cursor
            raise
        yield page
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
