"""What somebody fills into the inputs of a modal: what stands there first, what is told of it, and what is missing."""

from typing import Any

from app.demo.slack.message import Json


def initial(element: Json) -> Any:
    """What stands in an input before anybody writes."""
    option = element.get("initial_option")
    options = [each["value"] for each in element.get("initial_options", [])]
    return element.get("initial_value") or (option["value"] if option else None) or options or None


def state(element: Json, given: Any) -> Json:
    """As a view's state tells what stands in an input."""
    kind = element["type"]
    if kind == "plain_text_input":
        return {"type": kind, "value": given or None}
    wanted = given if isinstance(given, list) else [given]
    chosen = [each for each in options(element) if each["value"] in wanted]
    if kind in {"checkboxes", "multi_static_select"}:
        return {"type": kind, "selected_options": chosen}
    if kind in {"static_select", "radio_buttons"}:
        return {"type": kind, "selected_option": chosen[0] if chosen else None}
    name = {"users_select": "user", "channels_select": "channel", "conversations_select": "conversation"}
    return {"type": kind, f"selected_{name.get(kind, kind.removesuffix('picker'))}": given or None}


def options(element: Json) -> list[Json]:
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    return [*element.get("options", []), *grouped]


def objection(block: Json, element: Json, given: Any) -> str:
    """What their Slack says under the input; nothing if it may be sent so."""
    if not given:
        return "" if block.get("optional") else "Please complete this required field."
    if element["type"] != "plain_text_input":
        return ""
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(given) < least:
        return f"At least {least} characters, please."
    return f"At most {most} characters, please." if len(given) > most else ""
