"""Somebody says something in a chat: it is looked up, or commanded in the name of who they are, and answered."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from checks.change import short
from checks.errors import Permanent
from checks.events import BuildsUnwanted, Event, RerunOfAllRequested
from checks.message import Message, Tone
from checks.repository import Repository
from deploy import spoken, told, words
from deploy.command import NEEDS_REASON, NOTHING, Command, Verb, Via
from deploy.deployment import Kind
from deploy.events import AnswerDue, CommandGiven, CommandObeyed, CommandRefused, WordsSaid
from deploy.facts import facts_of
from deploy.flow import look
from deploy.meaning import Seen, Sense, senses
from deploy.pipeline import Environment
from deploy.plan import (
    Action,
    Cancel,
    Decide,
    Facts,
    LiftHolds,
    Override,
    PlaceHold,
    Plan,
    Refused,
    RollBack,
    Send,
    Unknown,
    plan,
)
from deploy.ports import CD
from deploy.speech import Person, Said
from deploy.vocabulary import Deed, Look
from deploy.words import Meant, Misunderstood

NOT_SAID = "…"
"""Stands for a reason that is asked for with the plan."""


async def hear(event: WordsSaid, cd: CD) -> Sequence[Event]:
    """What is not clear, may not be, or should be read once more before it counts is answered, and not done."""
    said = event.said
    meant = words.meant(said.words)
    if isinstance(meant, Misunderstood):
        return _answered(said, told.misunderstood(meant))
    try:
        return await _heard(_timed(meant, said.at), said, cd)
    except Permanent as refusal:
        return _answered(said, told.plainly(str(refusal), Tone.BAD))


async def tell_obeyed(event: CommandObeyed | CommandRefused, cd: CD) -> Sequence[Event]:
    """Whoever commanded in a chat hears there what was done, or why nothing was."""
    if event.via is not Via.SLACK:
        return ()
    if isinstance(event, CommandRefused):
        return [AnswerDue(speech=event.command, answer=told.plainly(event.why, Tone.BAD))]
    deployment = await cd.deployments.find(event.deployment) if event.deployment else None
    repository = await cd.repositories.get(deployment.version.repository) if deployment else None
    return [AnswerDue(speech=event.command, answer=told.obeyed(event.did, repository, deployment))]


async def answer(event: AnswerDue, cd: CD) -> Sequence[Event]:
    """Whoever said it hears the answer, and nobody else."""
    await cd.answers.give(event.speech, event.answer)
    return ()


def _timed(meant: Meant, at: datetime) -> Meant:
    return replace(meant, until=at + meant.until) if isinstance(meant.until, timedelta) else meant


def _answered(said: Said, message: Message) -> Sequence[Event]:
    return [AnswerDue(speech=said.id, answer=message)]


async def _heard(meant: Meant, said: Said, cd: CD) -> Sequence[Event]:
    match meant.verb:
        case Look.HELP:
            return _answered(said, told.helped(meant.names[0] if meant.names else ""))
        case Look.NOTHING:
            return _answered(said, told.plainly("Nothing was done"))
        case Look.WHOAMI | Deed.LINK | Deed.UNLINK:
            return _answered(said, await _about_themselves(meant, said, cd))
    visible = await look.seen(said.speaker.workspace, meant, cd)
    if meant.verb in set(Look):
        return _answered(said, await look.look(meant, visible, cd))
    person = await cd.links.person(said.speaker)
    if person is None:
        return _answered(said, told.unlinked(cd.links.page))
    if meant.verb == Deed.RERUN or _is_of_builds(meant, visible):
        return await _build(meant, visible, person, said, cd)
    return await _command(meant, visible, person, said, cd)


# --- who they are ------------------------------------------------------------------------------


async def _about_themselves(meant: Meant, said: Said, cd: CD) -> Message:
    if meant.verb == Deed.LINK:
        return await _linked(meant.code, said, cd)
    if meant.verb == Deed.UNLINK:
        gone = await cd.links.unlink(said.speaker)
        return told.plainly(f"You are not linked to @{gone.login} any more" if gone else "You are linked to nobody")
    person = await cd.links.person(said.speaker)
    return told.plainly(f"You are @{person.login} on GitHub") if person else told.unlinked(cd.links.page)


async def _linked(code: str, said: Said, cd: CD) -> Message:
    if not code:
        return told.link_asked(cd.links.page)
    person = await cd.links.link(said.speaker, code)
    if person is None:
        return told.code_refused(cd.links.page)
    return told.plainly(f"You are @{person.login} on GitHub: what you say here is done in that name", Tone.GOOD)


# --- commands ----------------------------------------------------------------------------------


async def _command(meant: Meant, visible: Sequence[Seen], person: Person, said: Said, cd: CD) -> Sequence[Event]:
    sense = _scope(meant, visible)
    if isinstance(sense, Message):
        return _answered(said, sense)
    command = _given(meant, sense, person, said)
    asks = command.verb in NEEDS_REASON and not command.reason
    facts = await facts_of(replace(command, reason=NOT_SAID) if asks else command, cd)
    try:
        planned = plan(facts)
    except Refused as refusal:
        return _answered(said, _refused(refusal, meant, sense, facts))
    if waiting := _waiting(facts):
        calls = [sense.call(replace(meant, version=sha)) for sha in waiting]
        return _answered(said, told.several_commits("That", calls))
    exact, name = _exact(command, planned.action, facts)
    if asks or (not said.sure and _is_dangerous(planned)):
        call = spoken.call(exact, facts.full_name)
        return _answered(said, told.planned(planned.sentence, call, name))
    return [CommandGiven(command=exact.id, given=exact, by=exact.by)]


def _scope(meant: Meant, visible: Sequence[Seen]) -> Sense | Message:
    """What is commanded: an environment, or anything where holds are meant."""
    if meant.verb not in (Verb.HOLD, Verb.LIFT):
        chosen = look.one(meant, visible)
        return chosen if isinstance(chosen, Message) else chosen[0]
    found = senses(meant, visible)
    if not found:
        return look.unknown(meant, visible)
    return found[0] if len(found) == 1 else look.several(meant, found)


def _given(meant: Meant, sense: Sense, person: Person, said: Said) -> Command:
    return Command(
        id=said.id,
        verb=Verb(meant.verb),
        repository=sense.repository.id,
        service=sense.service.name if sense.service else "",
        environment=sense.environment.name if sense.environment else "",
        version=meant.version,
        reason=meant.reason,
        promotion=meant.promotion,
        seen=meant.seen,
        hold=meant.hold,
        until=meant.until if isinstance(meant.until, datetime) else None,
        by=person.login,
        by_id=person.id,
        via=Via.SLACK,
        at=said.at,
    )


def _exact(command: Command, action: Action, facts: Facts) -> tuple[Command, str]:
    """The same command of what is there now and of nothing else, and what people call the version."""
    match action:
        case Send(version=version, environment=environment):
            return replace(command, version=version.id, seen=_there(environment, command, facts)), version.name
        case RollBack(bad=bad, good=good):
            return replace(command, version=good.version.id, seen=bad.version.id), good.version.name
        case Override(deployment=deployment, promotion=name):
            return replace(command, version=deployment.version.id, promotion=name), deployment.version.name
        case Decide(deployment=deployment) | Cancel(deployment=deployment):
            return replace(command, version=deployment.version.id), deployment.version.name
        case LiftHolds(holds=holds):
            return replace(command, seen=holds[-1].id), ""
        case PlaceHold():
            return command, ""


def _there(environment: Environment, command: Command, facts: Facts) -> str:
    """What is there, for what may be done again and again, and for what somebody reads before it counts."""
    if command.verb not in (Verb.REDEPLOY, Verb.EMERGENCY) and not environment.production:
        return ""
    present = facts.places[environment.name].present
    return present.id if present else NOTHING


def _waiting(facts: Facts) -> Sequence[str]:
    """The commits of which one is meant, where several wait and nobody said well enough which."""
    command = facts.command
    if command.verb not in (Verb.APPROVE, Verb.REJECT, Verb.CANCEL):
        return ()
    waiting = [each.version.sha for each in facts.places[command.environment].waiting]
    commits = list(dict.fromkeys(sha for sha in waiting if sha.startswith(command.version)))
    return commits if len(commits) > 1 else ()


def _is_dangerous(planned: Plan) -> bool:
    """Whether somebody should read the plan before it counts."""
    match planned.action:
        case Send(environment=environment, kind=kind):
            return environment.production or kind is Kind.EMERGENCY
        case Decide(deployment=deployment, approved=approved):
            return not approved or deployment.environment.production
        case Cancel():
            return False
        case _:
            return True


def _refused(refusal: Refused, meant: Meant, sense: Sense, facts: Facts) -> Message:
    """With a button for everything that may have been meant instead."""
    if not facts.may:
        return told.forbidden(str(refusal))
    commits = list(dict.fromkeys(each.sha for each in facts.versions))
    if len(commits) > 1:
        return told.several_commits(meant.version, [sense.call(replace(meant, version=sha)) for sha in commits])
    here = facts.places.get(facts.command.environment)
    if isinstance(refusal, Unknown) and facts.command.verb is Verb.OVERRIDE and here:
        waiting = [each for each in (*here.waiting, here.moving) if each]
        names = [each.name for each in waiting[0].results if not each.state.lets_pass] if waiting else []
        calls = [sense.call(replace(meant, promotion=name)) for name in names]
        return told.refused(str(refusal), calls)
    if facts.command.verb is Verb.DEPLOY and not meant.version and sense.environment and sense.environment.earlier:
        return told.refused(str(refusal), [sense.call(replace(meant, verb=Verb.PROMOTE))])
    return told.refused(str(refusal))


# --- builds ------------------------------------------------------------------------------------


def _is_of_builds(meant: Meant, visible: Sequence[Seen]) -> bool:
    """Only what names no service and no environment can be a build to cancel."""
    if meant.verb != Verb.CANCEL or not meant.version:
        return False
    return not meant.places or any(each.service is None for each in senses(meant, visible))


async def _build(meant: Meant, visible: Sequence[Seen], person: Person, said: Said, cd: CD) -> Sequence[Event]:
    if meant.places and not senses(meant, visible):
        return _answered(said, look.unknown(meant, visible))
    repositories = list({each.repository.id: each.repository for each in senses(meant, visible)}.values())
    if not meant.version and len(repositories) > told.MOST_BUTTONS:
        return _answered(said, told.unsaid(meant.verb))
    found = await _built(meant, {each.id: each for each in repositories}, cd)
    if len(found) != 1:
        return _answered(said, _which(meant, found))
    [(repository, sha)] = found
    if not await cd.around.may(repository, person.login, "write", person.id):
        why = f"@{person.login} may not {meant.verb} builds of {repository.full_name}: that needs write access"
        return _answered(said, told.forbidden(why))
    name = f"{short(sha)} of {repository.full_name}"
    if meant.verb == Verb.CANCEL:
        if not await cd.commits.is_being_built(repository.id, sha):
            return _answered(said, told.plainly(f"Nothing of {name} is being built, so there is nothing to stop"))
        gone = BuildsUnwanted(repository=repository.id, sha=sha, by=person.login)
        return [gone, *_answered(said, told.plainly(f"What is built of {name} is stopped", Tone.MOVES))]
    again = RerunOfAllRequested(repository=repository.id, sha=sha, by=person.login)
    return [again, *_answered(said, told.plainly(f"{name} is built again: its check tells how it goes", Tone.MOVES))]


async def _built(meant: Meant, repositories: Mapping[int, Repository], cd: CD) -> Sequence[tuple[Repository, str]]:
    if meant.version:
        found = await cd.commits.named_in(list(repositories), meant.version)
        return [(repositories[number], sha) for number, sha in found]
    newest = [(each, await cd.commits.newest(each.id)) for each in repositories.values()]
    return [(each, sha) for each, sha in newest if sha]


def _which(meant: Meant, found: Sequence[tuple[Repository, str]]) -> Message:
    if found:
        return told.several_builds(meant.verb, found)
    if not meant.version:
        return told.plainly("Nothing was built there yet")
    return told.plainly(f"No commit that begins with {meant.version} was built in what this workspace may see")
