"""The merge queue: trial merges on branches of GitHub's own, which become the base branch if the checks agree."""

from app.demo.github import committing
from app.demo.github.documents.commit import commit_in_brief
from app.demo.github.documents.fields import Json
from app.demo.github.git import ZERO
from app.demo.github.installing import Installing
from app.demo.github.pull_request import PullRequest
from app.demo.github.refusal import Refusal
from app.demo.github.repository import MergeGroup, Repository


class Queueing(Installing):
    async def form_merge_group(self, one: PullRequest, by: str) -> MergeGroup:
        """A trial merge of a pull request with its base, or with the group before it."""
        repo, who = one.repository, self.account(by)
        base = repo.merge_groups[-1].head_sha if repo.merge_groups else await self._tip(repo, one.base_ref)
        ref = f"refs/heads/gh-readonly-queue/{one.base_ref}/pr-{one.number}-{base}"
        environment = committing.identity(who, self.now().isoformat())
        async with self.ref_lock(repo):
            sha = await committing.merge(self.git(repo), base, one.head_sha, one.merge_message, environment)
            if sha is None:
                raise Refusal(405, "Pull Request is not mergeable")
            group = MergeGroup(
                head_sha=sha,
                head_ref=ref,
                base_sha=base,
                base_ref=f"refs/heads/{one.base_ref}",
                pull_request=one.number,
            )
            repo.merge_groups.append(group)
            await self._move(repo, ref, sha, who)
        await self._tell_group("checks_requested", repo, group, by)
        return group

    async def destroy_merge_group(self, repo: Repository, group: MergeGroup, reason: str, by: str) -> None:
        """`reason` is merged, invalidated or dequeued; merged moves the base branch to the group's head."""
        repo.merge_groups.remove(group)
        async with self.ref_lock(repo):
            if reason == "merged":
                await self._move(repo, group.base_ref, group.head_sha, self.account(by))
            await self._tell_group("destroyed", repo, group, by, reason=reason)
            await self._move(repo, group.head_ref, ZERO, self.account(by))

    async def _tell_group(self, action: str, repo: Repository, group: MergeGroup, by: str, **more: str) -> None:
        body: Json = {
            "action": action,
            "merge_group": {
                "head_sha": group.head_sha,
                "head_ref": group.head_ref,
                "base_sha": group.base_sha,
                "base_ref": group.base_ref,
                "head_commit": commit_in_brief(await self.git(repo).commit(group.head_sha)),
            },
            **more,
        }
        await self.emit("merge_group", body, self.account(by), repo)
