"""Why versions are where they are: of an environment, of a deployment, or of a commit."""

from collections.abc import Sequence

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from app.web.api import asked, shapes, told
from app.web.api.answer import answer, malformed, not_found
from app.web.api.reading import Desk, Reading
from checks.repository import Repository
from deploy.pipeline import Environment, Service
from deploy.version import Version
from deploy.why import Why


class Question(BaseModel):
    """Either `deployment`, or `repository` with what narrows it."""

    model_config = ConfigDict(extra="forbid")

    deployment: asked.Identity | None = Field(default=None, description="The id of a deployment; nothing else then.")
    repository: asked.Repository | None = Field(default=None, description="owner/name")
    service: asked.Name | None = Field(default=None, description="Without it and an environment all are told.")
    environment: asked.Name | None = Field(default=None, description="Without it all environments are told.")
    sha: asked.Commit | None = Field(default=None, description="The first digits of a commit: why is it where it is?")


class Questions:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def why(self, request: web.Request) -> web.Response:
        """Why versions are where they are, one explanation for each environment."""
        question, look = asked.query(request, Question), self._desk.look()
        found = [told.why(each) for each in await _explained(question, look)]
        return answer(shapes.Explanations(explanations=found))


async def _explained(question: Question, look: Reading) -> Sequence[Why]:
    if question.deployment:
        if question.model_fields_set != {"deployment"}:
            raise malformed("deployment: says all by itself; leave out the others")
        return [await look.why_deployment(await look.deployment(question.deployment))]
    if not question.repository:
        raise malformed("repository: is missing (or deployment)")
    repository = await look.repository(question.repository)
    if question.sha:
        return await _of_commit(question.sha, question, repository, look)
    return [
        await look.why_environment(repository.id, service, environment)
        for service in await _services(question, repository, look)
        for environment in _environments(question, service, look)
    ]


async def _of_commit(sha: str, question: Question, repository: Repository, look: Reading) -> Sequence[Why]:
    version = _only(await look.cd.versions.named(repository.id, sha), sha, repository)
    return [
        await look.why_version(version, service, environment)
        for service in await _services(question, repository, look)
        for environment in _environments(question, service, look)
    ]


async def _services(question: Question, repository: Repository, look: Reading) -> Sequence[Service]:
    """All of them, unless the question names one, or an environment that only one of them can mean."""
    if question.service or question.environment:
        return [await look.service(repository, question.service or "")]
    return await look.services(repository)


def _environments(question: Question, service: Service, look: Reading) -> Sequence[Environment]:
    return [look.environment(service, question.environment)] if question.environment else service.environments


def _only(versions: Sequence[Version], sha: str, repository: Repository) -> Version:
    """The newest version of the one commit that begins so."""
    if not versions:
        message = f'there is no version "{sha}" in {repository.full_name}: nothing was published at such a commit'
        raise not_found(f"{message}; its check says how its build went")
    commits = {each.sha for each in versions}
    if len(commits) > 1:
        raise malformed(f"sha: may be {', '.join(sorted(each[:12] for each in commits))}: say more digits")
    return versions[0]
