"""People and Apps comment on pull requests."""

from app.demo.github.account import Account, Permission
from app.demo.github.comment import Comment
from app.demo.github.documents.comment import issue, issue_comment
from app.demo.github.documents.fields import Json
from app.demo.github.installation import App
from app.demo.github.proposing import Proposing
from app.demo.github.pull_request import PullRequest
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.repository import Repository

LONGEST = 65_536


class Commenting(Proposing):
    async def comment(self, one: PullRequest, author: Account, body: str, via: App | None = None) -> Comment:
        if one.locked and not (via or self.permission(author, one.repository).allows(Permission.WRITE)):
            raise Refusal(403, "Unable to create comment because issue is locked.")
        _check(body)
        now = self.now()
        made = Comment(
            id=self.next_id(),
            pull_request=one,
            author=author,
            via=via,
            body=body,
            created_at=now,
            updated_at=now,
        )
        self.comments[made.id] = made
        await self._tell_comment("created", made, author)
        return made

    async def edit_comment(self, one: Comment, body: str, by: Account) -> None:
        _check(body)
        before, one.body, one.updated_at = one.body, body, self.now()
        await self._tell_comment("edited", one, by, changes={"body": {"from": before}})

    async def delete_comment(self, one: Comment, by: Account) -> None:
        del self.comments[one.id]
        await self._tell_comment("deleted", one, by)

    def comment_of(self, repo: Repository, number: int) -> Comment:
        found = self.comments.get(number)
        if found is None or found.pull_request.repository is not repo:
            raise not_found()
        return found

    async def _tell_comment(self, action: str, one: Comment, who: Account, **more: Json) -> None:
        told = {"issue": issue(self, one.pull_request), "comment": issue_comment(self, one)}
        await self.emit("issue_comment", {"action": action, **told, **more}, who, one.pull_request.repository)


def _check(body: str) -> None:
    if not body.strip():
        raise _invalid("missing_field", "body can't be blank")
    if len(body) > LONGEST:
        raise _invalid("custom", f"Body is too long (maximum is {LONGEST} characters)")


def _invalid(code: str, message: str) -> Refusal:
    return Refusal(
        422, "Validation Failed", [{"resource": "IssueComment", "code": code, "field": "body", "message": message}]
    )
