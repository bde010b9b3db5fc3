from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.slack_server.rules import markup_in, message_problems, texts, view_problems

Json = dict[str, Any]


def plain(words: str = "Words") -> Json:
    return {"type": "plain_text", "text": words}


def mrkdwn(words: str = "Words") -> Json:
    return {"type": "mrkdwn", "text": words}


def section(words: str = "Words", **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(words), **more}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("More"), "action_id": "more", **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def choices(count: int, **more: Any) -> list[Json]:
    return [{"text": plain(f"Choice {n}"), "value": str(n), **more} for n in range(count)]


def select(**more: Any) -> Json:
    return {"type": "static_select", "options": choices(2), **more}


def field(element: Json | None = None, **more: Any) -> Json:
    return {"type": "input", "label": plain("Name"), "element": element or {"type": "plain_text_input"}, **more}


def rich(*pieces: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(pieces)}]}


def bullets(**more: Any) -> Json:
    item = {"type": "rich_text_section", "elements": [{"type": "text", "text": "One"}]}
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_list", "style": "bullet", "elements": [item], **more}],
    }


def code(piece: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [piece]}]}


def confirm(**more: Any) -> Json:
    dialog = {"title": plain(), "text": mrkdwn(), "confirm": plain("Yes"), "deny": plain("No"), **more}
    return actions(button(confirm=dialog))


def header(words: object) -> Json:
    return {"type": "header", "text": words}


def asides(*elements: Json) -> Json:
    return {"type": "context_actions", "elements": list(elements)}


def feedback(**more: Any) -> Json:
    good = {"text": plain("Good"), "value": "good"}
    both = {"positive_button": good, "negative_button": {"text": plain("Bad"), "value": "bad", **more}}
    return asides({"type": "feedback_buttons", "action_id": "verdict", **both})


def picture(**more: Any) -> Json:
    return {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "A hill", **more}


def icon(n: int) -> Json:
    return {"type": "icon_button", "icon": "trash", "text": plain("Delete"), "action_id": f"delete{n}"}


def url(size: int) -> str:
    return "https://example.org/".ljust(size, "a")


def message(*blocks: Json, **more: Any) -> Json:
    return {"channel": "C1", "text": "An answer", "blocks": list(blocks), **more}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain("Settings"), "submit": plain("Save"), "blocks": list(blocks), **more}


def home(*blocks: Json, **more: Any) -> Json:
    return {"type": "home", "blocks": list(blocks), **more}


def problems(payload: Json) -> list[str]:
    return view_problems(payload) if payload.get("type") in ("modal", "home") else message_problems(payload)


