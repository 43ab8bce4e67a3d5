"""Where the versions of a commit are, as the commit's check says it: the answer in a line, the reasons, the buttons."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from checks.change import short
from checks.markdown import code, cut, document, link, one_line, plain, table
from checks.repository import Repository
from checks.secrets import mask
from deploy.check import LONGEST_TITLE, MOST_BUTTONS, MOST_BYTES, Check, Offer, offer
from deploy.command import Verb
from deploy.deployment import Deployment, Kind, State
from deploy.hold import Hold, in_the_way
from deploy.hold import Kind as Holding
from deploy.pipeline import Environment
from deploy.place import Place
from deploy.promotion import Result
from deploy.revert import Commit
from deploy.version import Version

NAME = "Interlock delivery"
MOST_COMMITS = 10
BROKEN = frozenset({State.FAILED, State.ERROR, State.REJECTED, State.ROLLED_BACK})
_STARTING = frozenset({State.REQUESTED, State.READY})
_AGAIN = frozenset({State.CANCELLED, State.FAILED, State.ERROR})

_TITLES = {
    State.REQUESTED: "on its way to",
    State.READY: "on its way to",
    State.DEPLOYING: "deploying to",
    State.VERIFYING: "verifying in",
    State.LIVE: "live in",
    State.ROLLED_BACK: "rolled back in",
    State.REJECTED: "rejected for",
    State.CANCELLED: "given up for",
    State.FAILED: "failed in",
    State.ERROR: "failed in",
}

_STATES = {
    State.REQUESTED: "on its way",
    State.READY: "on its way",
    State.ROLLED_BACK: "rolled back",
    State.CANCELLED: "given up",
    State.ERROR: "failed, not by its own fault",
}

_HELD = {Holding.LOCK: "locked", Holding.FREEZE: "frozen", Holding.PIN: "pinned"}
_LIFTS = {Holding.LOCK: "Unlock", Holding.FREEZE: "Unfreeze", Holding.PIN: "Unpin"}


class Stop(Struct, frozen=True, kw_only=True):
    """An environment on a commit's way: what is there, what holds it, and which commits would come with this one."""

    service: str
    environment: Environment
    here: Place
    holds: tuple[Hold, ...] = ()
    coming: tuple[Commit, ...] = ()

    def own(self, sha: str) -> Deployment | None:
        """What became of the commit here: what moves before what has arrived, and that before what has ended."""
        own = [each for each in self.here.deployments if each.version.sha == sha]
        going = next((each for each in own if each.state.is_waiting or each.state.is_moving), None)
        if going or not own:
            return going
        has_ended = own[0].state in (State.SUPERSEDED, State.CANCELLED)
        return self.here.present if has_ended and self.has(sha) else own[0]

    def has(self, sha: str) -> bool:
        present = self.here.present
        return present is not None and present.version.sha == sha and present.ended_at is None


class Facts(Struct, frozen=True, kw_only=True):
    """`stops` are the environments of all services that the commit has something for, in their order.

    `remark` answers whoever pressed a button last, if nothing came of it.
    """

    repository: Repository
    sha: str
    stops: tuple[Stop, ...]
    remark: str = ""
    now: datetime

    def sendable(self, stop: Stop) -> Version | None:
        """What a person may send there now, as far as the order of environments goes."""
        own = stop.own(self.sha)
        if own and own.state is State.GATED:
            return own.version if self._waits_for_the_order(stop, own) else None
        if own and (own.state not in _AGAIN or stop.has(self.sha)):
            return None
        if not stop.environment.earlier:
            return own.version if own else None
        before = self.earlier(stop)
        live = before.own(self.sha) if before and before.has(self.sha) else None
        if live is None or live.state is not State.LIVE:
            return None
        return live.version if own or not stop.environment.automatic else None

    def earlier(self, stop: Stop) -> Stop | None:
        wanted = (stop.service, stop.environment.earlier)
        return next((each for each in self.stops if (each.service, each.environment.name) == wanted), None)

    def wants_commits(self, stop: Stop) -> bool:
        """Whether it matters which commits would come here."""
        own = stop.own(self.sha)
        return bool(own and own.state is State.GATED) or self.sendable(stop) is not None

    def held(self, stop: Stop) -> Hold | None:
        """What stops it. Whether it is the fix that a pin waits for was found out when it was stopped."""
        own = stop.own(self.sha)
        if own is None or not own.state.is_waiting:
            return None
        forced = own.kind in (Kind.ROLLBACK, Kind.EMERGENCY)
        holds = [each for each in stop.holds if not each.bad or each.sentence == own.why]
        return in_the_way(holds, stop.here.name, own.by, self.now, forced=forced)

    def name(self, stop: Stop) -> str:
        """Its service as well, where there are several."""
        several = len({each.service for each in self.stops}) > 1
        return f"{stop.service} {stop.environment.name}" if several else stop.environment.name

    def _waits_for_the_order(self, stop: Stop, own: Deployment) -> bool:
        return not own.by and not _missing(own) and stop.here.moving is None and self.held(stop) is None


