"""/digest, its window, its buttons and the Home tab, over the stand-in for Slack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.digests import store as digests
from bot.digests.model import Digest
from embeddings.library import Library
from tests.conftest import article
from tests.flows.conftest import Running, moment_of, running
from tests.flows.slack_blocks import buttons, choices, spoken
from tests.hashed import HashedEncoder
from tests.slack_server import Interaction, SlackServer, View

FILLED: dict[str, dict[str, Any]] = {
    "name": {"value": "Cranes"},
    "topics": {"value": "crane\ncrane\n\nriver"},
    "channel": {"value": "CNEWS"},
    "zone": {"zone": {"text": {"type": "plain_text", "text": "Berlin"}, "value": "Europe/Berlin"}},
}


@pytest.fixture
def desk(slack: SlackServer, tmp_path: Path) -> Iterator[Running]:
    """A bot whose articles come in by Slack's clock."""
    with Library(tmp_path / "library", HashedEncoder(), now=lambda: moment_of(slack)) as library:
        today = moment_of(slack).isoformat()
        library.local.add(article("Crane", "A tower crane stands by the river.", id="crane", published_at=today))
        with running(slack, library, tmp_path, "socket") as found:
            yield found


def window(desk: Running, pressed: Interaction) -> View:
    """The window that was opened."""
    (view,) = desk.slack.wait_for(lambda: pressed.opened)
    return view


def whole_window(desk: Running, pressed: Interaction, user: str = "UANN") -> View:
    """The window with all its options."""
    view = window(desk, pressed)
    desk.slack.press(user, view, "digest-options")
    desk.slack.wait_for(lambda: "zone" in boxes(view))
    return view


def boxes(view: View) -> list[str]:
    """The names of the window's boxes."""
    return [block["block_id"] for block in view.body["blocks"] if block["type"] == "input"]


def set_up(desk: Running, **changes: dict[str, Any]) -> Digest:
    """A digest that UANN has set up."""
    run = desk.command("", name="/digest")
    desk.slack.submit("UANN", whole_window(desk, run), FILLED | changes)
    assert "comes every working day at 09:00 (Europe/Berlin)" in spoken(desk.answered(run))
    return only(desk)


def only(desk: Running) -> Digest:
    with desk.store.reading() as connection:
        (found,) = digests.every(connection, "T1")
    return found


def home(desk: Running, user: str) -> str:
    """What somebody's Home tab says."""
    shown = desk.slack.home(user)
    return spoken(shown.body["blocks"]) if shown else ""


def say(desk: Running, text: str, *, user: str = "UANN") -> str:
    """What a /digest command answers."""
    return spoken(desk.answered(desk.command(text, name="/digest", user=user)))


def test_the_window_sets_a_digest_up(desk: Running) -> None:
    made = set_up(desk)
    assert (made.name, made.topics, made.channel, made.owner) == ("Cranes", ("crane", "river"), "CNEWS", "UANN")
    assert (made.schedule.zone, made.schedule.days) == ("Europe/Berlin", (1, 2, 3, 4, 5))
    assert (made.most, made.say_empty, made.collections) == (10, False, None)


def test_the_window_asks_for_topics_channel_and_time_first(desk: Running) -> None:
    run = desk.command("", name="/digest", user="UBOB")
    view = window(desk, run)
    assert boxes(view) == ["topics", "channel", "days", "at"]
    desk.slack.submit("UBOB", view, {"topics": {"value": "crane, river"}, "channel": {"value": "CNEWS"}})
    assert "“crane, river” comes every working day at 09:00 (Europe/Berlin)" in spoken(desk.answered(run))
    made = only(desk)
    assert (made.topics, made.most, made.say_empty) == (("crane", "river"), 10, False)


def test_the_zone_is_the_persons_own_at_first(desk: Running) -> None:
    run = desk.command("", name="/digest", user="UBOB")
    view = whole_window(desk, run, "UBOB")
    shown = {block["block_id"]: block["element"] for block in view.body["blocks"]}
    assert shown["zone"]["initial_option"]["value"] == "Europe/Berlin"


def zones_offered(desk: Running, view: View, typed: str) -> list[str]:
    """What the search menu of time zones offers."""
    sent = desk.slack.search("UANN", view, "zone", typed)
    answer: Any = desk.slack.wait_for(lambda: sent.ack)
    return [one["value"] for one in answer.body["options"]]


def test_time_zones_are_found_by_city_country_and_in_spite_of_a_slip(desk: Running) -> None:
    view = whole_window(desk, desk.command("", name="/digest"))
    assert zones_offered(desk, view, "new y")[0] == "America/New_York"
    assert "Europe/Berlin" in zones_offered(desk, view, "Germany")
    assert zones_offered(desk, view, "india")[0] == "Asia/Kolkata"
    assert zones_offered(desk, view, "Berln") == ["Europe/Berlin"]
    assert zones_offered(desk, view, "qqqq") == []
    assert len(zones_offered(desk, view, "a")) == 100


