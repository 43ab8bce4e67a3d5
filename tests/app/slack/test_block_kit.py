"""A message as Slack draws it: nothing in it is markup, and no limit is ever reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.slack.block_kit import content
from app.slack import block_kit
from app.slack.block_kit import blocks, clean
from checks.message import Ask, Button, Code, Link, Message, Piece, Strong, Style, Tone
from tests.app.slack.limits import check

texts = st.text(st.characters(), max_size=60) | st.sampled_from(
    ["", " ", "<!channel> @here *b* `c` &amp;", "x" * 2999, "\x00\u202e\ud800", "a\nb", "<https://a.b|c>", "…" * 400]
)
addresses = st.sampled_from(["https://a.b/c", "http://a", "javascript:alert(1)", "", "https://a b", "https://a/<b>"])
long_addresses = st.integers(0, 3000).map(lambda size: "https://a.b/" + "c" * size)
pieces = texts | st.builds(Code, texts) | st.builds(Strong, texts) | st.builds(Link, texts, addresses | long_addresses)
lines = st.lists(pieces, max_size=5).map(tuple)
words = st.sampled_from(["promote web to production", "", " ", "x" * 1999, "x" * 2001, "a\nb", "\ud800"])
buttons = st.builds(
    Button,
    words=words,
    label=texts,
    style=st.sampled_from(Style),
    asks=st.sampled_from(Ask),
    confirm=texts,
    sure=st.booleans(),
)
messages = st.builds(
    Message,
    tone=st.sampled_from(Tone),
    head=lines,
    lines=st.lists(lines, max_size=5).map(tuple),
    buttons=st.lists(buttons, max_size=5).map(tuple),
)


@given(messages)
def test_slack_takes_any_message(message: Message) -> None:
    drawn = block_kit.body(message)
    check(drawn)
    assert content(drawn, str).blocks


@given(lines)
def test_slack_takes_any_line(line: tuple[str, ...]) -> None:
    check(block_kit.line(line))


def message(*head: Piece, **more: object) -> Message:
    return Message(tone=Tone.WAITS, head=head, **more)  # type: ignore[arg-type]


def section(*elements: dict[str, object]) -> dict[str, object]:
    return {"type": "rich_text_section", "elements": list(elements)}


def text(text: str, **style: bool) -> dict[str, object]:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def label(text: str) -> dict[str, object]:
    return {"type": "plain_text", "text": text, "emoji": False}


def test_a_message_is_lines_of_text_and_buttons_that_say_words() -> None:
    drawn = block_kit.body(
        message(
            "web ",
            Strong("1.8.0"),
            lines=(
                ("from ", Code("77aa0be"), ": ", Link("4 commits", "https://github.com/acme/web/compare/a...b")),
                ("",),
            ),
            buttons=(
                Button(words="approve web production", label="Approve", style=Style.PRIMARY),
                Button(words="reject web production", label="Reject", asks=Ask.REASON),
            ),
        )
    )
    assert drawn == {
        "text": "▲ web 1.8.0",
        "blocks": [
            {
                "type": "rich_text",
                "elements": [
                    section(text("▲ web "), text("1.8.0", bold=True)),
                    section(
                        text("from "),
                        text("77aa0be", code=True),
                        text(": "),
                        {"type": "link", "url": "https://github.com/acme/web/compare/a...b", "text": "4 commits"},
                    ),
                ],
            },
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "action_id": "say:0",
                        "text": label("Approve"),
                        "value": "approve web production",
                        "style": "primary",
                    },
                    {
                        "type": "button",
                        "action_id": "reason:1",
                        "text": label("Reject"),
                        "value": "reject web production",
                    },
                ],
            },
        ],
    }


def test_what_looks_like_markup_stays_as_it_is() -> None:
    drawn = block_kit.body(message("<!channel> *b* `c` @here & <https://evil.example|web>"))
    assert drawn["text"] == "▲ &lt;!channel&gt; *b* `c` @here &amp; &lt;https://evil.example|web&gt;"
    assert drawn["blocks"][0]["elements"] == [section(text("▲ <!channel> *b* `c` @here & <https://evil.example|web>"))]


def test_a_link_that_leads_elsewhere_than_to_the_web_is_text() -> None:
    for url in ("javascript:alert(1)", "file:///etc/passwd", "https://a b", "slack://open", ""):
        drawn = block_kit.body(message(Link("web", url)))
        assert drawn["blocks"][0]["elements"] == [section(text("▲ "), text("web"))]


@pytest.mark.parametrize(
    ("text", "url", "shown"),
    [
        ("production", "https://shop.example.org", "production"),
        ("shop.example.org", "https://shop.example.org/live", "shop.example.org"),
        ("https://shop.example.org", "https://evil.example/x", "https://shop.example.org (evil.example)"),
        ("shop.example.org", "https://evil.example/shop.example.org", "shop.example.org (evil.example)"),
        ("shop.example.org", "https://shop.example.org@evil.example", "shop.example.org (evil.example)"),
        ("4.5.1", "https://evil.example/x", "4.5.1"),
        ("shop.example.org", "https://[", "shop.example.org"),
    ],
)
def test_a_link_that_looks_like_another_says_where_it_leads(text: str, url: str, shown: str) -> None:
    message = Message(tone=Tone.TOLD, head=("x",), lines=((Link(text, url),),))
    assert blocks(message)[0]["elements"][1]["elements"][0]["text"] == shown


def test_nothing_unseen_turns_or_hides_what_is_read() -> None:
    assert (
        clean("a\u202eb\u200fc\u200bd\u061ce\u2060f\xadg \U0001f468\u200d\U0001f469")
        == "abcdefg \U0001f468\u200d\U0001f469"
    )


def test_secrets_are_masked_wherever_they_come() -> None:
    secret = "ghp_" + "a1B2" * 9
    drawn = block_kit.body(
        message(
            "token ",
            secret,
            lines=((Code(secret),), (Link(secret, "https://a.b"),), (secret[:20], secret[20:])),
            buttons=(Button(words="help", label=secret, confirm=f"with {secret}"),),
        )
    )
    assert (drawn["text"], secret in str(drawn), str(drawn).count("***")) == ("▲ token ***", False, 9)


def test_a_long_message_is_cut_and_says_so() -> None:
    drawn = block_kit.body(message("x" * 2990, lines=(("y" * 20,), ("never seen",))))
    (block,) = drawn["blocks"]
    assert [each["elements"][-1]["text"] for each in block["elements"]] == ["▲ " + "x" * 2990, "y" * 7 + "…"]


def test_a_notification_is_cut_between_characters() -> None:
    assert block_kit.escaped("&" * 2000) == "&amp;" * 599 + "…"


def test_a_button_whose_words_slack_cannot_hold_is_left_out() -> None:
    said = (" ", "x" * 2001, "status", "deploy\nweb")
    drawn = block_kit.buttons([Button(words=words, label="Press") for words in said])
    assert [(each["value"], each["action_id"]) for each in drawn] == [("status", "say:2")]


def test_many_pieces_addresses_and_buttons_stay_below_what_slack_takes() -> None:
    address = "https://a.b/" + "c" * 1900
    piece = (Link("x", address), Code("y"))
    check(
        block_kit.body(
            message(
                *piece * 400,
                lines=(piece * 10,) * 60,
                buttons=[Button(words="x" * 400, label="y" * 80, confirm="z" * 400)] * 30,
            )
        )
    )


def test_at_most_25_buttons_are_drawn() -> None:
    drawn = block_kit.buttons([Button(words=f"why {at}", label=str(at)) for at in range(30)])
    assert [each["value"] for each in drawn] == [f"why {at}" for at in range(25)]


def test_the_kind_of_a_press_is_in_its_name() -> None:
    kinds = [(asks, sure) for asks in Ask for sure in (False, True)]
    names = [block_kit.action_id(Button(words="x", label="x", asks=asks, sure=sure), 3) for asks, sure in kinds]
    assert names == ["say:3", "sure:3", "note:3", "note-sure:3", "reason:3", "reason-sure:3", "code:3", "code-sure:3"]


def test_what_will_happen_is_said_before_it_counts() -> None:
    (drawn,) = block_kit.buttons(
        [
            Button(
                words="rollback web production",
                label="Roll back",
                style=Style.DANGER,
                confirm="Roll back production to 1.7.3",
                sure=True,
            )
        ]
    )
    assert drawn["action_id"] == "sure:0"
    assert drawn["confirm"] == {
        "title": label("Roll back"),
        "text": label("Roll back production to 1.7.3"),
        "confirm": label("Roll back"),
        "deny": label("Cancel"),
        "style": "danger",
    }
