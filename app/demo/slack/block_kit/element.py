"""What people press and fill in. https://docs.slack.dev/reference/block-kit/block-elements/"""

from collections.abc import Iterator
from typing import Any

from app.demo.slack.block_kit.composition import CONFIRM, OPTION, OPTION_GROUP, plain
from app.demo.slack.block_kit.shape import (
    Check,
    array,
    between,
    boolean,
    by_type,
    either,
    link,
    number,
    record,
    said,
    string,
    word,
)

ACTION = {"action_id": string(255), "confirm": CONFIRM, "focus_on_load": boolean}
PLACEHOLDER = {"placeholder": plain(150)}
DISPATCH = {"dispatch_action_config": record({}, {"trigger_actions_on": array(string(50), 2)})}
LONGEST_INPUT = 3000

IMAGE = record({"alt_text": string(2000)}, {"image_url": link(3000)})

BUTTON = record(
    {"text": plain(75)},
    {
        "action_id": string(255),
        "url": link(3000),
        "value": string(2000),
        "style": word("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)

_INPUT = record(
    {},
    {
        **ACTION,
        **PLACEHOLDER,
        **DISPATCH,
        "initial_value": string(LONGEST_INPUT, 0),
        "multiline": boolean,
        "min_length": between(0, LONGEST_INPUT),
        "max_length": between(1, LONGEST_INPUT),
    },
)


def _text_input(value: Any, at: str) -> Iterator[str]:
    complaints = list(_INPUT(value, at))
    yield from complaints
    if not complaints and value.get("min_length", 0) > value.get("max_length", LONGEST_INPUT):
        yield said("must not be greater than max_length", f"{at}/min_length")


def _select(**more: Check) -> Check:
    return record({}, {**ACTION, **PLACEHOLDER, **more})


_STATIC = {"options": array(OPTION, 100), "option_groups": array(OPTION_GROUP, 100)}
_FEW = record({"options": array(OPTION, 10)}, {**ACTION, "initial_options": array(OPTION, 10)})

SELECTS: dict[str, Check] = {
    "static_select": either("options", "option_groups", of=_select(**_STATIC, initial_option=OPTION)),
    "multi_static_select": either(
        "options",
        "option_groups",
        of=_select(**_STATIC, initial_options=array(OPTION, 100), max_selected_items=number),
    ),
    "users_select": _select(initial_user=string(50)),
    "channels_select": _select(initial_channel=string(50), response_url_enabled=boolean),
    "conversations_select": _select(initial_conversation=string(50), response_url_enabled=boolean),
    "checkboxes": _FEW,
    "radio_buttons": record({"options": array(OPTION, 10)}, {**ACTION, "initial_option": OPTION}),
    "datepicker": _select(initial_date=string(10)),
    "timepicker": _select(initial_time=string(5)),
}
IN_ACTIONS: dict[str, Check] = {
    **SELECTS,
    "button": BUTTON,
    "overflow": record({"options": array(OPTION, 5)}, ACTION),
}
IN_SECTION: dict[str, Check] = {**IN_ACTIONS, "image": either("image_url", of=IMAGE)}
IN_INPUT: dict[str, Check] = {**SELECTS, "plain_text_input": _text_input}

ACTION_ELEMENT = by_type(lambda: IN_ACTIONS)
ACCESSORY = by_type(lambda: IN_SECTION)
INPUT_ELEMENT = by_type(lambda: IN_INPUT)