def external_id(repository: int, sha: str) -> str:
    return f"delivery:{repository}:{sha}"


def delivery_check(facts: Facts) -> Check:
    offers = offered(facts)[:MOST_BUTTONS]
    return Check(
        external_id=external_id(facts.repository.id, facts.sha),
        name=NAME,
        sha=facts.sha,
        title=_title(facts),
        summary=document(_summary(facts, offers), MOST_BYTES),
        conclusion=_conclusion(facts),
        offers=offers,
    )


def _conclusion(facts: Facts) -> str | None:
    own = [each for stop in facts.stops if (each := stop.own(facts.sha))]
    if any(each.state in _STARTING or each.state.is_moving for each in own):
        return None
    if any(each.state in BROKEN for each in own):
        return "failure"
    # `action_required` would paint the default branch red, and every commit after it, although nothing is broken.
    if any(each.state is State.GATED for each in own) or not any(each.live_at for each in own):
        return "neutral"
    return "success"


# --- the title ---------------------------------------------------------------------------------


def _title(facts: Facts) -> str:
    """`Live in staging · production waits for approval`: environments of which the same is said are said together."""
    said: dict[str, list[str]] = {}
    for stop in facts.stops:
        if phrase := _phrase(facts, stop):
            said.setdefault(phrase, []).append(facts.name(stop))
    parts = [_together(phrase, names) for phrase, names in said.items()]
    title = one_line(mask(" · ".join(parts))) or "not deployed anywhere"
    return cut(title[0].upper() + title[1:], LONGEST_TITLE)


def _together(phrase: str, names: list[str]) -> str:
    if phrase.startswith("…"):
        return " · ".join(f"{name}{phrase.removeprefix('…')}" for name in names)
    return f"{phrase} {_listed(names)}"


def _phrase(facts: Facts, stop: Stop) -> str:
    """What comes before the name of the environment, or with `…` after it."""
    own = stop.own(facts.sha)
    if own is None:
        return "ready for" if _is_next(facts, stop) else ""
    match own.state:
        case State.GATED:
            return f"… {_waits(facts, stop, own)}"
        case State.SUPERSEDED:
            return "replaced in" if own.live_at else "superseded for"
        case _:
            return _TITLES[own.state]


def _waits(facts: Facts, stop: Stop, own: Deployment) -> str:
    if held := facts.held(stop):
        return f"is {_HELD[held.kind]}"
    missing = _missing(own)
    if not missing:
        return f"waits for {stop.here.moving.version.name}" if stop.here.moving else "waits for a person"
    return "waits for approval" if _asks_people(own) else f"waits for {missing[0].name}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


# --- the summary -------------------------------------------------------------------------------


def _summary(facts: Facts, offers: Sequence[Offer]) -> Iterator[str]:
    if facts.remark:
        yield f"**{plain(mask(facts.remark))}**"
    rows = [_row(facts, stop) for stop in facts.stops]
    yield table(("environment", "version", "state", "since", "why"), rows)
    for stop in facts.stops:
        if facts.wants_commits(stop):
            yield from _coming(facts, stop)
    yield _next(facts, offers)


