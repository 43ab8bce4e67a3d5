"""A case to judge, and surroundings that tell what a test put into them; HTTP is real."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

from msgspec.structs import replace

from checks.repository import Repository
from deploy.artifact import Artifact, Export, Kind
from deploy.promotion import Alarm, Case, Decision, Errand, Jenkins, Network, Run, State, When
from deploy.version import Version, version_of

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""A Monday."""

SHA = "4f2a91c" + "0" * 33
SHOP = Repository(id=1, full_name="acme/shop", installation=1, html_url="https://github.test/acme/shop")


def version() -> Version:
    export = Export(
        kind=Kind.IMAGE, label="WEB", value="github/acme/shop:4f2a91c", place="github/acme/shop", tag="4f2a91c"
    )
    digest = "sha256:" + "a" * 64
    return version_of(1, SHA, [Artifact(repository=1, sha=SHA, build="b1", export=export, digest=digest)])


CASE = Case(
    deployment="d1",
    service="web",
    environment="production",
    name="gate",
    when=When.BEFORE,
    version=version(),
    repository=SHOP,
    began_at=NOON,
    now=NOON,
    earlier="staging",
)


def after(minutes: float, case: Case = CASE, **changes: Any) -> Case:
    """The case so much later than it began."""
    return replace(case, now=case.began_at + timedelta(minutes=minutes), **changes)


def decision(by: str, *, approved: bool = True, reason: str = "") -> Decision:
    return Decision(by=by, by_id=1, approved=approved, at=NOON, reason=reason)


class World:
    """`Surroundings` in memory; whoever is not in `people` may do nothing."""

    def __init__(self, http: Any = None) -> None:
        self.http = http
        self.networks: Sequence[Network] = (ip_network("127.0.0.0/8"),)
        self.jenkins: Jenkins | None = None
        self.kept_jobs: dict[str, str] = {}
        self.people: dict[str, str] = {}
        self.numbers: dict[str, int] = {}
        """Who has a login now; whoever is not in it has had it always."""
        self.teams: dict[str, set[str]] = {}
        self.told_checks: dict[str, str] = {}
        self.told_alarms: dict[str, Alarm] = {}
        self.runs: dict[str, Run] = {}
        self.errands: list[Errand] = []

    def job_refusal(self, repository: Repository, job: str) -> str:
        assert repository == SHOP
        return self.kept_jobs.get(job, "")

    async def may(self, repository: Repository, login: str, permission: str, by_id: int = 0) -> bool:
        assert repository == SHOP
        order = ("read", "triage", "write", "maintain", "admin")
        if self.numbers.get(login.lower(), by_id) != by_id:
            return False
        has = self.people.get(login.lower())
        return has is not None and order.index(has) >= order.index(permission)

    async def is_member(self, organisation: str, team: str, login: str) -> bool:
        return login.lower() in self.teams.get(f"{organisation}/{team}", set())

    async def checks(self, repository: Repository, sha: str) -> Mapping[str, str]:
        assert (repository, sha) == (SHOP, SHA)
        return self.told_checks

    async def alarms(self, names: Sequence[str], region: str) -> Mapping[str, Alarm]:
        assert region == ""
        return {name: self.told_alarms[name] for name in names if name in self.told_alarms}

    async def build(self, errand: Errand) -> Run:
        if errand not in self.errands:
            self.errands.append(errand)
        return self.runs.get(errand.token, Run(state=State.PENDING))
