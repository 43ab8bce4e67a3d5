"""What somebody hears who says something in a chat: how things stand, what would be done, and what to say instead."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from checks.change import short
from checks.markdown import cut, one_line
from checks.message import Ask, Button, Code, Line, Link, Message, Piece, Strong, Style, Tone
from checks.repository import Repository
from checks.secrets import mask
from deploy.command import NEEDS_REASON, Verb
from deploy.deployment import Deployment, State
from deploy.hold import Hold
from deploy.meaning import Sense, Strange
from deploy.moment import said
from deploy.pipeline import Environment, Service
from deploy.place import Place
from deploy.revert import Commit, came_with
from deploy.why import Cause, Reason, Why, in_question
from deploy.words import USAGE, Call, Deed, Look, Misunderstood, spoken

MOST_LINES = 24
MOST_BUTTONS = 5
MOST_COMMITS = 10
MOST_NAMES = 10
LONGEST_TEXT = 300

HELP = Button(words="help", label="Help")
NEVER_MIND = Button(words="never mind", label="Never mind")

_TROUBLE = frozenset({State.FAILED, State.ERROR, State.REJECTED})

_SEVERITY = (Tone.BAD, Tone.HELD, Tone.WAITS, Tone.MOVES, Tone.GOOD, Tone.TOLD)

_NAMES: Mapping[str, str] = {Deed.RERUN: "Re-run"}
"""What buttons call what people write without a dash."""

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


def plainly(text: str, tone: Tone = Tone.TOLD, *lines: Line, buttons: Sequence[Button] = ()) -> Message:
    return Message(tone=tone, head=(_text(text),), lines=lines, buttons=tuple(buttons))


# --- words that mean nothing, or several things -----------------------------------------------


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
    return plainly(f"That may be {_listed(names, ' or ')}: which do you mean?", buttons=buttons)


def several_commits(beginning: str, calls: Sequence[Call]) -> Message:
    """The same of each commit that begins so, with digits enough to tell them apart."""
    digits = [each.version[:12] for each in calls]
    head = f"{beginning} may be {_listed(digits, ' or ')}: which do you mean?"
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
        Button(words=f"{verb} {said}", label=f"{_NAMES.get(verb) or verb.capitalize()} {name}")
        for name, said in labelled
    ]
    return plainly(f"That may be {_listed(names, ' or ')}: which do you mean?", buttons=buttons)


def refused(why: str, calls: Sequence[Call] = ()) -> Message:
    return plainly(why, Tone.BAD, buttons=[button(each) for each in calls[:MOST_BUTTONS]])


def forbidden(why: str) -> Message:
    """GitHub knows nobody by a name that they gave up, and gives them no right."""
    again: Line = ("If you are called something else on GitHub by now, link yourself again: ", Code("/interlock link"))
    return plainly(why, Tone.BAD, again)


def obeyed(did: str, repository: Repository | None, deployment: Deployment | None) -> Message:
    """What is done, and how to follow what goes on."""
    if repository is None or deployment is None or deployment.state is State.CANCELLED:
        return plainly(did, Tone.GOOD)
    service, environment = deployment.service, deployment.environment.name
    follow = Call(verb=Look.WHY, repository=repository.full_name, service=service, environment=environment)
    return plainly(did, Tone.MOVES, buttons=[Button(words=spoken(follow), label="Why")])


def unsaid(verb: str) -> Message:
    """Too much may be meant to list it."""
    return Message(tone=Tone.TOLD, head=("Say of what: ", Code(USAGE[verb])), buttons=(HELP,))


def _either(names: Sequence[str]) -> Iterator[Piece]:
    for index, name in enumerate(names):
        if index:
            yield " or " if index == len(names) - 1 else ", "
        yield Code(name)


# --- buttons -----------------------------------------------------------------------------------


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
            rest = [_NAMES.get(call.verb) or call.verb.capitalize(), service, version, call.environment]
            return " ".join(each for each in rest if each)


# --- who they are ------------------------------------------------------------------------------


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


# --- what would be done ------------------------------------------------------------------------


def planned(sentence: str, call: Call, version: str) -> Message:
    """The plan, before it counts."""
    sure = button(call, version=version, sure=True)
    return plainly(sentence, Tone.WAITS, buttons=[sure, NEVER_MIND])


# --- help --------------------------------------------------------------------------------------


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


# --- status ------------------------------------------------------------------------------------


class Standing(Struct, frozen=True, kw_only=True):
    """An environment with what happens in it."""

    repository: Repository
    service: Service
    environment: Environment
    here: Place
    holds: tuple[Hold, ...] = ()


def status(standings: Sequence[Standing], now: datetime) -> Message:
    """A line per environment; of several services those first where something is the matter, then a line each."""
    if not standings:
        return plainly("Nothing is delivered yet by the repositories that this workspace may see")
    services: dict[str, list[Standing]] = {}
    for each in standings:
        services.setdefault(f"{each.repository.full_name}/{each.service.name}", []).append(each)
    tones = {name: _worst([_tone(each, now) for each in own]) for name, own in services.items()}
    tone = _worst(list(tones.values()))
    if len(services) == 1:
        [(name, own)] = services.items()
        return Message(tone=tone, head=(Strong(name),), lines=_cut([_standing(each, now) for each in own]))
    lines: list[Line] = []
    for name in sorted(services, key=lambda name: (_SEVERITY.index(tones[name]), name)):
        own = services[name]
        well = tones[name] in (Tone.GOOD, Tone.TOLD)
        lines += [_well(name, own)] if well else [(Strong(name),), *(_standing(each, now) for each in own)]
    return Message(tone=tone, head=(f"{len(services)} services",), lines=_cut(lines))


def _well(name: str, own: Sequence[Standing]) -> Line:
    there = [f"{each.environment.name} {each.here.present.version.name}" for each in own if each.here.present]
    return (Strong(name), f": {' · '.join(there) or 'nothing yet'}")


def _standing(each: Standing, now: datetime) -> Line:
    here = each.here
    parts: list[Line] = [_present(each.repository, here, now)]
    if here.moving and here.moving is not here.present:
        parts.append((commit(each.repository, here.moving.version.sha), f" is {here.moving.state.value}"))
    parts += [
        (commit(each.repository, one.version.sha), f" waits: {_text(one.why or one.state)}") for one in here.waiting
    ]
    newest = in_question(here)
    if newest and newest is not here.present and newest.state in _TROUBLE:
        parts.append((commit(each.repository, newest.version.sha), f" {_ended(newest)}: {_text(newest.why)}"))
    parts += [(_text(hold.sentence),) for hold in each.holds if hold.is_active(now)]
    pieces = [piece for part in parts for piece in (" · ", *part)]
    return (Strong(each.environment.name), ": ", *pieces[1:])


def _present(repository: Repository, here: Place, now: datetime) -> Line:
    present = here.present
    if present is None or present.arrived_at is None:
        return ("nothing yet",)
    since = said(present.live_at or present.arrived_at, now, UTC)
    match present.state:
        case State.LIVE:
            how = f" is live since {since}"
        case State.VERIFYING:
            how = f" is there since {since}, and not verified yet: {_text(present.why)}"
        case _:
            how = f" is there since {since}, and {_ended(present)}: {_text(present.why)}"
    return (commit(repository, present.version.sha), how)


def _ended(deployment: Deployment) -> str:
    if deployment.state is State.REJECTED:
        return "was rejected"
    return "failed" if deployment.state in _TROUBLE else deployment.state.value.replace("_", " ")


def _tone(each: Standing, now: datetime) -> Tone:
    newest = in_question(each.here)
    if newest and newest.state in _TROUBLE:
        return Tone.BAD
    if any(hold.is_active(now) for hold in each.holds):
        return Tone.HELD
    if each.here.waiting:
        return Tone.WAITS
    if each.here.moving:
        return Tone.MOVES
    return Tone.GOOD if each.here.present else Tone.TOLD


def _worst(tones: Sequence[Tone]) -> Tone:
    return next(each for each in _SEVERITY if each in tones)


# --- why ---------------------------------------------------------------------------------------


def why(found: Why, sense: Sense, deployment: Deployment | None) -> Message:
    """Everything that stands in its way; who can decide it, may do so at once."""
    buttons = _decisions(sense, deployment) if deployment else ()
    reasons = [each for each in found.reasons if each.cause is not Cause.LIVE]
    lines: list[Line] = [(f"• {_text(_reason(each, decides=bool(buttons)))}",) for each in reasons]
    if found.present:
        lines.append((f"{found.present}.",))
    return Message(
        tone=_tone_of(found),
        head=(_text(found.title),),
        lines=_cut(lines),
        buttons=buttons,
    )


def _reason(reason: Reason, *, decides: bool) -> str:
    """Buttons say by themselves that somebody can decide here."""
    return (replace(reason, next="") if decides and reason.next.startswith("approve or reject") else reason).sentence


def _tone_of(found: Why) -> Tone:
    if found.state == State.LIVE:
        return Tone.GOOD
    if found.state in _TROUBLE:
        return Tone.BAD
    return Tone.WAITS if found.waits else Tone.MOVES


def _decisions(sense: Sense, deployment: Deployment) -> tuple[Button, ...]:
    asked = any(each.asks_people and not each.state.lets_pass for each in deployment.results)
    if sense.service is None or not deployment.state.is_waiting or not asked:
        return ()
    approve = Call(
        verb=Verb.APPROVE,
        repository=sense.repository.full_name,
        service=deployment.service,
        environment=deployment.environment.name,
        version=deployment.version.id,
    )
    return tuple(
        replace(button(replace(approve, verb=verb), version=deployment.version.name), label=verb.capitalize())
        for verb in (Verb.APPROVE, Verb.REJECT)
    )


# --- where -------------------------------------------------------------------------------------


class Spot(Struct, frozen=True, kw_only=True):
    """Whether an environment has a commit: `has` is the deployment that holds it, `comes` one that waits or moves,
    and `present` what is there instead."""

    service: str
    environment: str
    has: Deployment | None = None
    comes: Deployment | None = None
    present: Deployment | None = None


def where(name: str, repository: Repository, spots: Sequence[Spot], now: datetime) -> Message:
    several = len({each.service for each in spots}) > 1
    lines = [_spot(each, repository, several, now) for each in spots]
    there = [_spot_name(each, several) for each in spots if each.has]
    missing = [_spot_name(each, several) for each in spots if not each.has]
    is_in = f"is in {_listed(there)}" if there else "is in no environment"
    head = f"{name} {is_in}" + (f", not in {_listed(missing)}" if there and missing else "")
    tone = Tone.GOOD if not missing else Tone.WAITS if any(each.comes for each in spots) else Tone.TOLD
    return Message(tone=tone, head=(_text(head),), lines=_cut(lines))


def _spot(each: Spot, repository: Repository, several: bool, now: datetime) -> Line:
    name = (Strong(_spot_name(each, several)), ": ")
    if each.has:
        live = each.has.live_at
        how = f", live since {said(live, now, UTC)}" if live else f", {each.has.state.value}"
        return (*name, "yes, with ", commit(repository, each.has.version.sha), how)
    if each.comes:
        how = f" waits: {_text(each.comes.why)}" if each.comes.state.is_waiting else " is on its way"
        return (*name, "not yet, ", commit(repository, each.comes.version.sha), how)
    if each.present:
        return (*name, "no, it has ", commit(repository, each.present.version.sha))
    return (*name, "no, it has nothing yet")


def _spot_name(each: Spot, several: bool) -> str:
    return f"{each.service} {each.environment}" if several else each.environment


# --- diff --------------------------------------------------------------------------------------


def diff(sense: Sense, base: Deployment, head: str, commits: Sequence[Commit]) -> Message:
    """What would come with `head` to what has `base`: commits, pull requests and people."""
    environment = sense.environment.name if sense.environment else ""
    service = sense.service.name if sense.service else ""
    repository = sense.repository
    if not commits:
        same = f"{environment} of {service} has {base.version.name}, and {short(head)} brings nothing new"
        return plainly(same)
    numbers = [number for each in commits if (number := came_with(each))]
    people = dict.fromkeys(each.author for each in commits if each.author)
    lines: list[Line] = []
    if repository.html_url:
        address = f"{repository.html_url}/compare/{base.version.sha}...{head}"
        lines.append((Link("compare", address), f" {base.version.name} → {short(head)}"))
    if numbers:
        word = "pull request" if len(numbers) == 1 else "pull requests"
        lines.append((f"{len(numbers)} {word}: ", *_pull_requests(repository, numbers)))
    if people:
        lines.append((f"by {_listed([f'@{each}' for each in people])}",))
    newest = list(commits)[::-1]
    lines += [(commit(repository, each.sha), f" {_text(each.subject)}") for each in newest[:MOST_COMMITS]]
    if len(newest) > MOST_COMMITS:
        lines.append((f"and {len(newest) - MOST_COMMITS} more",))
    count = f"{len(commits)} commit{'' if len(commits) == 1 else 's'}"
    return Message(
        tone=Tone.TOLD, head=(f"{count} would go to {environment} of {service} with {short(head)}",), lines=tuple(lines)
    )


def _pull_requests(repository: Repository, numbers: Sequence[str]) -> Iterator[Piece]:
    newest = list(dict.fromkeys(numbers))[::-1]
    for index, number in enumerate(newest[:MOST_NAMES]):
        if index:
            yield " "
        yield Link(f"#{number}", f"{repository.html_url}/pull/{number}") if repository.html_url else f"#{number}"
    if len(newest) > MOST_NAMES:
        yield f" and {len(newest) - MOST_NAMES} more"


# --- pieces ------------------------------------------------------------------------------------


def commit(repository: Repository, sha: str) -> Piece:
    return Link(short(sha), f"{repository.html_url}/commit/{sha}") if repository.html_url else Code(short(sha))


def _cut(lines: Sequence[Line]) -> tuple[Line, ...]:
    if len(lines) <= MOST_LINES:
        return tuple(lines)
    return (*lines[: MOST_LINES - 1], (f"and {len(lines) - MOST_LINES + 1} more",))


def _listed(names: Sequence[str], last: str = " and ") -> str:
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])}{last}{names[-1]}"


def _text(text: str) -> str:
    """What others wrote, on one line, without what nobody may read."""
    return cut(one_line(mask(text)), LONGEST_TEXT)
