"""What the promotions of a deployment say now, and what GitHub demands: each is asked when it is due."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from checks.errors import Permanent, Transient
from checks.repository import Repository
from deploy import environment_rules
from deploy.deployment import Deployment, place
from deploy.environment_rules import EnvironmentRules, Reviewed
from deploy.pipeline import Rule
from deploy.place import Place
from deploy.ports import CD
from deploy.promotion import Case, Decision, Promotion, Result, State, Verdict, When
from deploy.promotions import KINDS

GITHUB = "github"
"""The type of the results that GitHub's own rules have."""

MOST_COMMITS = 100
"""Whose pull requests are asked for, the newest: a request each, unless it is known."""

PATIENCE = timedelta(minutes=1)
"""Until GitHub is asked again for rules that it did not tell."""

OTHERWISE = timedelta(minutes=15)
"""Until it is asked again for rules that keep a deployment waiting: it tells nobody that they were changed."""


async def judged(deployment: Deployment, when: When, cd: CD, *, fresh: bool = False) -> tuple[Result, ...]:
    """All results of the deployment, with those of this side brought up to now.

    `fresh` asks once more what passed for its moment only: right before the write.
    """
    results = {each.name: each for each in deployment.results_of(when)}
    told = [await _judged(deployment, rule, when, results, cd, fresh=fresh) for rule in _rules(deployment, when)]
    if when is When.BEFORE and not fresh:
        told += await _by_github(deployment, results, cd)
    elif when is When.BEFORE:
        told += [each for each in results.values() if each.type == GITHUB]
    others = tuple(each for each in deployment.results if each.when is not when)
    return (*told, *others) if when is When.BEFORE else (*others, *told)


def _rules(deployment: Deployment, when: When) -> Sequence[Rule]:
    return deployment.environment.before if when is When.BEFORE else deployment.environment.after


async def _judged(
    deployment: Deployment, rule: Rule, when: When, results: dict[str, Result], cd: CD, *, fresh: bool
) -> Result:
    promotion = KINDS[rule.spec["type"]].model_validate(rule.spec)
    known = results.get(rule.name) or Result(name=rule.name, when=when, type=rule.spec["type"])
    result = known.begun(cd.now)
    if not _is_due(result, promotion, cd, fresh=fresh):
        return result
    verdict = await promotion.judge(await _case(deployment, result, cd), cd.around)
    return result.judged(verdict, promotion, cd.now)


def _is_due(result: Result, promotion: Promotion, cd: CD, *, fresh: bool) -> bool:
    if result.state is State.PASSED:
        return fresh and promotion.momentary
    return result.state.is_open and (result.look_at is None or result.look_at <= cd.now)


async def _case(deployment: Deployment, result: Result, cd: CD) -> Case:
    version, environment = deployment.version, deployment.environment
    repository = await cd.repositories.get(version.repository)
    here = await cd.deployments.place(deployment.place)
    before = result.when is When.BEFORE
    earlier = place(version.repository, deployment.service, environment.earlier) if environment.earlier else ""
    where = await cd.deployments.place(earlier) if before and earlier else here
    return Case(
        deployment=deployment.id,
        service=deployment.service,
        environment=environment.name,
        name=result.name,
        when=result.when,
        version=version,
        repository=repository,
        authors=await _authors(deployment, here, repository, cd) if deployment.decisions else (),
        deployer=deployment.by,
        deployer_id=deployment.by_id,
        decisions=deployment.decisions,
        url=environment.url,
        began_at=result.began_at or cd.now,
        now=cd.now,
        attempts=result.attempts,
        memory=result.memory,
        earlier=environment.earlier if before else "",
        live_since=where.live_since(version.id) if before else deployment.arrived_at,
        lived=where.lived(version.id) if before else timedelta(),
    )


async def _authors(deployment: Deployment, here: Place, repository: Repository, cd: CD) -> tuple[str, ...]:
    """Who wrote, merged or proposed what would be new here; only asked for where somebody decided.

    What a commit says of its author is whatever was typed, and GitHub may know nobody of that name: who opened its
    pull request is GitHub's own word.
    """
    present, sha = here.present.version.sha if here.present else "", deployment.version.sha
    commits = await cd.ancestry.between(repository, present, sha) if present else ()
    people = [name for each in commits for name in (each.author, each.committer)]
    for one in [each.sha for each in commits][-MOST_COMMITS:] or [sha]:
        people += [each.author for each in await cd.pull_requests.of_commit(repository, one) if each.merged]
    return tuple(dict.fromkeys(name for name in people if name))


async def _by_github(deployment: Deployment, results: dict[str, Result], cd: CD) -> list[Result]:
    repository = await cd.repositories.get(deployment.version.repository)
    try:
        rules = await cd.rules.rules(repository, deployment.environment.shown)
        verdicts = await _verdicts(rules, repository, deployment, cd) if rules else {}
    except (Transient, Permanent) as trouble:
        why = f"GitHub did not tell the rules of {deployment.environment.shown}: {trouble}"
        verdicts = {"rules": Verdict(state=State.ERROR, why=why, again=PATIENCE)}
    return [_told(f"GitHub's {name}", verdict, results, cd) for name, verdict in verdicts.items()]


async def _verdicts(
    rules: EnvironmentRules, repository: Repository, deployment: Deployment, cd: CD
) -> dict[str, Verdict]:
    branch = repository.default_branch
    protects = rules.branches is environment_rules.Branches.PROTECTED
    facts = environment_rules.Facts(
        owner=repository.full_name.partition("/")[0],
        ref=branch,
        protected=protects and await cd.rules.is_protected(repository, branch),
        any_protected=protects and await cd.rules.is_any_protected(repository),
        initiator=deployment.by,
        initiator_id=deployment.by_id,
        authors=await _selves(rules, repository, deployment, cd),
        reviewed=[await _reviewed(each, rules, repository, cd) for each in deployment.decisions],
        asked_at=deployment.asked_at,
        now=cd.now,
    )
    return dict(environment_rules.judge(rules, facts))


async def _selves(rules: EnvironmentRules, repository: Repository, deployment: Deployment, cd: CD) -> tuple[str, ...]:
    """On GitHub it would be their push that asks for the deployment."""
    if deployment.by or not deployment.decisions or not rules.prevent_self_review:
        return ()
    return await _authors(deployment, await cd.deployments.place(deployment.place), repository, cd)


async def _reviewed(decision: Decision, rules: EnvironmentRules, repository: Repository, cd: CD) -> Reviewed:
    reviews = await _is_reviewer(decision, rules, repository, cd)
    may = reviews and await cd.around.may(repository, decision.by, "read", decision.by_id)
    return Reviewed(decision=decision, reviews=may, administers=False)


async def _is_reviewer(decision: Decision, rules: EnvironmentRules, repository: Repository, cd: CD) -> bool:
    """People by their number, as a login may be somebody else's tomorrow."""
    if any(not each.is_team and each.id == decision.by_id for each in rules.reviewers):
        return True
    owner = repository.full_name.partition("/")[0]
    for each in rules.reviewers:
        if each.is_team and await cd.around.is_member(owner, each.name, decision.by):
            return True
    return False


def _told(name: str, verdict: Verdict, results: dict[str, Result], cd: CD) -> Result:
    known = results.get(name) or Result(name=name, when=When.BEFORE, type=GITHUB)
    if known.state is State.OVERRIDDEN:
        return known
    again = min(verdict.again or OTHERWISE, OTHERWISE) if verdict.state.is_open else None
    look_at = None if again is None else cd.now + again
    return replace(known.begun(cd.now), state=verdict.state, why=verdict.why, look_at=look_at)
