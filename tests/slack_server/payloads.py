"""The JSON that Slack sends: events, slash commands, interactions, and its views of messages, users, channels.

Pure functions of what is stored. Shapes follow https://docs.slack.dev/reference/ (events, interaction-payloads,
objects) and payloads captured from live workspaces.
"""

from __future__ import annotations

from typing import Any

from tests.slack_server import inputs
from tests.slack_server.world import Channel, File, Message, User, View, Workspace

Json = dict[str, Any]
APP_ID = "A1"
VERIFICATION_TOKEN = "deprecated"


def message(stored: Message, channel: Channel | None = None, *, metadata: bool = False) -> Json:
    """A message as the Web API and interactions show it; thread counts where `channel` is given."""
    body: Json = {"type": "message", "user": stored.user, "ts": stored.ts, "text": stored.text}
    body["team"] = stored.team_id
    if stored.bot_id:
        profile = {"id": stored.bot_id, "app_id": APP_ID, "name": "topicbot", "team_id": stored.team_id}
        body |= {"bot_id": stored.bot_id, "app_id": APP_ID, "bot_profile": profile}
    for key in ("blocks", "attachments", "files", "edited", "thread_ts"):
        if held := getattr(stored, key):
            body[key] = held
    if stored.files:
        body |= {"subtype": "file_share", "upload": False}
    if stored.broadcast:
        body["subtype"] = "thread_broadcast"
    if metadata and stored.metadata:
        body["metadata"] = stored.metadata
    if stored.reactions:
        body["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)} for name, users in stored.reactions.items()
        ]
    return body | (_thread_of(stored, channel) if channel else {})


def _thread_of(stored: Message, channel: Channel) -> Json:
    if stored.thread_ts and stored.thread_ts != stored.ts:
        parent = channel.find(stored.thread_ts)
        return {"parent_user_id": parent.user} if parent else {}
    replies = [reply for reply in channel.threads.get(stored.ts, ()) if not reply.deleted]
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    counts = {"reply_count": len(replies), "reply_users_count": len(users), "reply_users": users}
    return {"thread_ts": stored.ts, "latest_reply": replies[-1].ts, "is_locked": False, **counts}


def user(person: User) -> Json:
    """users.info's `user`."""
    shown = person.name.title()
    return {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "real_name": shown,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": person.tz_offset,
        "locale": person.locale,
        "profile": {"real_name": shown, "display_name": person.name, "team": person.team_id},
        "is_admin": person.is_admin,
        "is_owner": person.is_owner,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": 1700000000,
        **({"is_stranger": True} if person.is_stranger else {}),
        **({"enterprise_user": {"id": person.id, "teams": list(person.teams)}} if person.teams else {}),
    }


