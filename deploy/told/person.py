"""Who somebody is, and how they say it."""

from checks.message import Ask, Button, Code, Line, Link, Message, Tone


def unlinked(page: str) -> Message:
    return Message(
        tone=Tone.TOLD,
        head=("I do not know yet who you are on GitHub, so nothing is done",),
        lines=(_get_a_code(page), ("Whatever only looks, such as ", Code("status"), ", needs no link.")),
        buttons=_enter(page),
    )


def link_asked(page: str) -> Message:
    return Message(
        tone=Tone.TOLD, head=("Link yourself to your GitHub user",), lines=(_get_a_code(page),), buttons=_enter(page)
    )


def code_refused(page: str) -> Message:
    head = "That code does not count: it was used, is too old, or was never given"
    return Message(tone=Tone.BAD, head=(head,), lines=(_get_a_code(page),), buttons=_enter(page))


def _get_a_code(page: str) -> Line:
    if not page:
        return ("The operator of Interlock has set up no page to link people on.",)
    return ("Get a code on ", Link("the link page", page), ", then type ", Code("/interlock link CODE"), " here.")


def _enter(page: str) -> tuple[Button, ...]:
    return (Button(words="link", label="Enter the code", asks=Ask.CODE),) if page else ()