def _row(facts: Facts, stop: Stop) -> tuple[str, ...]:
    own, present = stop.own(facts.sha), stop.here.present
    name = plain(facts.name(stop))
    if own is None and not _is_next(facts, stop):
        earlier = stop.environment.earlier
        return name, "–", "not yet", "–", f"comes after {plain(earlier)}" if earlier else ""
    there = _commit(facts, present.version.sha) if present else "–"
    if own is None:
        return name, there, f"{short(facts.sha)} is ready", "–", "goes there by hand"
    if own.state is State.GATED:
        held = facts.held(stop)
        return name, there, f"{short(facts.sha)} waits", "–", _why(held.sentence if held else own.why)
    return name, _commit(facts, facts.sha), _state(own), _since(own), _why(own.why)


def _state(own: Deployment) -> str:
    if own.state is State.LIVE:
        return "live, verified" if own.environment.after else "live"
    if own.state is State.SUPERSEDED:
        return "replaced" if own.live_at else "superseded"
    return _STATES.get(own.state, own.state)


def _since(own: Deployment) -> str:
    """A time and no duration: nobody writes a check anew because a minute passed."""
    at = own.ended_at or own.live_at or own.arrived_at
    return f"{at:%-d %b %H:%M} UTC" if at else "–"


def _coming(facts: Facts, stop: Stop) -> Iterator[str]:
    present, coming = stop.here.present, stop.coming
    if present is None or not coming:
        return
    number = f"{len(coming)} commit{'' if len(coming) == 1 else 's'}"
    compare = f"{facts.repository.html_url}/compare/{present.version.sha}...{facts.sha}"
    lines = [f"{number} would go to {plain(facts.name(stop))} · {link('compare', compare)}", ""]
    lines += [f"- {_commit(facts, each.sha)} {plain(mask(each.subject), 120)}" for each in coming[::-1][:MOST_COMMITS]]
    if len(coming) > MOST_COMMITS:
        lines.append(f"- and {len(coming) - MOST_COMMITS} more")
    yield "\n".join(lines)


def _next(facts: Facts, offers: Sequence[Offer]) -> str:
    if _conclusion(facts) is None:
        return "**Next:** nothing; it goes on by itself."
    go_on = [each for each in offers if each.verb is not Verb.ROLLBACK]
    if go_on:
        return f"**Next:** press *{plain(go_on[0].label)}*."
    if _conclusion(facts) == "failure":
        return "**Next:** push a fix" + (f", or press *{plain(offers[0].label)}*." if offers else ".")
    return ""


def _commit(facts: Facts, sha: str) -> str:
    return link(code(short(sha)), f"{facts.repository.html_url}/commit/{sha}")


def _why(why: str) -> str:
    return plain(mask(why), 300)


# --- the buttons -------------------------------------------------------------------------------


def offered(facts: Facts) -> tuple[Offer, ...]:
    """What lets it go on, then what takes it back, where people use it first, then what lets a hold go."""
    stops = facts.stops
    backwards = sorted(stops, key=lambda stop: stop.environment.production)[::-1]
    wanted = [
        *(_approve(facts, stop) for stop in stops),
        *(_send(facts, stop) for stop in stops),
        *(_roll_back(facts, stop) for stop in backwards),
        *(_lift(facts, stop) for stop in stops),
    ]
    return tuple(each for each in wanted if each)


