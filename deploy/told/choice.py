"""What cannot be understood, or may mean several things: nothing is done before it is clear."""

from collections.abc import Iterator, Sequence

from checks.message import Button, Code, Line, Message, Piece, Tone
from checks.repository import Repository
from deploy.meaning import Sense, Strange
from deploy.spoken import Call
from deploy.told.button import HELP, MOST_BUTTONS, NAMES, button
from deploy.told.line import listed, plainly
from deploy.vocabulary import USAGE
from deploy.words import Misunderstood


def misunderstood(what: Misunderstood) -> Message:
    near: list[Line] = [("Did you mean ", *_either(what.near), "?")] if what.near else []
    return plainly(what.why, Tone.TOLD, *near, buttons=[HELP])


def stranger(what: Strange, buttons: Sequence[Button]) -> Message:
    return plainly(what.why, buttons=buttons[:MOST_BUTTONS])


def several(verb: str, found: Sequence[Sense], calls: Sequence[Call]) -> Message:
    """Nothing is done before it is clear of what."""
    full = len({each.repository.id for each in found}) > 1
    names = [each.name(full=full) for each in found]
    if len(found) > MOST_BUTTONS:
        more = f" and {len(found) - MOST_BUTTONS} more"
        in_full: Line = ("Say it in full: ", Code(USAGE[verb]))
        return plainly(f"That may be {', '.join(names[:MOST_BUTTONS])}{more}", Tone.TOLD, in_full, buttons=[HELP])
    buttons = [button(each, full=full) for each in calls]
    return plainly(f"That may be {listed(names, ' or ')}: which do you mean?", buttons=buttons)


def several_commits(beginning: str, calls: Sequence[Call]) -> Message:
    """The same of each commit that begins so, with digits enough to tell them apart."""
    digits = [each.version[:12] for each in calls]
    head = f"{beginning} may be {listed(digits, ' or ')}: which do you mean?"
    return plainly(head, buttons=[button(each, version=each.version[:12]) for each in calls[:MOST_BUTTONS]])


def several_changes(number: int, found: Sequence[tuple[Repository, str]]) -> Message:
    """`number` is the pull request's, 0 if commits are meant."""
    names = [f"{each.full_name} #{number}" if number else f"{each.full_name} {sha[:12]}" for each, sha in found]
    words = [name if number else f"{each.full_name} {sha}" for name, (each, sha) in zip(names, found, strict=True)]
    return _which("where", names, words)


def several_builds(verb: str, found: Sequence[tuple[Repository, str]]) -> Message:
    names = [f"{each.full_name} {sha[:12]}" for each, sha in found]
    return _which(verb, names, [f"{each.full_name} {sha}" for each, sha in found])


def _which(verb: str, names: Sequence[str], words: Sequence[str]) -> Message:
    labelled = list(zip(names, words, strict=True))[:MOST_BUTTONS]
    buttons = [
        Button(words=f"{verb} {said}", label=f"{NAMES.get(verb) or verb.capitalize()} {name}")
        for name, said in labelled
    ]
    return plainly(f"That may be {listed(names, ' or ')}: which do you mean?", buttons=buttons)


def unsaid(verb: str) -> Message:
    """Too much may be meant to list it."""
    return Message(tone=Tone.TOLD, head=("Say of what: ", Code(USAGE[verb])), buttons=(HELP,))


def _either(names: Sequence[str]) -> Iterator[Piece]:
    for index, name in enumerate(names):
        if index:
            yield " or " if index == len(names) - 1 else ", "
        yield Code(name)
