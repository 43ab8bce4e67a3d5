"""Apps report on commits, and people press the buttons of what was reported."""

from collections.abc import Sequence

from app.demo.github import check_rules
from app.demo.github.account import Account, Permission
from app.demo.github.check_run import CheckRun, CheckSuite
from app.demo.github.commenting import Commenting
from app.demo.github.commit_status import STATES, CommitStatus
from app.demo.github.documents.check import check_suite, run_in_event
from app.demo.github.documents.commit_status import status_in_event
from app.demo.github.documents.fields import Json
from app.demo.github.installation import App
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.repository import Repository

FAILED = {"failure", "timed_out", "cancelled", "action_required"}


class Checking(Commenting):
    """`create_run` and `update_run` take the body of the request and apply all of it or nothing."""

    async def create_run(self, repo: Repository, app: App, body: Json) -> CheckRun:
        name = check_rules.field(body, "name", str, required=True)
        sha = check_rules.field(body, "head_sha", str, required=True)
        if await self.git(repo).resolve(sha) != sha:
            raise Refusal(422, f"No commit found for SHA: {sha}")
        _check(body)
        suite = await self._suite(repo, app, sha)
        run = CheckRun(id=self.next_id(), suite=suite, name=name, status="queued", started_at=self.now())
        self._apply(run, body)
        self.runs[run.id] = run
        suite.runs.append(run)
        suite.is_reset = False
        await self._tell_run("created", run, app.bot)
        if run.status == "completed":
            await self._completed(run)
        return run

    async def update_run(self, run: CheckRun, body: Json) -> None:
        _check(body)
        ended = run.status == "completed"
        self._apply(run, body)
        run.suite.is_reset = False
        if run.status == "completed" and not ended:
            await self._completed(run)

    async def rerequest(self, check_run_id: int, by: str) -> None:
        """Re-run: the App is told, then the suite is reset; the run itself stays as it is."""
        await self._rerequest([self.run(check_run_id)], by)

    async def rerequest_failed(self, check_suite_id: int, by: str) -> None:
        """Re-run failed checks: one event for each of them."""
        runs = self.suite(check_suite_id).latest_runs
        await self._rerequest([each for each in runs if each.conclusion in FAILED], by)

    async def _rerequest(self, runs: Sequence[CheckRun], by: str) -> None:
        for run in runs:
            who = self._must_write(run.repository, by)
            if run.status != "completed":
                raise Refusal(422, "This check run is not rerequestable")
            await self._tell_run("rerequested", run, who, app=run.app)
        for run in runs:
            self._reset(run.suite)

    async def rerequest_suite(self, check_suite_id: int, by: str) -> None:
        """Re-run all checks of an App on a commit."""
        suite = self.suite(check_suite_id)
        who = self._must_write(suite.repository, by)
        await self._tell_suite("rerequested", suite, who, app=suite.app)
        self._reset(suite)

    async def press(self, check_run_id: int, identifier: str, by: str) -> None:
        """A button of a run. Whoever can read may send it; what becomes of it is the App's decision."""
        run, who = self.run(check_run_id), self.account(by)
        if not self.permission(who, run.repository).allows(Permission.READ):
            raise not_found()
        if identifier not in [each.identifier for each in run.actions]:
            raise Refusal(422, f"The check has no button {identifier!r} any more.")
        await self._tell_run("requested_action", run, who, app=run.app, requested_action={"identifier": identifier})

    async def report(self, repo: Repository, who: Account, sha: str, body: Json) -> CommitStatus:
        """A commit status; takes the body of the request."""
        state = check_rules.member(body, "state", STATES, required=True) or ""
        if await self.git(repo).resolve(sha) != sha:
            raise Refusal(422, f"No commit found for SHA: {sha}")
        made = CommitStatus(
            id=self.next_id(),
            repository=repo,
            sha=sha,
            state=state,
            context=check_rules.field(body, "context", str) or "default",
            creator=who,
            created_at=self.now(),
            description=check_rules.field(body, "description", str),
            target_url=check_rules.link(body, "target_url"),
        )
        self.commit_statuses.append(made)
        await self.emit("status", await status_in_event(self, made), who, repo)
        return made

    def _apply(self, run: CheckRun, body: Json) -> None:
        run.name = body.get("name") or run.name
        run.external_id = check_rules.field(body, "external_id", str) or run.external_id
        run.details_url = check_rules.link(body, "details_url") or run.details_url
        run.started_at = check_rules.moment(body, "started_at") or run.started_at
        if body.get("actions") is not None:
            run.actions = check_rules.actions(body)
        self._apply_status(run, body)
        if body.get("output"):
            output = body["output"]
            run.output.title, run.output.summary = output["title"], output["summary"]
            run.output.text = output.get("text", run.output.text)
            run.output.annotations += check_rules.annotations(output)
        run.suite.updated_at = self.now()

    def _apply_status(self, run: CheckRun, body: Json) -> None:
        """A conclusion completes, whatever the status says; another status takes the conclusion back."""
        conclusion, status = body.get("conclusion"), body.get("status")
        if conclusion:
            run.status, run.conclusion = "completed", conclusion
            run.completed_at = check_rules.moment(body, "completed_at") or self.now()
        elif status and status != "completed":
            run.status, run.conclusion, run.completed_at = status, None, None

    async def _suite(self, repo: Repository, app: App, sha: str) -> CheckSuite:
        """The App's suite on the commit; commits of forks get one here, without a branch."""
        known = next((each for each in self.suites_of(repo, sha) if each.app is app), None)
        if known is not None:
            return known
        refs = await self.git(repo).refs()
        heads = (ref.removeprefix("refs/heads/") for ref, tip in refs.items() if tip == sha)
        branch = next((each for each in heads if not each.startswith("refs/")), None)
        return self.new_suite(repo, app, sha, branch)

    async def _completed(self, run: CheckRun) -> None:
        await self._tell_run("completed", run, run.app.bot)
        if run.suite.status == "completed":
            await self._tell_suite("completed", run.suite, run.app.bot)

    def _reset(self, suite: CheckSuite) -> None:
        suite.is_reset, suite.updated_at = True, self.now()

    def _must_write(self, repo: Repository, by: str) -> Account:
        who = self.account(by)
        if who.type != "Bot" and not self.permission(who, repo).allows(Permission.WRITE):
            raise Refusal(403, "Must have write access to re-run checks.")
        return who

    async def _tell_run(
        self, action: str, run: CheckRun, who: Account, *, app: App | None = None, **more: Json
    ) -> None:
        body = {"action": action, "check_run": run_in_event(self, run), **more}
        await self.emit("check_run", body, who, run.repository, app)

    async def _tell_suite(self, action: str, suite: CheckSuite, who: Account, *, app: App | None = None) -> None:
        body = {"action": action, "check_suite": await check_suite(self, suite)}
        await self.emit("check_suite", body, who, suite.repository, app)


def _check(body: Json) -> None:
    """Everything that can be wrong with a request, before anything is changed."""
    status = check_rules.member(body, "status", check_rules.STATUSES)
    conclusion = check_rules.member(body, "conclusion", check_rules.CONCLUSIONS)
    if status == "completed" and conclusion is None:
        raise check_rules.invalid('"conclusion" wasn\'t supplied.')
    check_rules.field(body, "external_id", str)
    check_rules.link(body, "details_url")
    check_rules.moment(body, "started_at")
    check_rules.moment(body, "completed_at")
    check_rules.actions(body)
    output = check_rules.field(body, "output", dict)
    if output is not None:
        check_rules.output_text(output, "summary", required=True)
        check_rules.output_text(output, "title", required=True)
        check_rules.output_text(output, "text")
        check_rules.annotations(output)
