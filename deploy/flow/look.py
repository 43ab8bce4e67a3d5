"""Somebody looks, and nothing is done: how environments stand and why, where a change is, and what would come."""

from collections.abc import Sequence

from msgspec.structs import replace

from checks.change import short
from checks.errors import Permanent, Transient
from checks.message import Code, Message, Tone
from checks.repository import Repository
from deploy import told, why
from deploy.deployment import Deployment, State, place
from deploy.flow.deciding import decided
from deploy.flow.pins import holding
from deploy.hold import Hold
from deploy.meaning import Seen, Sense, environments, senses, strange
from deploy.order import Decision, Relation
from deploy.pipeline import Environment, Service
from deploy.place import Place
from deploy.ports import CD
from deploy.told import Spot, Standing
from deploy.vocabulary import Look
from deploy.words import Meant

_CONTAINS = frozenset({Relation.IDENTICAL, Relation.AHEAD})
MOST_AT_ONCE = 200
"""Environments of which somebody is told how they stand."""
WHOLE = 2
"""Slashes in the full name of a service."""


async def seen(workspace: str, meant: Meant, cd: CD) -> Sequence[Seen]:
    """What may be seen in this workspace, and only the one repository where a name says which."""
    repositories = await cd.workspaces.repositories(workspace)
    whole = {name.rpartition("/")[0].casefold() for name in meant.names if name.count("/") == WHOLE}
    named = [each for each in repositories if each.full_name.casefold() in whole]
    visible = named or repositories
    found = await cd.configurations.of([each.id for each in visible])
    return [Seen(repository=each, services=found[each.id].services if each.id in found else ()) for each in visible]


async def look(meant: Meant, visible: Sequence[Seen], cd: CD) -> Message:
    match meant.verb:
        case Look.STATUS:
            return await _status(meant, visible, cd)
        case Look.WHERE:
            return await _where(meant, visible, cd)
    chosen = one(meant, await _with_version(meant, visible, cd))
    if isinstance(chosen, Message):
        return chosen
    sense, service, environment = chosen
    return await (_why if meant.verb == Look.WHY else _diff)(meant, sense, service, environment, cd)


def one(meant: Meant, visible: Sequence[Seen]) -> tuple[Sense, Service, Environment] | Message:
    """The environment that is meant, or what to say instead."""
    found = environments(meant, visible)
    if not found:
        return unknown(meant, visible)
    [first, *others] = found
    if others:
        return several(meant, found)
    assert first.service
    assert first.environment
    return first, first.service, first.environment


def several(meant: Meant, found: Sequence[Sense]) -> Message:
    """One button for each; nothing is done."""
    if not meant.places and len(found) > told.MOST_BUTTONS:
        return told.unsaid(meant.verb)
    return told.several(meant.verb, found, [each.call(meant) for each in found])


def unknown(meant: Meant, visible: Sequence[Seen]) -> Message:
    """What there is not, with a button for everything near that could have been meant."""
    what = strange(meant, visible)
    found = [
        told.button(sense.call(other), full=len(senses(other, visible)) > 1)
        for other in what.corrected
        for sense in _actable(other, visible)
    ]
    return told.stranger(what, found)


def _actable(meant: Meant, visible: Sequence[Seen]) -> Sequence[Sense]:
    whole = meant.verb in ("hold", "lift", Look.STATUS, Look.WHERE, "rerun")
    return senses(meant, visible) if whole else environments(meant, visible)


async def _with_version(meant: Meant, visible: Sequence[Seen], cd: CD) -> Sequence[Seen]:
    """Those that have it, if any has."""
    if not meant.version:
        return visible
    found = await cd.versions.named_in([each.repository.id for each in visible], meant.version)
    having = {each.repository for each in found}
    return [each for each in visible if each.repository.id in having] or visible


# --- status ------------------------------------------------------------------------------------


async def _status(meant: Meant, visible: Sequence[Seen], cd: CD) -> Message:
    if meant.places and not senses(meant, visible):
        return unknown(meant, visible)
    found = environments(meant, visible)
    if len(found) > MOST_AT_ONCE:
        one_of_them = replace(found[0], environment=None).name(full=True)
        which = ("Say of which, such as ", Code(f"status {one_of_them}"), ".")
        return told.plainly(f"{len(found)} environments are more than can be told at once", Tone.TOLD, which)
    return told.status(await _standings(found, cd), cd.now)


async def _standings(found: Sequence[Sense], cd: CD) -> Sequence[Standing]:
    named = [
        (
            place(each.repository.id, each.service.name, each.environment.name),
            each.repository,
            each.service,
            each.environment,
        )
        for each in found
        if each.service and each.environment
    ]
    places = await cd.deployments.places([where for where, *_ in named])
    holds = await cd.holds.all()
    return [
        Standing(
            repository=repository,
            service=service,
            environment=environment,
            here=places[where],
            holds=tuple(each for each in holds if each.covers(where)),
        )
        for where, repository, service, environment in named
    ]


# --- why ---------------------------------------------------------------------------------------


async def _why(meant: Meant, sense: Sense, service: Service, environment: Environment, cd: CD) -> Message:
    facts = await _facts(sense.repository.id, service, environment, cd)
    if not meant.version:
        facts = await _ordered(why.in_question(facts.here), facts, cd)
        return await _explained(why.why_environment(facts), sense, cd)
    versions = await cd.versions.named(sense.repository.id, meant.version)
    commits = list(dict.fromkeys(each.sha for each in versions))
    if not commits:
        return told.plainly(f"Nothing was published at a commit that begins with {meant.version}: its check says why")
    if len(commits) > 1:
        calls = [sense.call(replace(meant, version=sha)) for sha in commits]
        return told.several_commits(meant.version, calls)
    facts = await _ordered(why.of_version(versions[0], facts.here), facts, cd)
    return await _explained(why.why_version(versions[0], service, facts), sense, cd)


