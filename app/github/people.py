"""Who may write to a repository or read it, asked of GitHub at the moment when it matters."""

from collections import OrderedDict
from typing import Any

import structlog
from msgspec import Struct

from app.github.clock import Clock
from app.github.errors import NotFound
from app.github.exchange import Request
from app.github.repository import RepositoryCalls
from app.github.single_flight import SingleFlight
from checks.errors import Permanent, Transient
from checks.repository import Repository

MAY_WRITE = frozenset({"admin", "write"})
MAY_READ = MAY_WRITE | {"read"}
MAINTAIN = "maintain"
PERMISSIONS = ("read", "triage", "write", "maintain", "admin")
FINE = ("triage", MAINTAIN)

REMEMBERED = 60.0
"""Seconds that an answer to a reader counts, as a page asks twice a second whether it may go on."""

MOST_REMEMBERED = 10_000

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Person(Struct, frozen=True, kw_only=True):
    """Somebody as GitHub knows them: the number stays, the login may be changed and taken by somebody else."""

    id: int
    login: str


class GitHubPeople:
    """`People` of CI. Of who may write nothing is remembered: a right that was taken away a second ago is gone."""

    def __init__(self, calls: RepositoryCalls, clock: Clock | None = None) -> None:
        self._calls = calls
        self._clock = clock or Clock()
        self._asking: SingleFlight[bool] = SingleFlight()
        self._asking_to_read: SingleFlight[bool] = SingleFlight()
        self._remembered: OrderedDict[tuple[int, Person], tuple[float, bool]] = OrderedDict()

    async def may_write(self, repository: Repository, login: str) -> bool:
        if not login:
            return False
        return await self._asking((repository.id, login), lambda: self._may_write(repository, login))

    async def may(self, repository: Repository, login: str, permission: str, by_id: int = 0) -> bool:
        """Whether somebody holds at least this permission: read, triage, write, maintain or admin; with their number,
        this very user.

        Raises `Permanent` for a word that GitHub does not have, `Transient` if it cannot be asked now.
        """
        if permission not in PERMISSIONS:
            raise Permanent(f"There is no permission {permission!r} on GitHub, but {', '.join(PERMISSIONS)}")
        if not login:
            return False
        told = await self._permission(repository, login, patient=True)
        if by_id and not _is(told.get("user"), by_id):
            return False
        return PERMISSIONS.index(permission) <= _held(told)

    async def may_read(self, repository: Repository, person: Person) -> bool:
        """Whether GitHub lets this very person read the repository, as it said within the last minute.

        Raises `Transient` if GitHub cannot be asked now. A GitHub that refuses to tell is a no.
        """
        key = (repository.id, person)
        at, answer = self._remembered.get(key, (float("-inf"), False))
        if self._clock.elapsed() - at < REMEMBERED:
            return answer
        return await self._asking_to_read(key, lambda: self._may_read(repository, person))

    async def _may_write(self, repository: Repository, login: str) -> bool:
        told = await self._permission(repository, login, patient=True)
        # What a role of the organisation's own allows is told by `permission`, whatever it is called.
        return told.get("permission") in MAY_WRITE or told.get("role_name") == MAINTAIN

    async def _may_read(self, repository: Repository, person: Person) -> bool:
        asked_at = self._clock.elapsed()
        try:
            told = await self._permission(repository, person.login, patient=False)
        except Permanent as refusal:
            log.warning("readers_unknown", repository=repository.full_name, reason=str(refusal))
            told = {}
        answer = told.get("permission") in MAY_READ and _is(told.get("user"), person.id)
        self._remember((repository.id, person), asked_at, answer)
        return answer

    def _remember(self, key: tuple[int, Person], asked_at: float, answer: bool) -> None:
        self._remembered[key] = (asked_at, answer)
        self._remembered.move_to_end(key)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)

    async def _permission(self, repository: Repository, login: str, *, patient: bool) -> dict[str, Any]:
        request = Request(
            method="GET",
            path="/repos/{owner}/{repo}/collaborators/{login}/permission",
            variables={"login": login},
            patient=patient,
        )
        try:
            answer = await self._calls.send(repository, request)
        except NotFound:
            return {}
        if not isinstance(answer.data, dict) or "permission" not in answer.data:
            raise Transient(f"GitHub did not say what {login} may do in {repository.full_name}")
        return answer.data


def _held(told: dict[str, Any]) -> int:
    """The place among `PERMISSIONS`, -1 for none. `permission` rounds triage and maintain down; `role_name` has them,
    and may also be a name that the organisation made up."""
    role = told.get("role_name")
    known = [told.get("permission"), role if role in FINE else None]
    return max((PERMISSIONS.index(each) for each in known if each in PERMISSIONS), default=-1)


def _is(user: object, number: int) -> bool:
    """Whoever has taken over a login that somebody gave up is not that person."""
    return isinstance(user, dict) and user.get("id") == number