SIZES: list[tuple[str, int, Callable[[int], Json], str]] = [
    # what, the most, a payload of this size, where the problem is
    ("fallback", 3999, lambda n: {"text": "a" * n}, "text: "),
    ("blocks of a message", 50, lambda n: message(*[section()] * n), "blocks: "),
    ("blocks of a modal", 100, lambda n: modal(*[section()] * n), "blocks: "),
    ("blocks of a Home tab", 100, lambda n: home(*[section()] * n), "blocks: "),
    ("all text", 12000, lambda n: message(*[section("a" * 3000)] * 3, rich(*pieces(n - 9000))), "msg_too_long: "),
    ("one markdown", 12000, lambda n: message({"type": "markdown", "text": "a" * n}), "blocks[0].text: "),
    ("all markdown", 12000, lambda n: message(markdown(1), {"type": "divider"}, markdown(n - 1)), "blocks: "),
    ("section", 3000, lambda n: message(section("a" * n)), "blocks[0].text: "),
    ("fields", 10, lambda n: message({"type": "section", "fields": [mrkdwn()] * n}), "blocks[0].fields: "),
    ("field", 2000, lambda n: message(section(fields=[plain("a" * n)])), "blocks[0].fields[0]: "),
    ("header", 150, lambda n: message(header(plain("a" * n))), "blocks[0].text: "),
    ("context", 10, lambda n: message({"type": "context", "elements": [mrkdwn()] * n}), "blocks[0].elements: "),
    ("actions", 25, lambda n: message(actions(*(button(action_id=f"b{i}") for i in range(n)))), "0].elements: "),
    ("context actions", 5, lambda n: message(asides(*icons(n))), "0].elements: "),
    ("block_id", 255, lambda n: message(section(block_id="a" * n)), "blocks[0].block_id: "),
    ("action_id", 255, lambda n: message(actions(button(action_id="a" * n))), "elements[0].action_id: "),
    ("button", 75, lambda n: message(actions(button(text=plain("a" * n)))), "blocks[0].elements[0].text: "),
    ("button value", 2000, lambda n: message(actions(button(value="a" * n))), "elements[0].value: "),
    ("button url", 3000, lambda n: message(actions(button(url=url(n)))), "elements[0].url: "),
    ("button label", 75, lambda n: message(actions(button(accessibility_label="a" * n))), "accessibility_label: "),
    ("dialog title", 100, lambda n: message(confirm(title=plain("a" * n))), "elements[0].confirm.title: "),
    ("dialog text", 300, lambda n: message(confirm(text=mrkdwn("a" * n))), "elements[0].confirm.text: "),
    ("dialog yes", 30, lambda n: message(confirm(confirm=plain("a" * n))), "elements[0].confirm.confirm: "),
    ("dialog no", 30, lambda n: message(confirm(deny=plain("a" * n))), "elements[0].confirm.deny: "),
    ("image url", 3000, lambda n: message(picture(image_url=url(n))), "blocks[0].image_url: "),
    ("image alt text", 2000, lambda n: message(picture(alt_text="a" * n)), "blocks[0].alt_text: "),
    ("image title", 2000, lambda n: message(picture(title=plain("a" * n))), "blocks[0].title: "),
    ("options", 100, lambda n: message(actions(select(options=choices(n)))), "elements[0].options: "),
    (
        "option label",
        75,
        lambda n: modal(field(select(options=choices(1, text=plain("a" * n))))),
        "options[0].text: ",
    ),
    ("option value", 150, lambda n: modal(field(select(options=choices(1, value="a" * n)))), "options[0].value: "),
    ("radio buttons", 10, lambda n: modal(field({"type": "radio_buttons", "options": choices(n)})), ".options: "),
    ("checkboxes", 10, lambda n: modal(field({"type": "checkboxes", "options": choices(n)})), ".options: "),
    ("overflow", 5, lambda n: home(section(accessory={"type": "overflow", "options": choices(n)})), ".options: "),
    ("placeholder", 150, lambda n: modal(field(select(placeholder=plain("a" * n)))), "element.placeholder: "),
    ("label", 2000, lambda n: modal(field(label=plain("a" * n))), "blocks[0].label: "),
    ("hint", 2000, lambda n: modal(field(hint=plain("a" * n))), "blocks[0].hint: "),
    ("max_length", 3000, lambda n: modal(field({"type": "plain_text_input", "max_length": n})), "max_length: "),
    ("feedback", 75, lambda n: message(feedback(text=plain("a" * n))), "elements[0].negative_button.text: "),
    ("feedback value", 2000, lambda n: message(feedback(value="a" * n)), "elements[0].negative_button.value: "),
    (
        "rich text",
        3000,
        lambda n: message(rich({"type": "text", "text": "a" * n})),
        "elements[0].elements[0].text: ",
    ),
    ("rich link", 3000, lambda n: message(rich({"type": "link", "url": url(n)})), "elements[0].elements[0].url: "),
    ("list indent", 8, lambda n: message(bullets(indent=n)), "elements[0].indent: "),
    ("title", 24, lambda n: modal(section(), title=plain("a" * n)), "title: "),
    ("submit", 24, lambda n: modal(section(), submit=plain("a" * n)), "submit: "),
    ("close", 24, lambda n: modal(section(), close=plain("a" * n)), "close: "),
    ("private_metadata", 3000, lambda n: home(section(), private_metadata="a" * n), "private_metadata: "),
    ("callback_id", 255, lambda n: modal(section(), callback_id="a" * n), "callback_id: "),
]


