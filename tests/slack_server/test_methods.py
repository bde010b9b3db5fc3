"""Web API methods: what they do and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from tests.slack_server import SlackServer

Json = dict[str, Any]
MODAL: Json = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Why?"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "words"},
        }
    ],
}
HOME: Json = {"type": "home", "blocks": [{"type": "divider"}]}


def refusal(call: Any, *args: Any, **kwargs: Any) -> Json:
    with pytest.raises(SlackApiError) as raised:
        call(*args, **kwargs)
    answer: Json = raised.value.response.data
    return answer


def test_auth_test_names_the_workspace_and_its_scopes(slack: SlackServer, client: WebClient) -> None:
    answer = client.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T1", "UBOT1", "BBOT1")
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [
        ("xoxb-T1", "chat.noSuch", "unknown_method"),
        ("xoxb-wrong", "auth.test", "invalid_auth"),
        ("", "auth.test", "not_authed"),
        ("xoxb-T1", "apps.connections.open", "not_allowed_token_type"),
        ("xapp-1", "auth.test", "not_allowed_token_type"),
    ],
)
def test_wrong_callers_are_refused(slack: SlackServer, token: str, method: str, error: str) -> None:
    assert refusal(WebClient(token, base_url=slack.api_url).api_call, method)["error"] == error


def test_a_missing_scope_is_named(slack: SlackServer, client: WebClient) -> None:
    slack.workspaces["T1"].scopes.discard("chat:write")
    answer = refusal(client.chat_postMessage, channel="CNEWS", text="hi")
    assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")
    assert "chat:write" not in answer["provided"].split(",")


@pytest.mark.parametrize(
    ("channel", "scope"), [("CNEWS", "channels:history"), ("GPRIV", "groups:history"), ("DUANN", "im:history")]
)
def test_each_kind_of_channel_has_its_own_history_scope(
    slack: SlackServer, client: WebClient, channel: str, scope: str
) -> None:
    client.conversations_open(users="UANN")
    slack.workspaces["T1"].scopes.discard(scope)
    assert refusal(client.conversations_history, channel=channel)["needed"] == scope


@pytest.mark.parametrize(
    ("channel", "error"),
    [("CNONE", "channel_not_found"), ("CQUIET", "not_in_channel"), ("COTHER", "channel_not_found")],
)
def test_posting_goes_only_where_the_bot_is(client: WebClient, channel: str, error: str) -> None:
    assert refusal(client.chat_postMessage, channel=channel, text="hi")["error"] == error


def test_chat_write_public_opens_public_channels(slack: SlackServer, client: WebClient) -> None:
    slack.workspaces["T1"].scopes.add("chat:write.public")
    client.chat_postMessage(channel="CQUIET", text="hi")
    assert [message.text for message in slack.messages("CQUIET")] == ["hi"]


def test_workspaces_do_not_see_each_other(slack: SlackServer, client: WebClient) -> None:
    other = WebClient(slack.workspaces["T2"].bot_token, base_url=slack.api_url)
    assert refusal(other.conversations_info, channel="CNEWS")["error"] == "channel_not_found"
    assert refusal(other.users_info, user="UANN")["error"] == "user_not_found"
    assert other.users_info(user="UZOE")["user"]["tz"] == "Asia/Tokyo"
    assert [call.team for call in slack.calls("users.info")] == ["T2", "T2"]


def test_people_differ_in_their_flags(client: WebClient) -> None:
    flags = {
        user: {name for name, held in client.users_info(user=user)["user"].items() if held is True}
        for user in ("UANN", "UADA", "UGUS", "UULT", "USAM", "UBOT1")
    }
    assert flags == {
        "UANN": set(),
        "UADA": {"is_admin"},
        "UGUS": {"is_restricted"},
        "UULT": {"is_restricted", "is_ultra_restricted"},
        "USAM": {"is_stranger"},
        "UBOT1": {"is_bot"},
    }
    assert client.users_info(user="USAM")["user"]["team_id"] == "T9"


def test_messages_go_into_threads_and_come_back(slack: SlackServer, client: WebClient) -> None:
    parent = slack.say("UANN", "CNEWS", "what now?")
    metadata = {"event_type": "answer", "event_payload": {"id": 7}}
    client.chat_postMessage(channel="CNEWS", thread_ts=parent.ts, text="this", metadata=metadata)
    client.chat_postMessage(channel="CNEWS", thread_ts=parent.ts, text="and that")
    thread = client.conversations_replies(channel="CNEWS", ts=parent.ts)["messages"]
    assert [message["text"] for message in thread] == ["what now?", "this", "and that"]
    assert thread[0]["reply_count"] == 2
    assert "metadata" not in thread[1]
    full = client.conversations_replies(channel="CNEWS", ts=parent.ts, include_all_metadata=True)["messages"]
    assert full[1]["metadata"] == metadata
    assert slack.messages("CNEWS", parent.ts)[1].metadata == metadata
    assert [message["text"] for message in client.conversations_history(channel="CNEWS")["messages"]] == [
        "what now?"
    ]


def test_history_comes_in_pages_newest_first(slack: SlackServer, client: WebClient) -> None:
    said = [slack.say("UANN", "CNEWS", str(number)) for number in range(5)]
    pages = [page["messages"] for page in client.conversations_history(channel="CNEWS", limit=2)]
    assert [[message["text"] for message in page] for page in pages] == [["4", "3"], ["2", "1"], ["0"]]
    later = client.conversations_history(channel="CNEWS", oldest=said[2].ts)["messages"]
    assert [message["text"] for message in later] == ["4", "3"]


def test_threads_must_exist_and_be_named_by_their_parent(slack: SlackServer, client: WebClient) -> None:
    parent = slack.say("UANN", "CNEWS", "top")
    reply = slack.say("UBOB", "CNEWS", "below", thread_ts=parent.ts)
    for ts, error in (("1.000001", "thread_not_found"), (reply.ts, "cannot_reply_to_message")):
        assert refusal(client.chat_postMessage, channel="CNEWS", thread_ts=ts, text="x")["error"] == error
    assert refusal(client.conversations_replies, channel="CNEWS", ts="1.000001")["error"] == "thread_not_found"


def test_bad_blocks_are_refused_and_noted(slack: SlackServer, client: WebClient) -> None:
    answer = refusal(client.chat_postMessage, channel="CNEWS", text="hi", blocks=[{"type": "divider"}] * 51)
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"]
    assert refusal(client.chat_postMessage, channel="CNEWS", text="x" * 4001)["error"] == "msg_too_long"
    for form, error in (({}, "no_text"), ({"text": "x", "blocks": "[{"}, "invalid_blocks_format")):
        answer = refusal(client.api_call, "chat.postMessage", data={"channel": "CNEWS", **form})
        assert answer["error"] == error
    assert [method for method, _ in slack.refused] == ["chat.postMessage"] * 3
    assert slack.messages("CNEWS") == []


def test_form_bodies_carry_structures_as_json(slack: SlackServer, client: WebClient) -> None:
    data = {"channel": "CNEWS", "text": "hi", "blocks": '[{"type": "divider"}]'}
    client.api_call("chat.postMessage", data=data)
    assert slack.calls("chat.postMessage")[0].args["blocks"] == [{"type": "divider"}]
    assert slack.messages("CNEWS")[0].blocks == [{"type": "divider", "block_id": "made0"}]


def test_only_own_messages_are_changed(slack: SlackServer, client: WebClient) -> None:
    said = slack.say("UANN", "CNEWS", "mine")
    assert refusal(client.chat_update, channel="CNEWS", ts=said.ts, text="x")["error"] == "cant_update_message"
    assert refusal(client.chat_delete, channel="CNEWS", ts=said.ts)["error"] == "cant_delete_message"
    ts = client.chat_postMessage(channel="CNEWS", text="one", blocks=[{"type": "divider"}])["ts"]
    client.chat_update(channel="CNEWS", ts=ts, text="two")
    changed = slack.messages("CNEWS")[-1]
    assert (changed.text, len(changed.blocks), changed.edited is not None) == ("two", 1, True)
    client.chat_delete(channel="CNEWS", ts=ts)
    assert [message.text for message in slack.messages("CNEWS")] == ["mine"]
    assert refusal(client.chat_update, channel="CNEWS", ts=ts, text="x")["error"] == "message_not_found"


def test_ephemeral_messages_have_one_reader(slack: SlackServer, client: WebClient) -> None:
    client.chat_postEphemeral(channel="CNEWS", user="UANN", text="psst")
    assert [message.text for message in slack.ephemerals("UANN", "CNEWS")] == ["psst"]
    assert slack.ephemerals("UBOB", "CNEWS") == []
    assert slack.messages("CNEWS") == []
    answer = refusal(client.chat_postEphemeral, channel="GPRIV", user="UBOB", text="psst")
    assert answer["error"] == "user_not_in_channel"


def test_reactions_are_added_once(slack: SlackServer, client: WebClient) -> None:
    said = slack.say("UANN", "CNEWS", "look")
    client.reactions_add(channel="CNEWS", timestamp=said.ts, name="eyes")
    assert slack.reactions("CNEWS", said.ts) == {"eyes": ["UBOT1"]}
    again = refusal(client.reactions_add, channel="CNEWS", timestamp=said.ts, name="eyes")
    assert again["error"] == "already_reacted"
    client.reactions_remove(channel="CNEWS", timestamp=said.ts, name="eyes")
    gone = refusal(client.reactions_remove, channel="CNEWS", timestamp=said.ts, name="eyes")
    assert gone["error"] == "no_reaction"


def test_a_trigger_opens_one_view_within_three_seconds(slack: SlackServer, client: WebClient) -> None:
    assert refusal(client.views_open, trigger_id="1.2.3", view=MODAL)["error"] == "invalid_trigger_id"
    first = slack.command("UANN", "CNEWS", "/ask")
    assert refusal(client.views_open, trigger_id=first.trigger_id, view=HOME)["error"] == "invalid_arguments"
    client.views_open(trigger_id=first.trigger_id, view=MODAL)
    assert first.opened == slack.views
    assert first.opened[0].user == "UANN"
    assert refusal(client.views_open, trigger_id=first.trigger_id, view=MODAL)["error"] == "exchanged_trigger_id"
    late = slack.command("UANN", "CNEWS", "/ask")
    slack.clock.advance(3.1)
    assert refusal(client.views_open, trigger_id=late.trigger_id, view=MODAL)["error"] == "expired_trigger_id"


def test_a_view_is_updated_only_as_last_seen(slack: SlackServer, client: WebClient) -> None:
    run = slack.command("UANN", "CNEWS", "/ask")
    view = client.views_open(trigger_id=run.trigger_id, view=MODAL)["view"]
    client.views_update(view_id=view["id"], hash=view["hash"], view={**MODAL, "private_metadata": "x"})
    assert slack.views[0].body["private_metadata"] == "x"
    assert (
        refusal(client.views_update, view_id=view["id"], hash=view["hash"], view=MODAL)["error"] == "hash_conflict"
    )
    assert refusal(client.views_update, view_id="V999", view=MODAL)["error"] == "not_found"


def test_home_is_published_for_each_person(slack: SlackServer, client: WebClient) -> None:
    client.views_publish(user_id="UANN", view=HOME)
    home = slack.home("UANN")
    assert home is not None
    assert home.body["type"] == "home"
    assert slack.home("UBOB") is None
    assert refusal(client.views_publish, user_id="UZOE", view=HOME)["error"] == "user_not_found"


def test_status_and_prompts_of_the_agent(slack: SlackServer, client: WebClient) -> None:
    said = slack.say("UANN", slack.im("UANN"), "hello")
    client.assistant_threads_setStatus(channel_id="DUANN", thread_ts=said.ts, status="is searching…")
    assert slack.status("DUANN", said.ts) == "is searching…"
    client.chat_postMessage(channel="DUANN", thread_ts=said.ts, text="found")
    assert slack.status("DUANN", said.ts) is None
    prompts = [{"title": f"t{number}", "message": "m"} for number in range(4)]
    client.assistant_threads_setSuggestedPrompts(channel_id="DUANN", prompts=prompts)
    assert slack.prompts("DUANN") == prompts
    five = [*prompts, prompts[0]]
    assert refusal(client.assistant_threads_setSuggestedPrompts, channel_id="DUANN", prompts=five)["error"] == (
        "invalid_arguments"
    )
    client.assistant_threads_setSuggestedPrompts(channel_id="DUANN", thread_ts=said.ts, prompts=prompts[:1])
    assert slack.prompts("DUANN") == prompts
    assert len(slack.refused) == 2


def test_streams_name_their_recipient_and_end_once(slack: SlackServer, client: WebClient) -> None:
    said = slack.say("UANN", "CNEWS", "tell me")
    nobody = refusal(client.chat_startStream, channel="CNEWS", thread_ts=said.ts)
    assert nobody["error"] == "missing_recipient_user_id"
    stream = client.chat_stream(
        channel="CNEWS", thread_ts=said.ts, recipient_user_id="UANN", recipient_team_id="T1", buffer_size=4
    )
    stream.append(markdown_text="Once upon")
    stream.append(markdown_text=" a time.")
    stream.stop(blocks=[{"type": "divider"}])
    told = slack.messages("CNEWS", said.ts)[-1]
    assert (told.text, len(told.blocks), told.streaming) == ("Once upon a time.", 1, False)
    ended = refusal(client.chat_appendStream, channel="CNEWS", ts=told.ts, markdown_text="More")
    assert ended["error"] == "message_not_in_streaming_state"


def test_files_are_uploaded_and_shared(slack: SlackServer, client: WebClient) -> None:
    client.files_upload_v2(channel="CNEWS", filename="notes.txt", content="words", initial_comment="here")
    shared = slack.messages("CNEWS")[0]
    assert (shared.text, shared.files[0]["name"], shared.files[0]["size"]) == ("here", "notes.txt", 5)
    assert client.files_info(file=shared.files[0]["id"])["file"]["channels"] == ["CNEWS"]


def test_oauth_grants_each_code_once(slack: SlackServer) -> None:
    anyone = WebClient(base_url=slack.api_url)
    scopes = "chat:write,commands"
    back = slack.authorize(f"{slack.authorize_url}?client_id={slack.client_id}&scope={scopes}&state=s1")
    assert back.endswith("&state=s1")
    code = back.partition("code=")[2].partition("&")[0]
    secrets = {"client_id": slack.client_id, "client_secret": slack.client_secret}
    granted = anyone.oauth_v2_access(code=code, **secrets)
    assert (granted["team"]["id"], granted["access_token"], granted["scope"]) == ("T2", "xoxb-T2", scopes)
    assert refusal(anyone.oauth_v2_access, code=code, **secrets)["error"] == "code_already_used"
    wrong = secrets | {"client_secret": "wrong"}
    assert refusal(anyone.oauth_v2_access, code=code, **wrong)["error"] == "bad_client_secret"


def test_rotated_tokens_expire_and_are_refreshed(slack: SlackServer) -> None:
    slack.rotation = True
    anyone = WebClient(base_url=slack.api_url)
    back = slack.authorize(f"{slack.authorize_url}?client_id={slack.client_id}&scope=chat:write&state=s")
    secrets = {"client_id": slack.client_id, "client_secret": slack.client_secret}
    granted = anyone.oauth_v2_access(code=back.partition("code=")[2].partition("&")[0], **secrets)
    slack.clock.advance(granted["expires_in"] + 1)
    old = WebClient(granted["access_token"], base_url=slack.api_url)
    assert refusal(old.auth_test)["error"] == "token_expired"
    renewal = {**secrets, "grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    renewed = anyone.oauth_v2_access(**renewal)
    assert WebClient(renewed["access_token"], base_url=slack.api_url).auth_test()["team_id"] == "T2"
    assert refusal(anyone.oauth_v2_access, **renewal)["error"] == "invalid_refresh_token"


def test_revoked_tokens_are_dead(slack: SlackServer, client: WebClient) -> None:
    assert client.auth_revoke()["revoked"] is True
    assert refusal(client.auth_test)["error"] == "account_inactive"


def test_faults_befall_the_next_calls(slack: SlackServer, client: WebClient) -> None:
    slack.fail("chat.postMessage", status=429, retry_after=7)
    with pytest.raises(SlackApiError) as limited:
        client.chat_postMessage(channel="CNEWS", text="a")
    assert limited.value.response.status_code == 429
    assert limited.value.response.headers["Retry-After"] == "7"
    slack.fail("chat.postMessage", status=503, times=2)
    for _ in range(2):
        assert refusal(client.chat_postMessage, channel="CNEWS", text="b")["error"] == "service_unavailable"
    slack.slow("chat.postMessage", 0.2)
    client.chat_postMessage(channel="CNEWS", text="c")
    assert [call.status for call in slack.calls("chat.postMessage")] == [429, 503, 503, 200]
    assert [message.text for message in slack.messages("CNEWS")] == ["c"]


@pytest.mark.parametrize(("drop", "stored"), [("before", 1), ("after", 2)])
def test_dropped_calls_take_effect_or_not(slack: SlackServer, client: WebClient, drop: str, stored: int) -> None:
    slack.fail("chat.postMessage", drop=drop)
    client.chat_postMessage(channel="CNEWS", text="again")  # WebClient tries once more when the connection breaks.
    assert len(slack.messages("CNEWS")) == stored
    assert [call.status for call in slack.calls("chat.postMessage")] == [0, 200]


def test_a_pace_is_kept_when_asked_for(slack: SlackServer, client: WebClient) -> None:
    slack.pace("CNEWS", per_second=1)
    client.chat_postMessage(channel="CNEWS", text="one")
    assert refusal(client.chat_postMessage, channel="CNEWS", text="two")["error"] == "ratelimited"
    slack.clock.advance(1)
    client.chat_postMessage(channel="CNEWS", text="three")
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=2))
    client.chat_postMessage(channel="CTAX", text="elsewhere")
    assert [call.status for call in slack.calls("chat.postMessage")] == [200, 429, 200, 200]


def test_permalinks_name_the_message(slack: SlackServer, client: WebClient) -> None:
    said = slack.say("UANN", "CNEWS", "here")
    link = client.chat_getPermalink(channel="CNEWS", message_ts=said.ts)["permalink"]
    assert link == f"https://acme.slack.com/archives/CNEWS/p{said.ts.replace('.', '')}"
    assert set(client.conversations_members(channel="GPRIV")["members"]) == {"UANN", "UADA", "UBOT1"}
