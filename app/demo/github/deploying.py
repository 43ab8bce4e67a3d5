"""Deployments are asked for and reported on, and environments get their rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.demo.github import committing
from app.demo.github import deployment_rules as rules
from app.demo.github.account import Account, Team
from app.demo.github.checking import Checking
from app.demo.github.deployment import Deployment, DeploymentStatus, Environment, Protection
from app.demo.github.documents.deployment import deployment, deployment_status
from app.demo.github.documents.fields import Json
from app.demo.github.installation import App
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.repository import Repository


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who asks, and the App with whose token; None for a person's own."""

    account: Account
    via: App | None = None


class Merged(Exception):
    """GitHub merged the default branch into the one to be deployed, instead of deploying it."""


class Deploying(Checking):
    """`create_deployment` and `create_status` take the body of the request and apply all of it or nothing."""

    async def create_deployment(self, repo: Repository, author: Author, body: Json) -> Deployment:
        """Raises `Merged` where `auto_merge` found the branch behind the default branch."""
        ref, name = rules.text(body, "ref"), rules.text(body, "environment", "production")
        payload, task, description = rules.payload(body), rules.text(body, "task", "deploy"), body.get("description")
        sha = await self.git(repo).resolve(ref)
        if sha is None:
            raise Refusal(422, f"No ref found for: {ref}")
        if rules.flag(body, "auto_merge", True):
            await self._auto_merge(repo, ref, author.account)
        rules.check_contexts(body, ref, self.runs_of(repo, sha))
        environment = self._environment(repo, name)
        now = self.now()
        made = Deployment(
            id=self.next_id(),
            repository=repo,
            sha=sha,
            ref=ref,
            task=task,
            environment=environment.name,
            original_environment=environment.name,
            creator=author.account,
            via=author.via,
            created_at=now,
            updated_at=now,
            payload=payload,
            description=description or None,
            transient=rules.flag(body, "transient_environment", False),
            production=rules.flag(body, "production_environment", name == "production"),
        )
        self.deployments[made.id] = made
        await self._tell_deployment("deployment", made, author.account, {"workflow": None, "workflow_run": None})
        return made

    async def create_status(self, one: Deployment, author: Author, body: Json) -> DeploymentStatus:
        """Any state may follow any other."""
        state, description = rules.state(body), rules.description(body)
        links = {name: rules.link(body, name) for name in ("environment_url", "log_url", "target_url")}
        rules.check_number(len(one.statuses))
        if name := rules.text(body, "environment"):
            one.environment = self._environment(one.repository, name).name
        made = self._add(
            one,
            author,
            state,
            description=description,
            environment_url=links["environment_url"],
            log_url=links["log_url"] or links["target_url"],
        )
        if state == "success" and rules.flag(body, "auto_inactive", True):
            self._retire_older(one, author)
        if state != "inactive":
            # https://docs.github.com/en/webhooks/webhook-events-and-payloads#deployment_status
            told = {"deployment_status": deployment_status(self, one, made)}
            await self._tell_deployment("deployment_status", one, author.account, told)
        return made

    def configure_environment(self, repo: Repository, name: str, protection: Protection) -> Environment:
        """What an administrator of the repository sets."""
        one = self._environment(repo, name)
        one.protection, one.updated_at = protection, self.now()
        return one

    def create_team(self, organisation: str, name: str, members: Sequence[str] = ()) -> Team:
        owner = self.organisation(organisation)
        slug = name.lower().replace(" ", "-")
        if slug in owner.teams:
            raise Refusal(422, "Validation Failed", ["Name must be unique for this org"])
        made = Team(id=self.next_small_id(), organisation=owner, slug=slug, name=name, members=set(members))
        owner.teams[slug] = made
        return made

    def team(self, organisation: str, slug: str) -> Team:
        found = self.organisation(organisation).teams.get(slug.lower())
        if found is None:
            raise not_found()
        return found

    def _environment(self, repo: Repository, name: str) -> Environment:
        """Naming one creates it."""
        try:
            return self.environment(repo, name)
        except Refusal:
            now = self.now()
            made = Environment(id=self.next_small_id(), repository=repo, name=name, created_at=now, updated_at=now)
            self.environments.append(made)
            return made

    def _add(self, one: Deployment, author: Author, state: str, **said: str) -> DeploymentStatus:
        one.updated_at = self.now()
        made = DeploymentStatus(
            id=self.next_id(),
            state=state,
            creator=author.account,
            via=author.via,
            created_at=one.updated_at,
            environment=one.environment,
            **said,
        )
        one.statuses.append(made)
        return made

    def _retire_older(self, newer: Deployment, author: Author) -> None:
        """https://docs.github.com/en/rest/deployments/deployments#inactive-deployments"""
        for each in self.deployments_of(newer.repository):
            is_older = each.id < newer.id and each.environment == newer.environment
            if is_older and each.state == "success" and not each.transient and not each.production:
                self._add(each, author, "inactive")

    async def _auto_merge(self, repo: Repository, ref: str, who: Account) -> None:
        """Only a branch can be brought up to date."""
        git, base = self.git(repo), repo.default_branch
        tip, head = await git.resolve(f"refs/heads/{base}"), await git.resolve(f"refs/heads/{ref}")
        if head is None or tip is None or await git.contains(head, tip):
            return
        environment = committing.identity(who, self.now().isoformat())
        async with self.ref_lock(repo):
            sha = await committing.merge(git, head, tip, f"Merge {base} into {ref}", environment)
            if sha is None:
                raise Refusal(409, f"Conflict merging {base} into {ref}.")
            await self._move(repo, f"refs/heads/{ref}", sha, who)
        raise Merged(f"Auto-merged {base} into {ref} on deployment.")

    async def _tell_deployment(self, event: str, one: Deployment, who: Account, more: Json) -> None:
        body = {"action": "created", "deployment": deployment(self, one), **more}
        await self.emit(event, body, who, one.repository)