def pieces(size: int) -> list[Json]:
    return [{"type": "text", "text": "a" * 1000}] * (size // 1000) + [{"type": "text", "text": "b"}] * (
        size % 1000
    )


def markdown(size: int) -> Json:
    return {"type": "markdown", "text": "a" * size}


def icons(count: int) -> list[Json]:
    return [icon(n) for n in range(count)]


@pytest.mark.parametrize(("most", "build"), [row[1:3] for row in SIZES], ids=[row[0] for row in SIZES])
def test_at_the_limit_it_passes(most: int, build: Callable[[int], Json]) -> None:
    assert problems(build(most)) == []


@pytest.mark.parametrize(("most", "build", "path"), [row[1:] for row in SIZES], ids=[row[0] for row in SIZES])
def test_one_over_the_limit_is_refused_with_its_path(most: int, build: Callable[[int], Json], path: str) -> None:
    found = problems(build(most + 1))
    assert any(path in problem and str(most) in problem for problem in found), found


def test_a_problem_reads_as_a_sentence() -> None:
    payload = message(section(), {"type": "divider"}, actions(button(text=plain("a" * 80))))
    assert message_problems(payload) == ["blocks[2].elements[0].text: 80 characters, at most 75"]


def test_a_real_answer_passes() -> None:
    quoted = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_quote",
                "elements": [{"type": "text", "text": "Salt is old.", "style": {"bold": True}}],
            },
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "make"}], "border": 0},
            *bullets(indent=1, offset=2)["elements"],
        ],
    }
    mixed = rich(
        {"type": "link", "url": "https://example.org/salt", "text": "Salt"},
        {"type": "link", "url": "mailto:a@example.org"},
        {"type": "text", "text": " "},
        {"type": "emoji", "name": "salt"},
        {"type": "user", "user_id": "U1"},
        {"type": "usergroup", "usergroup_id": "S1"},
        {"type": "channel", "channel_id": "C1"},
        {"type": "broadcast", "range": "here"},
        {"type": "date", "timestamp": 1720710212, "format": "{date}", "fallback": "a day in July"},
        {"type": "color", "value": "#F405B3"},
    )
    blocks = [
        header({**plain("Salt"), "emoji": True}),
        section("*Salt* &lt;1&gt;", block_id="lead", expand=True, accessory=picture()),
        quoted,
        mixed,
        {"type": "divider"},
        {"type": "context", "elements": [{**mrkdwn("From <https://example.org|A>"), "verbatim": True}, picture()]},
        actions(button(style="primary", value="q1"), button(action_id="site", url="https://example.org")),
        field({"type": "plain_text_input", "multiline": True}, dispatch_action=True),
        feedback(accessibility_label="Not helpful"),
    ]
    attachments = [{"color": "#abcdef", "blocks": [section()]}]
    about = {"event_type": "answered", "event_payload": {"id": 1}}
    assert message_problems(message(*blocks, attachments=attachments, metadata=about, thread_ts=None)) == []


