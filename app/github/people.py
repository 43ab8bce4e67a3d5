"""Who may write to a repository, asked at the moment when it matters."""

from app.github.errors import NotFound
from app.github.exchange import Request
from app.github.repository import RepositoryCalls
from app.github.single_flight import SingleFlight
from checks.errors import Transient
from checks.repository import Repository

MAY_WRITE = frozenset({"admin", "write"})
MAINTAIN = "maintain"


class GitHubPeople:
    """`People` of CI. Nothing is remembered: a right that was taken away a second ago is gone."""

    def __init__(self, calls: RepositoryCalls) -> None:
        self._calls = calls
        self._asking: SingleFlight[bool] = SingleFlight()

    async def may_write(self, repository: Repository, login: str) -> bool:
        if not login:
            return False
        return await self._asking((repository.id, login), lambda: self._ask(repository, login))

    async def _ask(self, repository: Repository, login: str) -> bool:
        request = Request(
            method="GET", path="/repos/{owner}/{repo}/collaborators/{login}/permission", variables={"login": login}
        )
        try:
            answer = await self._calls.send(repository, request)
        except NotFound:
            return False
        match answer.data:
            case {"permission": permission, **rest}:
                # What a role of the organisation's own allows is told by `permission`, whatever it is called.
                return permission in MAY_WRITE or rest.get("role_name") == MAINTAIN
            case _:
                raise Transient(f"GitHub did not say what {login} may do in {repository.full_name}")
