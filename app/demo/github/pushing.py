"""Refs move: what a push sets off."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from app.demo.github import committing
from app.demo.github.account import Account
from app.demo.github.check_run import CheckSuite
from app.demo.github.documents.check import check_suite
from app.demo.github.documents.pull_request import pull_request
from app.demo.github.documents.push import push
from app.demo.github.git import ZERO
from app.demo.github.hosting import Hosting
from app.demo.github.installation import App
from app.demo.github.pull_request import PullRequest
from app.demo.github.ref_update import RefUpdate
from app.demo.github.refusal import Refusal
from app.demo.github.repository import Repository

MOST_TAGS = 3
MOST_BRANCHES = 5000
# https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/about-status-checks
NO_CHECKS = re.compile(r"^skip-checks: *true$", re.MULTILINE)


class Pushing(Hosting):
    """`pushed` is told of every move of a ref, whoever made it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._locks: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    def ref_lock(self, repo: Repository) -> asyncio.Lock:
        """Held while refs move, so that what is told of them is in their order."""
        return self._locks[repo.id]

    async def commit_files(
        self, repo: Repository, branch: str, files: Mapping[str, str | bytes | None], message: str, by: str
    ) -> str:
        """An edit on a page: one commit on a branch, which begins at the default branch if it is new."""
        who, git, ref = self.account(by), self.git(repo), f"refs/heads/{branch}"
        async with self.ref_lock(repo):
            refs = await git.refs()
            parent = refs.get(ref) or refs.get(f"refs/heads/{repo.default_branch}")
            environment = committing.identity(who, self.now().isoformat())
            sha = await committing.write(git, parent, files, message, environment)
            await self._move(repo, ref, sha, who)
        return sha

    async def delete_branch(self, repo: Repository, branch: str, by: str) -> None:
        async with self.ref_lock(repo):
            await self._move(repo, f"refs/heads/{branch}", ZERO, self.account(by))

    async def _move(self, repo: Repository, ref: str, sha: str, who: Account) -> None:
        if repo.archived:
            raise Refusal(403, "Repository was archived so is read-only.")
        before = await self.git(repo).refs()
        await committing.set_ref(self.git(repo), ref, sha)
        await self.pushed(repo, before, who)

    async def pushed(self, repo: Repository, before: Mapping[str, str], who: Account) -> None:
        """Tells what moved since the refs were `before`, and lets pull requests and check suites follow."""
        after = await self.git(repo).refs()
        moved = [
            RefUpdate(ref, before.get(ref, ZERO), after.get(ref, ZERO))
            for ref in sorted({*before, *after})
            if before.get(ref) != after.get(ref) and ref.startswith(("refs/heads/", "refs/tags/"))
        ]
        if moved:
            repo.pushed_at = self.now()
        branches = [each for each in moved if each.branch]
        tags = [each for each in moved if not each.branch]
        for each in (branches if len(branches) <= MOST_BRANCHES else []) + (tags if len(tags) <= MOST_TAGS else []):
            await self._tell_push(repo, each, before, who)
        for each in branches:
            await self._follow(repo, each, who)

    async def _tell_push(self, repo: Repository, update: RefUpdate, before: Mapping[str, str], who: Account) -> None:
        body = await push(self, repo, update, before, who)
        await self.emit("push", body, who, repo)

    async def _follow(self, repo: Repository, update: RefUpdate, who: Account) -> None:
        branch = update.branch or ""
        for each in self._with_head(repo, branch):
            if update.deleted:
                await self.tell_pull_request(each, "closed", who)
            else:
                await self._synchronise(each, update, who)
        if not update.deleted:
            await self._request_suites(repo, update, who)
            await self._notice_merges(repo, branch, update.after, who)

    def _with_head(self, repo: Repository, branch: str) -> Sequence[PullRequest]:
        every = [one for requests in self.pull_requests.values() for one in requests]
        return [one for one in every if one.is_open and one.head_repository is repo and one.head_ref == branch]

    async def _synchronise(self, one: PullRequest, update: RefUpdate, who: Account) -> None:
        one.head_sha = update.after
        base = await self.git(one.repository).resolve(f"refs/heads/{one.base_ref}")
        one.base_sha = base or one.base_sha
        await self._keep_head(one)
        await self.tell_pull_request(one, "synchronize", who, before=update.before, after=update.after)

    async def _keep_head(self, one: PullRequest) -> None:
        """`refs/pull/N/head` in the base repository follows the head, wherever that is."""
        source = (one.head_repository or one.repository).path
        await committing.fetch(self.git(one.repository), source, one.head_sha, f"refs/pull/{one.number}/head")

    async def tell_pull_request(self, one: PullRequest, action: str, who: Account, **more: Any) -> None:
        """Moves the state as the action says, and emits it."""
        now = self.now()
        one.updated_at = now
        if action == "closed":
            one.state, one.closed_at = "closed", now
        elif action in {"opened", "reopened"}:
            one.state, one.closed_at = "open", None
        document = await pull_request(self, one)
        body = {"action": action, "number": one.number, "pull_request": document, **more}
        await self.emit("pull_request", body, who, one.repository)

    async def _request_suites(self, repo: Repository, update: RefUpdate, who: Account) -> None:
        if NO_CHECKS.search((await self.git(repo).commit(update.after)).message):
            return
        for app in list(self.apps.values()):
            known = any(each.app is app for each in self.suites_of(repo, update.after))
            if known or self.installation_on(repo, app) is None or app.permissions.get("checks") != "write":
                continue
            suite = self.new_suite(repo, app, update.after, update.branch, before=update.before)
            body = {"action": "requested", "check_suite": await check_suite(self, suite)}
            await self.emit("check_suite", body, who, repo, app)

    def new_suite(
        self, repo: Repository, app: App, sha: str, branch: str | None, *, before: str | None = None
    ) -> CheckSuite:
        now = self.now()
        suite = CheckSuite(
            id=self.next_id(),
            app=app,
            repository=repo,
            head_sha=sha,
            head_branch=branch,
            before=before,
            created_at=now,
            updated_at=now,
        )
        self.suites[suite.id] = suite
        return suite

    async def _notice_merges(self, repo: Repository, branch: str, sha: str, who: Account) -> None:
        """A pull request whose head has arrived in its base is merged, however it got there."""
        for each in self.pull_requests_of(repo):
            if each.base_ref == branch and await self.git(repo).contains(sha, each.head_sha):
                each.merged_at, each.merged_by, each.merge_commit_sha = self.now(), who, sha
                own = await self.git(repo).log(each.head_sha, limit=250, without=[each.base_sha])
                each.introduced = frozenset({sha, *(one.sha for one in own)})
                await self.tell_pull_request(each, "closed", who)