@pytest.mark.parametrize(
    ("changes", "box", "said"),
    [
        ({"zone": {"zone": {"value": "Europe/Berlni"}}}, "zone", "I don't know this time zone."),
        ({"days": {"value": []}}, "days", "one of the two"),
        ({"month_day": {"value": "31"}}, "days", "one of the two"),
        ({"channel": {"value": "CQUIET"}}, "channel", "/invite @topicbot"),
        ({"channel": {"value": "GHIDDEN"}}, "channel", "You are not in that channel."),
    ],
)
def test_what_is_wrong_is_said_beside_its_box(
    desk: Running, changes: dict[str, dict[str, Any]], box: str, said: str
) -> None:
    desk.slack.workspaces["T1"].add_channel("GHIDDEN", "group", ["UADA", "UBOT1"])
    run = desk.command("", name="/digest")
    sent = desk.slack.submit("UANN", whole_window(desk, run), FILLED | changes)
    desk.slack.wait_for(lambda: sent.ack)
    answer: Any = sent.ack
    assert said in str(answer.body["errors"][box])
    with desk.store.reading() as connection:
        assert digests.every(connection, "T1") == []


def test_list_preview_now_pause_resume_and_delete(desk: Running) -> None:
    assert "You have no digest yet" in say(desk, "list")
    set_up(desk)
    assert "Cranes" in say(desk, "list")
    assert "A tower crane stands by the river." in say(desk, "preview cranes")
    assert desk.slack.messages("CNEWS") == []
    assert say(desk, "now").startswith("Posted.")
    (posted,) = desk.slack.messages("CNEWS")
    assert "A tower crane stands by the river." in spoken(posted.blocks)
    assert "Nothing is new" in say(desk, "now")
    assert "is paused" in say(desk, "pause")
    assert only(desk).paused_at is not None
    assert "comes again every working day" in say(desk, "resume Cranes")
    assert only(desk).paused_at is None
    assert "You have no digest of that name. Yours: “Cranes”." in say(desk, "pause Otters")
    assert "/digest list" in say(desk, "dance")
    run = desk.command("delete", name="/digest")
    assert "Delete “Cranes”? It will no longer be posted." in spoken(desk.answered(run))
    assert "Cranes" in say(desk, "list")
    assert "is deleted" in spoken(desk.answered(desk.slack.press("UANN", run, "digest-delete")))
    assert "You have no digest yet" in say(desk, "list")


def test_editing_keeps_what_it_told(desk: Running) -> None:
    made = set_up(desk)
    say(desk, "now")
    run = desk.command("edit", name="/digest")
    desk.slack.submit("UANN", window(desk, run), {"name": {"value": "Lifting"}, "days": {"value": ["1"]}})
    assert "“Lifting” comes every Monday" in spoken(desk.answered(run))
    changed = only(desk)
    assert (changed.id, changed.name, changed.topics) == (made.id, "Lifting", ("crane", "river"))
    assert "Nothing is new" in say(desk, "now")


def test_others_may_not_change_it_but_admins_may(desk: Running) -> None:
    set_up(desk)
    say(desk, "now")
    (posted,) = desk.slack.messages("CNEWS")
    assert "You have no digest of that name. Yours: none yet." in say(desk, "delete Cranes", user="UBOB")
    mute = choices(posted.blocks)["Mute this story"]
    for action, value in (("story-menu", mute), ("digest-edit", None)):
        pressed = desk.slack.press("UBOB", posted, action, value=value)
        assert "Only whoever set this digest up, and admins" in spoken(desk.answered(pressed))
    assert "is paused" in say(desk, "pause Cranes", user="UADA")


def test_the_buttons_of_a_story(desk: Running) -> None:
    made = set_up(desk)
    say(desk, "now")
    (posted,) = desk.slack.messages("CNEWS")
    names = ["More", "Summarise", "Why am I seeing this?", "Mute this story", "Fewer like this"]
    assert buttons(posted.blocks) == [*names, "Edit digest"]
    assert spoken(posted.blocks[:-2]).count("A tower crane") == 1
    offered = choices(posted.blocks)
    more = window(desk, desk.slack.press("UBOB", posted, "story-menu", value=offered["More"]))
    assert "Crane" in spoken(more.body["blocks"])
    why = desk.slack.press("UBOB", posted, "story-menu", value=offered["Why am I seeing this?"])
    assert "Why you see this: it is about “crane”." in spoken(desk.answered(why))
    assert desk.slack.messages("CNEWS") == [posted], "the reason is for whoever asked"
    short = desk.slack.press("UBOB", posted, "story-menu", value=offered["Summarise"])
    assert "Crane" in spoken(desk.answered(short))
    muted = desk.slack.press("UANN", posted, "story-menu", value=offered["Mute this story"])
    assert "Muted" in spoken(desk.answered(muted))
    fewer = desk.slack.press("UANN", posted, "story-menu", value=offered["Fewer like this"])
    assert "Noted" in spoken(desk.answered(fewer))
    with desk.store.reading() as connection:
        (told,) = digests.told(connection, "T1", made.id).values()
    assert (told.is_muted, told.is_unwanted) == (True, True)


def test_the_home_tab_lists_yours_with_buttons(desk: Running) -> None:
    set_up(desk)
    desk.slack.open_home("UANN")
    assert "Cranes" in desk.slack.wait_for(lambda: home(desk, "UANN"))
    shown = desk.slack.home("UANN")
    assert shown is not None
    desk.slack.press("UANN", shown, "digest-pause")
    desk.slack.wait_for(lambda: "paused" in home(desk, "UANN"), what="the Home tab anew")
    assert only(desk).paused_at is not None
    desk.slack.open_home("UBOB")
    assert "Cranes" not in desk.slack.wait_for(lambda: home(desk, "UBOB"))
