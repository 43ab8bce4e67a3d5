"""Pull requests are opened, changed, merged and closed."""

from collections.abc import Sequence

from app.demo.github import committing
from app.demo.github.account import Account
from app.demo.github.pull_request import PullRequest
from app.demo.github.pushing import Pushing
from app.demo.github.refusal import Refusal
from app.demo.github.repository import Repository

METHODS = ("merge", "squash", "rebase")


class Proposing(Pushing):
    """`by` is the login of the person who does it; left out, it is the author of the pull request."""

    async def open_pull_request(
        self, repo: Repository, text: str, *, head: str, by: str, base: str = "", draft: bool = False
    ) -> PullRequest:
        """`head` is a branch of the repository, or `login:branch` of that person's fork.

        The first line of `text` is the title, the rest the body.
        """
        title, _, body = text.partition("\n")
        owner, _, branch = head.rpartition(":")
        source = self._fork_of(repo, owner) if owner and owner != repo.owner.login else repo
        base = base or repo.default_branch
        head_sha, base_sha = await self._tip(source, branch), await self._tip(repo, base)
        if any(each.base_ref == base for each in self._with_head(source, branch) if each.repository is repo):
            raise _invalid(f"A pull request already exists for {source.owner.login}:{branch}.")
        requests, now = self.pull_requests.setdefault(repo.id, []), self.now()
        one = PullRequest(
            id=self.next_id(),
            number=len(requests) + 1,
            title=title,
            body=body.strip(),
            author=self.account(by),
            repository=repo,
            base_ref=base,
            base_sha=base_sha,
            head_repository=source,
            head_owner=source.owner,
            head_ref=branch,
            head_sha=head_sha,
            created_at=now,
            updated_at=now,
            draft=draft,
        )
        await self._keep_head(one)
        await self._must_be_ahead(one, base, base_sha)
        requests.append(one)
        await self.tell_pull_request(one, "opened", one.author)
        return one

    async def close_pull_request(self, one: PullRequest, by: str = "") -> None:
        self._must_be(one, "open")
        await self.tell_pull_request(one, "closed", self._who(one, by))

    async def reopen_pull_request(self, one: PullRequest, by: str = "") -> None:
        """As it is now: pushes to the head branch meanwhile were not told."""
        self._must_be(one, "closed")
        if one.merged or one.head_repository is None:
            raise _invalid("This pull request cannot be reopened.")
        one.head_sha = await self._tip(one.head_repository, one.head_ref)
        await self._keep_head(one)
        await self.tell_pull_request(one, "reopened", self._who(one, by))

    async def mark_ready(self, one: PullRequest, by: str = "") -> None:
        if not one.draft:
            return
        one.draft = False
        await self.tell_pull_request(one, "ready_for_review", self._who(one, by))

    async def convert_to_draft(self, one: PullRequest, by: str = "") -> None:
        if one.draft:
            return
        one.draft = True
        await self.tell_pull_request(one, "converted_to_draft", self._who(one, by))

    async def lock(self, one: PullRequest, by: str = "") -> None:
        one.locked = True
        await self.tell_pull_request(one, "locked", self._who(one, by))

    async def unlock(self, one: PullRequest, by: str = "") -> None:
        one.locked = False
        await self.tell_pull_request(one, "unlocked", self._who(one, by))

    async def edit_title(self, one: PullRequest, title: str, by: str = "") -> None:
        changes = {"title": {"from": one.title}}
        one.title = title
        await self.tell_pull_request(one, "edited", self._who(one, by), changes=changes)

    async def retarget(self, one: PullRequest, base: str, by: str = "") -> None:
        """Another base branch for the same head."""
        self._must_be(one, "open")
        tip = await self._tip(one.repository, base)
        await self._must_be_ahead(one, base, tip)
        changes = {"base": {"ref": {"from": one.base_ref}, "sha": {"from": one.base_sha}}}
        one.base_ref, one.base_sha = base, tip
        await self.tell_pull_request(one, "edited", self._who(one, by), changes=changes)

    async def merge_pull_request(self, one: PullRequest, by: str, *, method: str = "merge") -> str:
        """A push to the base branch by whoever presses the button; returns its new head.

        `method` is one of `METHODS`.
        """
        self._must_be(one, "open")
        if method not in METHODS:
            raise _invalid(f"{method} is not a member of {list(METHODS)}.")
        if one.draft:
            raise Refusal(405, "Pull Request is still a draft")
        repo, who, ref = one.repository, self.account(by), f"refs/heads/{one.base_ref}"
        async with self.ref_lock(repo):
            base = await self._tip(repo, one.base_ref)
            sha = await self._merged(one, base, who, method)
            if method != "merge":
                # The head itself never arrives in the base, so nobody would notice.
                one.merged_at, one.merged_by, one.merge_commit_sha = self.now(), who, sha
                one.introduced = frozenset(
                    each.sha for each in await self.git(repo).log(sha, limit=250, without=[base])
                )
                one.state = "closed"
            await self._move(repo, ref, sha, who)
            if method != "merge":
                await self.tell_pull_request(one, "closed", who)
        return sha

    async def _merged(self, one: PullRequest, base: str, who: Account, method: str) -> str:
        git, now = self.git(one.repository), self.now().isoformat()
        if method == "rebase":
            sha = await committing.rebase(git, base, one.head_sha, now)
        else:
            squash = method == "squash"
            message = f"{one.title} (#{one.number})" if squash else one.merge_message
            sha = await committing.merge(git, base, one.head_sha, message, committing.identity(who, now), squash=squash)
        if sha is None:
            raise Refusal(405, "Pull Request is not mergeable")
        return sha

    async def pull_requests_with(self, repo: Repository, sha: str) -> Sequence[PullRequest]:
        """Those that brought a commit into the default branch; if it is not there, those that hold it."""
        git, every = self.git(repo), self.pull_requests_of(repo, "all")
        tip = await git.resolve(f"refs/heads/{repo.default_branch}")
        if tip and await git.contains(tip, sha):
            return [each for each in every if sha in each.introduced]
        told = [each for each in every if each.is_open or each.merged]
        return [each for each in told if await git.contains(each.head_sha, sha)]

    def _fork_of(self, repo: Repository, owner: str) -> Repository:
        found = next((r for r in self.repositories.values() if r.parent is repo and r.owner.login == owner), None)
        if found is None:
            raise _invalid(f"{owner} has no fork of {repo.full_name}.")
        return found

    async def _tip(self, repo: Repository, branch: str) -> str:
        sha = await self.git(repo).resolve(f"refs/heads/{branch}")
        if sha is None:
            raise _invalid(f"{repo.full_name} has no branch {branch}.")
        return sha

    async def _must_be_ahead(self, one: PullRequest, base: str, base_sha: str) -> None:
        if await self.git(one.repository).contains(base_sha, one.head_sha):
            raise _invalid(f"No commits between {base} and {one.head_ref}")

    def _must_be(self, one: PullRequest, state: str) -> None:
        if one.state != state:
            raise _invalid(f"The pull request is {one.state}.")

    def _who(self, one: PullRequest, by: str) -> Account:
        return self.account(by) if by else one.author


def _invalid(problem: str) -> Refusal:
    return Refusal(422, "Validation Failed", [problem])