def why_not(facts: Facts, old: Offer) -> str:
    """Why what a button said is not what would happen now; "" if it is."""
    if any(each.identifier == old.identifier for each in offered(facts)):
        return ""
    name, commit = old.environment, short(facts.sha)
    stop = next((each for each in facts.stops if (each.service, each.environment.name) == (old.service, name)), None)
    if stop is None:
        return f"there is no {name} of {old.service} any more"
    match old.verb:
        case Verb.ROLLBACK:
            return _why_not_back(facts, stop)
        case Verb.LIFT:
            held = next((each.sentence for each in stop.holds if each.is_active(facts.now) and each.id != old.seen), "")
            return f"{name} is {held}; look at that first" if held else f"nothing holds {commit} in {name} now"
    if stop.has(facts.sha):
        return f"{name} has {commit} already"
    own = stop.own(facts.sha)
    if old.verb is Verb.APPROVE and own and own.state.is_waiting:
        return f"{commit} needs no approval for {name} any more"
    if old.verb is Verb.APPROVE:
        instead = f", but {stop.here.waiting[0].version.name}" if stop.here.waiting else ""
        return f"{commit} does not wait for {name} any more{instead}"
    is_going = own is not None and (own.state.is_waiting or own.state.is_moving)
    return f"{commit} is on its way to {name} already" if is_going else f"{commit} cannot go to {name} any more"


def _why_not_back(facts: Facts, stop: Stop) -> str:
    name, present = stop.environment.name, stop.here.present
    if stop.has(facts.sha):
        return f"{name} is on its way back already"
    has = present.version.name if present else "nothing"
    return f"{name} has {has} by now, so {short(facts.sha)} cannot be rolled back"


def _approve(facts: Facts, stop: Stop) -> Offer | None:
    own = stop.own(facts.sha)
    if own is None or own.state is not State.GATED or not _asks_people(own):
        return None
    name = stop.environment.name
    says = f"Let {stop.service} {own.version.name} into {name}"
    made = offer(Verb.APPROVE, (f"Approve {name}", "Approve"), says, service=stop.service, environment=name)
    return replace(made, version=own.version.id)


def _send(facts: Facts, stop: Stop) -> Offer | None:
    version = facts.sendable(stop)
    if version is None or not _is_ahead(stop):
        return None
    name = stop.environment.name
    own = stop.own(facts.sha)
    takes_over = bool(stop.environment.earlier) and not (own and own.state is State.GATED)
    verb = Verb.PROMOTE if takes_over else Verb.DEPLOY
    says = f"{stop.service} {version.name} goes to {name}"
    made = offer(verb, (f"Deploy to {name}", "Deploy"), says, service=stop.service, environment=name)
    return replace(made, version=version.id)


def _roll_back(facts: Facts, stop: Stop) -> Offer | None:
    present, good = stop.here.present, stop.here.good_before
    if present is None or good is None or not stop.has(facts.sha):
        return None
    going = [*stop.here.waiting, *([stop.here.moving] if stop.here.moving else [])]
    if any(each.undoes == present.id for each in going):
        return None
    name = stop.environment.name
    says = f"Put {stop.service} {good.version.name} back into {name}"
    made = offer(Verb.ROLLBACK, (f"Roll back {name}", "Roll back"), says, service=stop.service, environment=name)
    return replace(made, version=good.version.id, seen=present.version.id)


def _lift(facts: Facts, stop: Stop) -> Offer | None:
    """Only what holds this environment and no other, and nothing that the person would not see."""
    held = facts.held(stop)
    here = [each for each in stop.holds if each.scope == stop.here.name and each.is_active(facts.now)]
    if held is None or here != [held]:
        return None
    name, verb = stop.environment.name, _LIFTS[held.kind]
    says = f"Let {name} of {stop.service} move again"
    made = offer(Verb.LIFT, (f"{verb} {name}", verb), says, service=stop.service, environment=name)
    return replace(made, seen=held.id)


# --- rules that title, summary and buttons share -----------------------------------------------


def _missing(own: Deployment) -> list[Result]:
    return [each for each in own.results if not each.state.lets_pass]


def _asks_people(own: Deployment) -> bool:
    return any(each.asks_people for each in _missing(own))


def _is_next(facts: Facts, stop: Stop) -> bool:
    return facts.sendable(stop) is not None and _is_ahead(stop)


def _is_ahead(stop: Stop) -> bool:
    """Nothing is there yet, or the commit has something that is new there."""
    return stop.here.present is None or bool(stop.coming)