def test_a_real_modal_passes() -> None:
    chosen = choices(3)
    groups = [{"label": plain("All"), "options": chosen}]
    where = {"include": ["public"], "exclude_bot_users": True}
    elements: list[Json] = [
        {
            "type": "plain_text_input",
            "min_length": 0,
            "max_length": 150,
            "placeholder": plain(),
            "initial_value": "",
        },
        {"type": "url_text_input", "focus_on_load": True},
        {"type": "email_text_input", "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]}},
        {"type": "number_input", "is_decimal_allowed": False, "min_value": "1"},
        {"type": "datepicker", "initial_date": "2024-02-29"},
        {"type": "timepicker", "initial_time": "23:59", "timezone": "Europe/Berlin"},
        {"type": "datetimepicker", "initial_date_time": 1720710212},
        {"type": "static_select", "option_groups": groups, "initial_option": chosen[1]},
        {"type": "multi_static_select", "options": chosen, "initial_options": chosen[:2], "max_selected_items": 2},
        {"type": "external_select", "min_query_length": 1},
        {"type": "users_select", "initial_user": "U1"},
        {"type": "channels_select", "initial_channel": "C1"},
        {"type": "conversations_select", "default_to_current_conversation": True, "filter": where},
        {"type": "multi_conversations_select", "initial_conversations": ["C1"]},
        {"type": "radio_buttons", "options": chosen, "initial_option": chosen[0]},
        {"type": "checkboxes", "options": choices(2, text=mrkdwn("*Often*"))},
    ]
    blocks = [field(element, block_id=f"b{n}", optional=True) for n, element in enumerate(elements)]
    assert (
        view_problems(modal(section(), *blocks, close=plain("Cancel"), notify_on_close=True, external_id="x"))
        == []
    )


def test_a_real_home_tab_passes() -> None:
    menu = {"type": "overflow", "options": choices(1, url="https://example.org"), "action_id": "menu"}
    assert (
        view_problems(home(section(accessory=menu), field(), actions(button()), picture(), callback_id="")) == []
    )


REFUSED: list[tuple[str, Json, str]] = [
    ("nothing", {"channel": "C1"}, "no_text"),
    ("empty", message(text=""), "no_text"),
    ("no fallback", message(section(), text=None), "text: empty"),
    ("undecoded", {"text": "a", "blocks": "[]"}, "blocks: '[]' is not a list"),
    ("a null block", {"text": "a", "blocks": [None]}, "blocks[0]: type None"),
    ("unknown block", message({"type": "carousel"}), "blocks[0]: type 'carousel'"),
    ("unknown element", message(actions({"type": "switch"})), "blocks[0].elements[0]: type 'switch'"),
    ("unknown block field", message(section(colour="red")), "blocks[0].colour: not a field"),
    ("unknown element field", message(actions(button(size=1))), "elements[0].size: not a field"),
    ("unknown text field", message(header({**plain(), "bold": True})), "text.bold: not a field"),
    ("unknown view field", modal(section(), colour="red"), "colour: not a field"),
    ("emoji in mrkdwn", message({"type": "section", "text": {**mrkdwn(), "emoji": True}}), "text.emoji: "),
    ("verbatim in plain text", message(header({**plain(), "verbatim": True})), "text.verbatim: "),
    ("empty section", message(section("")), "blocks[0].text: 0 characters"),
    ("bare section", message({"type": "section"}), "blocks[0]: needs one or more of text, fields"),
    ("mrkdwn header", message(header(mrkdwn())), "blocks[0].text: type 'mrkdwn'"),
    ("mrkdwn button", message(actions(button(text=mrkdwn()))), "elements[0].text: type 'mrkdwn'"),
    ("mrkdwn label", modal(field(label=mrkdwn())), "label: type 'mrkdwn'"),
    ("mrkdwn placeholder", modal(field(select(placeholder=mrkdwn()))), "placeholder: type 'mrkdwn'"),
    ("mrkdwn option in a menu", modal(field(select(options=choices(1, text=mrkdwn())))), "options[0].text: "),
    ("mrkdwn title", modal(section(), title=mrkdwn()), "title: type 'mrkdwn'"),
    ("string for a text object", message(header("Salt")), "blocks[0].text: type None"),
    ("button style", message(actions(button(style="loud"))), "style: 'loud' is not one of primary, danger"),
    ("button url", message(actions(button(url="javascript:x"))), "elements[0].url: "),
    ("no image source", message({"type": "image", "alt_text": "A hill"}), "needs one of image_url, slack_file"),
    ("null for a string", message(picture(image_url=None)), "image_url: None is not a string"),
    ("two image sources", message(picture(slack_file={"id": "F1"})), "needs one of image_url, slack_file"),
    ("no alt text", message({"type": "image", "image_url": url(30)}), "blocks[0].alt_text: missing"),
    ("button in context", message({"type": "context", "elements": [button()]}), "elements[0]: type 'button'"),
    ("text input in actions", message(actions({"type": "plain_text_input"})), "type 'plain_text_input'"),
    ("text input in a section", home(section(accessory={"type": "plain_text_input"})), "accessory: type"),
    ("feedback in actions", message(actions(feedback()["elements"][0])), "type 'feedback_buttons'"),
    ("button in an input", modal(field(button())), "element: type 'button'"),
    ("button in context actions", message(asides(button())), "type 'button'"),
    ("half of the feedback", message(asides({"type": "feedback_buttons"})), "missing"),
    ("markdown in a modal", modal(markdown(3)), "blocks[0]: type 'markdown'"),
    ("feedback in a Home tab", home(feedback()), "blocks[0]: type 'context_actions'"),
    ("no options", modal(field(select(options=[]))), "element.options: 0 items, at least 1"),
    ("neither options nor groups", modal(field({"type": "static_select"})), "needs one of options, option_groups"),
    ("strange initial option", modal(field(select(initial_option=choices(5)[4]))), "initial_option: not among"),
    ("no such day", modal(field({"type": "datepicker", "initial_date": "2023-02-29"})), "initial_date: "),
    ("day of another form", modal(field({"type": "datepicker", "initial_date": "20230228"})), "initial_date: "),
    ("no such time", modal(field({"type": "timepicker", "initial_time": "24:00"})), "initial_time: "),
    ("two in focus", modal(*[field({"type": "url_text_input", "focus_on_load": True})] * 2), "focus_on_load"),
    ("same block_id", message(section(block_id="a"), section(), section(block_id="a")), "blocks[2].block_id: 'a'"),
    ("same action_id", message(actions(button(), button())), "blocks[0].elements[1].action_id: 'more'"),
    ("no title", {"type": "modal", "blocks": [section()]}, "title: missing"),
    ("no submit", {"type": "modal", "title": plain(), "blocks": [field()]}, "submit: missing"),
    ("no blocks in a view", home(), "blocks: 0 items"),
    ("title in a Home tab", home(section(), title=plain()), "title: not a field"),
    ("submit in a Home tab", home(section(), submit=plain()), "submit: not a field"),
    ("legacy attachment", message(section(), attachments=[{"pretext": "a"}]), "attachments[0].pretext: "),
    ("block of an attachment", message(attachments=[{"blocks": [section("")]}]), "blocks[0].text: 0"),
    ("metadata", message(metadata={"event_type": "a"}), "metadata.event_payload: missing"),
    ("empty rich text", message(rich({"type": "text", "text": ""})), "elements[0].elements[0].text: 0 characters"),
    ("empty link text", message(rich({"type": "link", "url": url(30), "text": ""})), "text: 0 characters"),
    ("rich text without pieces", message(rich()), "blocks[0].elements[0].elements: 0 items"),
    ("link to a script", message(rich({"type": "link", "url": "javascript:x"})), "elements[0].url: "),
    ("unknown piece", message(rich({"type": "sticker"})), "elements[0].elements[0]: type 'sticker'"),
    ("unknown part", message({"type": "rich_text", "elements": [{"type": "table"}]}), "0]: type 'table'"),
    ("unknown style", message(rich({"type": "text", "text": "a", "style": {"loud": True}})), "style.loud: "),
    ("style of text", message(rich({"type": "text", "text": "a", "style": {"bold": 1}})), "style.bold: 1 is not"),
    ("list style", message(bullets(style="dash")), "elements[0].style: 'dash'"),
    ("broadcast", message(rich({"type": "broadcast", "range": "world"})), "range: 'world'"),
    ("emoji in code", message(code({"type": "emoji", "name": "salt"})), "elements[0].elements[0]: type 'emoji'"),
]


@pytest.mark.parametrize(("payload", "problem"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_it_is_refused(payload: Json, problem: str) -> None:
    assert any(problem in found for found in problems(payload)), problems(payload)


def test_the_same_action_id_in_two_blocks_is_fine() -> None:
    assert message_problems(message(actions(button()), actions(button()))) == []


def test_an_unknown_view_type_is_refused() -> None:
    assert view_problems({"type": "popup", "blocks": []}) == ["type: type 'popup' is not one of modal, home"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Hello <!channel> and <!here>, <!everyone>", ["<!channel>", "<!here>", "<!everyone>"]),
        ("<@U1> <@U2|bob> <#C1|general> <!subteam^S1>", ["<@U1>", "<@U2>", "<#C1>", "<!subteam^S1>"]),
        (
            "<https://example.org/?a=1&amp;b|A> <mailto:a@b.c>",
            ["link https://example.org/?a=1&b", "link mailto:a@b.c"],
        ),
        ("if a < b and c > d, <|x>", ["< b and c >", "<|x>"]),
        ("&lt;!channel&gt; @here *bold* a > b https://example.org", []),
    ],
)
def test_markup_of_mrkdwn_is_found(words: str, found: list[str]) -> None:
    assert markup_in({"text": words}) == found
    assert markup_in({"text": "", "blocks": [section(words)]}) == found
    assert markup_in(home({"type": "context", "elements": [mrkdwn(words)]})) == found
    assert markup_in(message(section("Plain", fields=[plain(words)]))) == []
    assert markup_in(message(rich({"type": "text", "text": words}))) == []


@pytest.mark.parametrize(
    ("piece", "found"),
    [
        ({"type": "user", "user_id": "U1"}, "<@U1>"),
        ({"type": "channel", "channel_id": "C1"}, "<#C1>"),
        ({"type": "usergroup", "usergroup_id": "S1"}, "<!subteam^S1>"),
        ({"type": "broadcast", "range": "channel"}, "<!channel>"),
        ({"type": "link", "url": "https://example.org/a", "text": "A"}, "link https://example.org/a"),
        ({"type": "date", "timestamp": 1, "format": "{date}", "url": "https://a.org"}, "link https://a.org"),
    ],
)
def test_live_rich_text_is_found(piece: Json, found: str) -> None:
    assert markup_in(message(section(), rich({"type": "text", "text": "See "}, piece))) == [found]


def test_markup_of_a_markdown_block_is_found() -> None:
    block = {"type": "markdown", "text": "<!here> see [A](https://example.org/a)"}
    assert markup_in(message(block)) == ["<!here>", "link https://example.org/a"]


def test_texts_come_in_reading_order() -> None:
    link = {"type": "link", "url": "https://example.org"}
    blocks = [
        section("Lead", accessory=picture()),
        rich({"type": "text", "text": "Said "}, {"type": "user", "user_id": "U1"}, link, {**link, "text": "here"}),
        actions(button()),
        markdown(3),
        field(hint=plain("Hint")),
    ]
    words = ["Lead", "A hill", "Said ", "https://example.org", "here", "More", "aaa", "Name", "Hint"]
    assert list(texts(blocks)) == words
    assert list(texts(None)) == []


@pytest.mark.parametrize("junk", [None, 5, "x", [], {}, [None], {"type": ["modal"]}])
def test_junk_is_refused_and_never_raises(junk: Any) -> None:
    for payload in (message(junk), message(actions(junk)), message(rich(junk)), modal(field(junk, label=junk))):
        assert problems(payload)
        assert markup_in(payload) == []
        list(texts(payload))