async def _explained(found: why.Why, sense: Sense, cd: CD) -> Message:
    deployment = await cd.deployments.find(found.deployment) if found.deployment else None
    return told.why(found, sense, deployment)


async def _facts(repository: int, service: Service, environment: Environment, cd: CD) -> why.Facts:
    where = place(repository, service.name, environment.name)
    before = place(repository, service.name, environment.earlier)
    return why.Facts(
        service=service.name,
        environment=environment,
        here=await cd.deployments.place(where),
        earlier=await cd.deployments.place(before) if environment.earlier else None,
        holds=await cd.holds.covering(where),
        now=cd.now,
    )


async def _ordered(deployment: Deployment | None, facts: why.Facts, cd: CD) -> why.Facts:
    if deployment is None or deployment.state is not State.GATED or not deployment.kind.is_gated:
        return facts
    return replace(facts, order=await _order(deployment, cd), holds=await _holding(deployment, facts, cd))


async def _order(deployment: Deployment, cd: CD) -> Decision | None:
    """The verdict that it would get now; without an answer of GitHub's the rest is told."""
    try:
        pointer = await cd.pointers.get(deployment.place)
        return await decided(deployment, replace(pointer, aim=pointer.live), cd)
    except (Transient, Permanent):
        return None


async def _holding(deployment: Deployment, facts: why.Facts, cd: CD) -> Sequence[Hold]:
    try:
        return await holding(deployment, facts.holds, cd)
    except (Transient, Permanent):
        return facts.holds


# --- where -------------------------------------------------------------------------------------


async def _where(meant: Meant, visible: Sequence[Seen], cd: CD) -> Message:
    if meant.places and not senses(meant, visible):
        return unknown(meant, visible)
    asked = [each for each in environments(meant, visible) if each.service and each.environment]
    repositories = {each.repository.id: each.repository for each in asked}
    changes = [(repositories[number], sha) for number, sha in await _commits(meant, list(repositories), cd)]
    name = f"#{meant.number}" if meant.number else meant.version
    if not changes:
        what = f"No version has {name} yet" if meant.number else f"No commit that begins with {name} was built"
        return told.plainly(f"{what} in what this workspace may see")
    if len(changes) > 1:
        return told.several_changes(meant.number, changes)
    [(repository, sha)] = changes
    standings = await _standings([each for each in asked if each.repository.id == repository.id], cd)
    spots = [await _spot(each, sha, cd) for each in standings]
    return told.where(name if meant.number else short(sha), repository, spots, cd.now)


async def _commits(meant: Meant, repositories: Sequence[int], cd: CD) -> Sequence[tuple[int, str]]:
    """In the order of the repositories."""
    if meant.number:
        trails = await cd.trails.known_in(repositories, meant.number)
        found = [(each.repository, each.steps[0].sha) for each in trails if each.steps]
    else:
        versions = await cd.versions.named_in(repositories, meant.version)
        built = await cd.commits.named_in(repositories, meant.version)
        found = [*((each.repository, each.sha) for each in versions), *built]
    return sorted(dict.fromkeys(found), key=lambda each: repositories.index(each[0]))


async def _spot(standing: Standing, sha: str, cd: CD) -> Spot:
    here, present = standing.here, standing.here.present
    spot = Spot(service=standing.service.name, environment=standing.environment.name, present=present)
    if present and present.ended_at is None and await _contains(present, sha, standing.repository, cd):
        return replace(spot, has=present)
    for each in _coming(here):
        if await _contains(each, sha, standing.repository, cd):
            return replace(spot, comes=each)
    return spot


def _coming(here: Place) -> Sequence[Deployment]:
    return [*([here.moving] if here.moving else []), *here.waiting]


async def _contains(deployment: Deployment, sha: str, repository: Repository, cd: CD) -> bool:
    return await cd.ancestry.relation(repository, sha, deployment.version.sha) in _CONTAINS


# --- diff --------------------------------------------------------------------------------------


async def _diff(meant: Meant, sense: Sense, service: Service, environment: Environment, cd: CD) -> Message:
    facts = await _facts(sense.repository.id, service, environment, cd)
    present = facts.here.present
    if present is None:
        return told.plainly(f"{environment.name} of {service.name} has nothing yet to compare with")
    versions = await cd.versions.named(sense.repository.id, meant.version) if meant.version else ()
    commits = list(dict.fromkeys(each.sha for each in versions))
    if len(commits) > 1:
        return told.several_commits(meant.version, [sense.call(replace(meant, version=sha)) for sha in commits])
    if meant.version and not commits:
        return told.plainly(f"Nothing was published at a commit that begins with {meant.version}: its check says why")
    head = commits[0] if commits else _next(facts)
    if not head:
        what = f"nothing waits for {environment.name} of {service.name}"
        earlier = f", and nothing is in {environment.earlier}" if environment.earlier else ""
        return told.plainly(f"{what}{earlier}: say which commit to compare with {present.version.name}")
    between = await cd.ancestry.between(sense.repository, present.version.sha, head)
    return told.diff(sense, present, head, between)


def _next(facts: why.Facts) -> str:
    """What would come: what waits or moves, else what the environment before has."""
    coming = [each for each in _coming(facts.here) if each is not facts.here.present]
    before = facts.earlier.present if facts.earlier else None
    found = coming[0] if coming else before
    return found.version.sha if found else ""
