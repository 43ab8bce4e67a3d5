"""What promotions may ask: GitHub, CloudWatch, Jenkins, the runner, and whatever answers by HTTP."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from aiohttp import ClientSession

from app.allowed import allowed
from app.aws.alarms import alarms
from app.aws.errors import explained, is_of_aws
from app.aws.session import Session
from app.errands import Errands, console, no_log
from app.github.client import Client
from app.github.commit_status import GitHubCommitStatus
from app.github.people import GitHubPeople
from app.github.repository import RepositoryCalls
from app.github.source import GitHubSource
from app.github.teams import GitHubTeams
from app.settings import REGION, Settings
from checks.errors import Permanent
from checks.ports import Runner
from checks.repository import Repository
from deploy.promotion import Alarm, Errand, Jenkins, Network, Run, Surroundings

MOST_REGIONS = 32
JOBS = "JENKINS_JOBS"


class Outside(Surroundings):
    """`Surroundings` of promotions, from the settings. `http` keeps no cookies: it asks whoever a repository names."""

    def __init__(self, settings: Settings, client: Client, http: ClientSession, aws: Session, runner: Runner) -> None:
        calls = RepositoryCalls(client)
        self.http = http
        self.networks: Sequence[Network] = settings.webhook_networks
        self.jenkins = jenkins_of(settings)
        self._jobs = allowed(JOBS, settings.jenkins_jobs)
        self._people = GitHubPeople(calls)
        self._teams = GitHubTeams(client)
        self._statuses = GitHubCommitStatus(calls, settings.github_app_id)
        log_of = console(aws.region) if settings.runner == "codebuild" else no_log
        self._errands = Errands(GitHubSource(calls), runner, log_of)
        self._aws = aws
        self._in_region = lru_cache(MOST_REGIONS)(aws.in_region)

    def job_refusal(self, repository: Repository, job: str) -> str:
        return self._jobs.refusal(repository.full_name, job, change="begin", changed="begun")

    async def may(self, repository: Repository, login: str, permission: str, by_id: int = 0) -> bool:
        return await self._people.may(repository, login, permission, by_id)

    async def is_member(self, organisation: str, team: str, login: str) -> bool:
        return await self._teams.is_member(organisation, team, login)

    async def checks(self, repository: Repository, sha: str) -> Mapping[str, str]:
        return await self._statuses.of(repository, sha)

    async def alarms(self, names: Sequence[str], region: str) -> Mapping[str, Alarm]:
        if region and not re.fullmatch(REGION, region):
            raise Permanent(f"{region!r} is no region of AWS: write one such as us-west-2")
        clients = self._in_region(region) if region else self._aws
        try:
            cloudwatch = await asyncio.to_thread(getattr, clients, "cloudwatch")
        except Exception as error:  # no region, no such profile: boto3 says so before anything is asked
            if not is_of_aws(error):
                raise
            raise explained(error, "DescribeAlarms") from None
        return await alarms(cloudwatch, names)

    async def build(self, errand: Errand) -> Run:
        return await self._errands.stand(errand)


def jenkins_of(settings: Settings) -> Jenkins | None:
    if settings.jenkins_url is None or settings.jenkins_token is None:
        return None
    token = settings.jenkins_token.get_secret_value()
    return Jenkins(url=settings.jenkins_url, user=settings.jenkins_user, token=token)