def channel(workspace: Workspace, found: Channel) -> Json:
    """conversations.info's `channel`."""
    body: Json = {
        "id": found.id,
        "created": 1700000000,
        "is_archived": found.is_archived,
        "updated": 1700000000000,
    }
    if found.kind == "im":
        return body | {"is_im": True, "user": found.members[0], "is_user_deleted": False, "priority": 0}
    return body | {
        "name": found.name,
        "name_normalized": found.name,
        "is_channel": found.kind == "channel",
        "is_group": found.kind == "group",
        "is_im": False,
        "is_mpim": found.kind == "mpim",
        "is_private": found.kind != "channel",
        "is_general": False,
        "is_shared": found.is_ext_shared,
        "is_ext_shared": found.is_ext_shared,
        "is_org_shared": False,
        "is_member": workspace.bot_user in found.members,
        "context_team_id": workspace.team_id,
        "num_members": len(found.members),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def view(workspace: Workspace, shown: View, state: Json | None = None) -> Json:
    """A view as Slack gives it back, with the values of its inputs."""
    root = shown
    while root.previous is not None:
        root = root.previous
    defaults: Json = {"private_metadata": "", "callback_id": "", "clear_on_close": False, "notify_on_close": False}
    if shown.body.get("type") == "modal":
        defaults |= {"submit": None, "close": None, "submit_disabled": False}
    return {
        **defaults,
        "external_id": "",
        **shown.body,
        "id": shown.id,
        "team_id": workspace.team_id,
        "hash": shown.hash,
        "state": {"values": inputs.state_values(shown.body["blocks"], shown.state) if state is None else state},
        "previous_view_id": shown.previous.id if shown.previous else None,
        "root_view_id": root.id,
        "app_id": APP_ID,
        "app_installed_team_id": workspace.team_id,
        "bot_id": workspace.bot_id,
    }


def file(held: File, base: str) -> Json:
    """files.info's `file`."""
    return {
        "id": held.id,
        "created": 1700000000,
        "timestamp": 1700000000,
        "name": held.name,
        "title": held.title or held.name,
        "mimetype": "text/plain",
        "filetype": held.name.rpartition(".")[2],
        "user": held.user,
        "user_team": held.team_id,
        "size": held.size,
        "mode": "hosted",
        "is_external": False,
        "url_private": f"{base}files-pri/{held.id}",
        "url_private_download": f"{base}files-pri/{held.id}",
        "permalink": f"{base}files/{held.user}/{held.id}",
        "channels": list(held.shared),
    }


def event_callback(workspace: Workspace, event: Json, event_id: str, now: float, *, shared: bool = False) -> Json:
    """The envelope around an event."""
    authorization = {
        "enterprise_id": workspace.enterprise_id,
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user,
        "is_bot": True,
        "is_enterprise_install": workspace.enterprise_id is not None,
    }
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": workspace.team_id,
        "context_team_id": workspace.team_id,
        "context_enterprise_id": workspace.enterprise_id,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(now),
        "authorizations": [authorization],
        "is_ext_shared_channel": shared,
        "event_context": f"4-{event_id}",
    }


def message_event(stored: Message, found: Channel) -> Json:
    """The `message` event for a message just posted."""
    event = message(stored, found) | {"channel": found.id, "event_ts": stored.ts, "channel_type": found.kind}
    if not stored.bot_id:
        event["client_msg_id"] = f"client-{stored.ts}"
    return event


def mention_event(stored: Message, found: Channel, person: User) -> Json:
    """The `app_mention` event: no channel_type, no subtype, the person's home team."""
    event = message_event(stored, found) | {"type": "app_mention", "user_team": person.team_id}
    for key in ("channel_type", "parent_user_id", "subtype"):
        event.pop(key, None)
    return event


def command(workspace: Workspace, found: Channel, person: User, name: str, text: str) -> Json:
    """A slash command's fields, all strings. The caller adds response_url and trigger_id."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": workspace.team_id,
        "team_domain": workspace.domain,
        "channel_id": found.id,
        "channel_name": found.name if found.kind in ("channel", "im") else "privategroup",
        "user_id": person.id,
        "user_name": person.name,
        "command": name,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "true" if workspace.enterprise_id else "false",
        **({"enterprise_id": workspace.enterprise_id} if workspace.enterprise_id else {}),
    }


def interaction(kind: str, workspace: Workspace, person: User) -> Json:
    """What every interaction carries."""
    return {
        "type": kind,
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team_id},
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "team": {"id": workspace.team_id, "domain": workspace.domain},
        "enterprise": {"id": workspace.enterprise_id, "name": "Grid"} if workspace.enterprise_id else None,
        "is_enterprise_install": workspace.enterprise_id is not None,
    }


def in_message(stored: Message, found: Channel) -> Json:
    """Where in a message something was pressed. Slack does not send an ephemeral message back."""
    container: Json = {
        "type": "message",
        "message_ts": stored.ts,
        "channel_id": found.id,
        "is_ephemeral": stored.ephemeral_to is not None,
    }
    if stored.thread_ts:
        container["thread_ts"] = stored.thread_ts
    body: Json = {
        "container": container,
        "channel": {"id": found.id, "name": found.name},
        "state": {"values": inputs.state_values(stored.blocks, stored.state)},
    }
    return body if stored.ephemeral_to else body | {"message": message(stored, found)}
