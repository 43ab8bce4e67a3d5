"""The rules that a repository's environments have on GitHub, as plain facts."""

from collections import OrderedDict
from datetime import timedelta
from typing import Any

import msgspec

from app.github.errors import NotFound
from app.github.exchange import Request
from app.github.repository import RepositoryCalls
from checks.errors import Transient
from checks.repository import Repository
from deploy.environment_rules import Branches, EnvironmentRules, Pattern, Reviewer

ENVIRONMENT = "/repos/{owner}/{repo}/environments/{environment}"
PATTERNS = "/repos/{owner}/{repo}/environments/{environment}/deployment-branch-policies{?per_page}"
BRANCH = "/repos/{owner}/{repo}/branches/{branch}"
PROTECTED = "/repos/{owner}/{repo}/branches{?protected,per_page}"
MOST_REMEMBERED = 1_000


class GitHubEnvironments:
    """Everything is asked each time; what has not changed since costs nothing of the rate limit."""

    def __init__(self, calls: RepositoryCalls) -> None:
        self._calls = calls
        self._seen: OrderedDict[tuple[int, str, str], tuple[str, Any]] = OrderedDict()

    async def rules(self, repository: Repository, environment: str) -> EnvironmentRules | None:
        """What an environment demands; None if GitHub knows none of that name, which demands nothing.

        Raises `Transient`, also where GitHub tells a rule that cannot be read: what may be a rule is not passed over.
        """
        try:
            told = await self._ask(repository, ENVIRONMENT, environment)
        except NotFound:
            return None
        try:
            read = msgspec.convert(told, _Environment)
            patterns = await self._patterns(repository, environment, read)
            return _rules(read, patterns)
        except msgspec.ValidationError as error:
            raise Transient(f"GitHub's rules of the environment {environment} cannot be read: {error}") from None

    async def is_protected(self, repository: Repository, branch: str) -> bool:
        """Whether a protection rule covers the branch; a branch that is not there has none."""
        request = Request(method="GET", path=BRANCH, variables={"branch": branch})
        try:
            told = (await self._calls.send(repository, request)).data
        except NotFound:
            return False
        if not isinstance(told, dict) or not isinstance(told.get("protected"), bool):
            raise Transient(f"GitHub did not say whether the branch {branch} is protected")
        return bool(told["protected"])

    async def is_any_protected(self, repository: Repository) -> bool:
        """Whether the repository has any branch with a protection rule."""
        request = Request(method="GET", path=PROTECTED, variables={"protected": "true", "per_page": "1"})
        told = (await self._calls.send(repository, request)).data
        if not isinstance(told, list):
            raise Transient(f"GitHub did not list the protected branches of {repository.full_name}")
        return bool(told)

    async def _patterns(self, repository: Repository, environment: str, read: "_Environment") -> tuple[Pattern, ...]:
        if not (read.deployment_branch_policy and read.deployment_branch_policy.custom_branch_policies):
            return ()
        told = msgspec.convert(await self._ask(repository, PATTERNS, environment), _Policies)
        if told.total_count > len(told.branch_policies):
            request = Request(method="GET", path=PATTERNS, variables={"environment": environment})
            every = [each async for each in self._calls.items(repository, request, "branch_policies")]
            told = msgspec.convert({"total_count": len(every), "branch_policies": every}, _Policies)
        return tuple(Pattern(name=each.name, is_tag=each.type == "tag") for each in told.branch_policies)

    async def _ask(self, repository: Repository, path: str, environment: str) -> Any:
        key = (repository.id, path, environment)
        etag, known = self._seen.get(key, ("", None))
        variables = {"environment": environment, "per_page": "100"}
        answer = await self._calls.send(repository, Request(method="GET", path=path, variables=variables, etag=etag))
        if answer.unchanged:
            return known
        self._seen[key] = (answer.headers.get("etag", ""), answer.data)
        self._seen.move_to_end(key)
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        return answer.data


class _Actor(msgspec.Struct):
    id: int
    login: str | None = None
    slug: str | None = None


class _Reviewer(msgspec.Struct):
    type: str
    reviewer: _Actor


class _Rule(msgspec.Struct):
    type: str
    wait_timer: int | None = None
    prevent_self_review: bool | None = None
    reviewers: list[_Reviewer] | None = None


class _Policy(msgspec.Struct):
    protected_branches: bool
    custom_branch_policies: bool


class _Environment(msgspec.Struct):
    name: str
    protection_rules: list[_Rule] | None = None
    deployment_branch_policy: _Policy | None = None
    can_admins_bypass: bool | None = None


class _NamedPolicy(msgspec.Struct):
    name: str
    type: str | None = None


class _Policies(msgspec.Struct):
    total_count: int
    branch_policies: list[_NamedPolicy]


def _rules(read: _Environment, patterns: tuple[Pattern, ...]) -> EnvironmentRules:
    found = EnvironmentRules(
        environment=read.name,
        branches=_branches(read.deployment_branch_policy),
        patterns=patterns,
        admins_may_bypass=bool(read.can_admins_bypass),
    )
    for rule in read.protection_rules or ():
        found = _with(found, rule)
    return found


def _with(rules: EnvironmentRules, rule: _Rule) -> EnvironmentRules:
    match rule.type:
        case "wait_timer":
            return msgspec.structs.replace(rules, wait=timedelta(minutes=rule.wait_timer or 0))
        case "required_reviewers":
            return msgspec.structs.replace(
                rules,
                reviewers=tuple(_reviewer(each) for each in rule.reviewers or ()),
                prevent_self_review=bool(rule.prevent_self_review),
            )
        case "branch_policy":
            return rules  # what it demands stands in `deployment_branch_policy`
        case other:
            return msgspec.structs.replace(rules, unknown=(*rules.unknown, other))


def _branches(policy: _Policy | None) -> Branches:
    if policy is None or not (policy.protected_branches or policy.custom_branch_policies):
        return Branches.ALL
    return Branches.PROTECTED if policy.protected_branches else Branches.NAMED


def _reviewer(one: _Reviewer) -> Reviewer:
    name = one.reviewer.slug or one.reviewer.login or ""
    return Reviewer(id=one.reviewer.id, name=name, is_team=one.type == "Team")
