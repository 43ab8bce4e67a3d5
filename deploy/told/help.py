"""All that one can say, and an example of each."""

from collections.abc import Mapping, Sequence

from checks.message import Code, Line, Message, Strong, Tone
from deploy.command import Verb
from deploy.vocabulary import USAGE, Deed, Look

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "Look": (Look.STATUS, Look.WHY, Look.WHERE, Look.DIFF),
    "Move": (Verb.DEPLOY, Verb.PROMOTE, Verb.APPROVE, Verb.REJECT, Verb.REDEPLOY, Verb.CANCEL),
    "In trouble": (Verb.ROLLBACK, Verb.EMERGENCY, Verb.OVERRIDE, Verb.HOLD, Verb.LIFT),
    "Builds": (Deed.RERUN,),
    "You": (Look.WHOAMI, Deed.LINK, Deed.UNLINK),
}


_EXAMPLES: Mapping[str, str] = {
    Verb.DEPLOY: "deploy web 4f2a91c to production",
    Verb.PROMOTE: "promote acme/shop/web to production",
    Verb.EMERGENCY: "emergency web 4f2a91c to production because the site is down",
    Verb.REDEPLOY: "redeploy web staging",
    Verb.ROLLBACK: "rollback web production because totals are wrong",
    Verb.APPROVE: "approve web production because Ana has looked",
    Verb.REJECT: "reject web production because prices are wrong",
    Verb.OVERRIDE: "override office-hours web production because it cannot wait",
    Verb.CANCEL: "cancel web production",
    Verb.HOLD: "hold web production until 2h because of the audit",
    Verb.LIFT: "lift web production",
    Look.WHY: "why web production",
    Look.WHERE: "where #812",
    Look.DIFF: "diff web production",
    Look.STATUS: "status acme/shop",
    Look.HELP: "help rollback",
    Look.WHOAMI: "whoami",
    Deed.RERUN: "rerun 4f2a91c",
    Deed.LINK: "link",
    Deed.UNLINK: "unlink",
}


def helped(verb: str = "") -> Message:
    if verb in USAGE:
        example: Line = ("For example: ", Code(_EXAMPLES[verb]))
        return Message(tone=Tone.TOLD, head=(Code(USAGE[verb]),), lines=(example,))
    lines = [_group(name, verbs) for name, verbs in _GROUPS.items()]
    more: Line = (
        "SERVICE is web, shop/web or acme/shop/web; COMMIT its first digits. ",
        Code("help VERB"),
        " tells more.",
    )
    return Message(
        tone=Tone.TOLD,
        head=("What you can say after ", Code("/interlock"), " or ", Code("/deploy")),
        lines=(*lines, more),
    )


def _group(name: str, verbs: Sequence[str]) -> Line:
    examples = [piece for verb in verbs for piece in (" · ", Code(_EXAMPLES[verb]))]
    return (Strong(f"{name}: "), *examples[1:])
