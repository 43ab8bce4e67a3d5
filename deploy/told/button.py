"""What a button of an answer says, and what is written on it."""

from collections.abc import Mapping

from checks.change import short
from checks.message import Ask, Button, Style
from deploy.command import NEEDS_REASON, Verb
from deploy.spoken import Call, spoken
from deploy.vocabulary import Deed

HELP = Button(words="help", label="Help")


NEVER_MIND = Button(words="never mind", label="Never mind")


MOST_BUTTONS = 5


NAMES: Mapping[str, str] = {Deed.RERUN: "Re-run"}
"""What buttons call what people write without a dash."""


def button(call: Call, *, version: str = "", full: bool = False, sure: bool = False) -> Button:
    """What says it; a reason that is missing is asked for. `version` is what people call it."""
    needs = call.verb in set(NEEDS_REASON) and not call.reason
    return Button(
        words=spoken(call),
        label=label(call, version=version, full=full),
        style=_style(call) if sure else Style.PLAIN,
        asks=Ask.REASON if needs else Ask.NOTHING,
        sure=sure,
    )


def _style(call: Call) -> Style:
    danger = {Verb.ROLLBACK, Verb.EMERGENCY, Verb.OVERRIDE, Verb.REJECT, Verb.HOLD}
    return Style.DANGER if call.verb in danger else Style.PRIMARY


def label(call: Call, *, version: str = "", full: bool = False) -> str:
    """What a button does, as short as it is clear, or with the name of the repository."""
    service = f"{call.repository}/{call.service}" if full and call.service else call.service or call.repository
    version = version or short(call.version) or (f"#{call.number}" if call.number else "")
    what = f"{service} {version}".strip()
    where = f"{call.environment} of {service}" if call.environment else service
    match call.verb:
        case Verb.DEPLOY:
            return f"Deploy {what} to {call.environment}"
        case Verb.PROMOTE:
            return f"Promote {what} to {call.environment}"
        case Verb.EMERGENCY:
            return f"Emergency: {what} to {call.environment}"
        case Verb.REDEPLOY:
            return f"Redeploy {what} to {call.environment}"
        case Verb.ROLLBACK:
            return f"Roll back {where}" + (f" to {version}" if version else "")
        case Verb.APPROVE | Verb.REJECT | Verb.CANCEL if call.environment:
            return f"{call.verb.capitalize()} {what} for {call.environment}"
        case Verb.OVERRIDE:
            return f"Override {call.promotion} for {what} in {call.environment}"
        case Verb.HOLD:
            return f"{call.hold.capitalize()} {where}"
        case Verb.LIFT:
            return f"Let {where} move"
        case _:
            rest = [NAMES.get(call.verb) or call.verb.capitalize(), service, version, call.environment]
            return " ".join(each for each in rest if each)
