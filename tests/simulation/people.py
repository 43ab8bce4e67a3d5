"""What people do to a repository, at random: push, propose, change their minds and press buttons."""

from collections import Counter
from collections.abc import Callable
from random import Random

from tests.simulation.github import APP, GitHub, PullRequest

ACTIONS_AGAIN = ("unlocked", "edited")


class People:
    """`asked_again` counts, per commit, what may ask for one more build of it."""

    def __init__(self, github: GitHub, random: Random) -> None:
        self._github = github
        self._random = random
        self.asked_again: Counter[str] = Counter()
        self.pressed: set[str] = set()
        self.pushed: list[str] = []
        self.deeds: list[str] = []

    def do_something(self) -> None:
        deeds: list[Callable[[], None]] = [
            self._push,
            self._open,
            self._open,
            self._move,
            self._move,
            self._move,
            self._go_back,
            self._close,
            self._reopen,
            self._ask_again,
            self._ready,
            self._share,
            self._queue,
            self._destroy,
            *[self._press] * 5,
            self._rerun_all,
        ]
        deed = self._random.choice(deeds if self._github.pull_requests else [self._open, self._push])
        self.deeds.append(deed.__name__.strip("_"))
        if self._random.random() < 0.6:
            self._github.pass_time()
        deed()

    # --- the default branch and the merge queue ---

    def _push(self) -> None:
        before, after = self._github.main, self._github.commit(self._github.main)
        self._github.main = after
        self.pushed.append(after)
        self._tell_push("main", before, after)

    def _tell_push(self, branch: str, before: str, after: str) -> None:
        files = self._github.files
        touched = ["buildspec.yml"] if files[before] != files[after] else []
        commit = {
            "id": after,
            "message": self._github.messages[after],
            "added": [],
            "removed": [],
            "modified": [*touched, "a.py"],
        }
        ref = f"refs/heads/{branch}"
        self._github.tell("push", "ana", ref=ref, before=before, after=after, commits=[commit], head_commit=commit)

    def _queue(self) -> None:
        head = self._github.commit(self._github.main)
        self._github.groups[head] = f"refs/heads/gh-readonly-queue/main/pr-{len(self._github.groups)}"
        self._tell_group("checks_requested", head)

    def _destroy(self) -> None:
        if self._github.groups:
            head = self._random.choice(sorted(self._github.groups))
            self._tell_group("destroyed", head, reason="dequeued")
            self.asked_again[head] += 1  # the group's build may be cancelled before its request is told

    def _tell_group(self, action: str, head: str, **more: str) -> None:
        commit = {"id": head, "message": self._github.messages[head]}
        group = {"head_sha": head, "head_ref": self._github.groups[head], "head_commit": commit}
        self._github.tell("merge_group", "ana", action=action, merge_group=group, **more)

    # --- pull requests ---

    def _open(self) -> None:
        author = self._random.choice(["ana", "bo", "eve"])
        head = self._github.commit(self._github.main)
        number = len(self._github.pull_requests) + 1
        request = PullRequest(
            number=number,
            author=author,
            head=head,
            branch=f"branch-{number}",
            fork=author == "eve",
            draft=self._random.random() < 0.2,
        )
        self._github.pull_requests.append(request)
        if not request.fork:
            self._tell_push(request.branch, self._github.main, head)
        self._tell(request, "opened")

    def _share(self) -> None:
        """A second pull request of the same branch, onto another one."""
        if first := self._any(is_open=True):
            number = len(self._github.pull_requests) + 1
            second = PullRequest(number, first.author, first.head, first.branch, base="release", fork=first.fork)
            self._github.pull_requests.append(second)
            self.asked_again[second.head] += 1  # the first one may be closed before this is told
            self._tell(second, "opened")

    def _move(self) -> None:
        if request := self._any(is_open=True):
            self._move_to(request, self._github.commit(request.head))

    def _go_back(self) -> None:
        """A force-push to what was there before."""
        if request := self._any(is_open=True):
            earlier = [sha for sha in list(self._github.files)[1:] if sha != request.head]
            if earlier:
                self._move_to(request, self._random.choice(earlier[-4:]))

    def _move_to(self, request: PullRequest, head: str) -> None:
        before = request.head
        if not request.fork:
            self._tell_push(request.branch, before, head)
        for each in self._github.pull_requests:
            if each.open and each.branch == request.branch:
                each.head = head
                self.asked_again[head] += 1
                self._tell(each, "synchronize", before=before)

    def _close(self) -> None:
        if request := self._any(is_open=True):
            request.open = False
            self._tell(request, "closed")

    def _reopen(self) -> None:
        request = self._any(is_open=False)
        if request and not self._twin_moved(request):
            request.open = True
            self.asked_again[request.head] += 1
            self._github.pass_time()
            self._tell(request, "reopened")

    def _ask_again(self) -> None:
        if request := self._any(is_open=True):
            action = self._random.choice(ACTIONS_AGAIN)
            self.asked_again[request.head] += 1
            more = {"changes": {"base": {"ref": {"from": request.base}}}} if action == "edited" else {}
            self._tell(request, action, **more)

    def _ready(self) -> None:
        if request := self._any(is_open=True):
            request.draft = False
            self.asked_again[request.head] += 1  # it asks again if the build was cancelled
            self._tell(request, "ready_for_review")

    def _tell(self, request: PullRequest, action: str, **more: object) -> None:
        """Two tellings of one second can be put in order, three cannot."""
        if request.updated_at >= self._github.clock:
            self._github.pass_time()
        request.updated_at = self._github.clock
        by = request.author if action in ("opened", "synchronize") else "ana"
        self._github.tell_pull_request(request, action, by, **more)

    def _any(self, *, is_open: bool) -> PullRequest | None:
        found = [request for request in self._github.pull_requests if request.open is is_open]
        return self._random.choice(found) if found else None

    def _twin_moved(self, request: PullRequest) -> bool:
        twins = [each for each in self._github.pull_requests if each.branch == request.branch]
        return any(each.head != request.head for each in twins)

    # --- checks ---

    def _press(self) -> None:
        if self._github.check_runs:
            run = self._random.choice(list(self._github.check_runs.values())[-6:])
            shown = [action["identifier"] for action in run["actions"]]
            button = self._random.choice([*shown * 4, "approve", "cancel", "rerun"])
            by = self._random.choice(["ana", "bo", "bo", "eve"])
            self.asked_again[run["head_sha"]] += button == "rerun"
            self.pressed.add(run["head_sha"])
            check = {"head_sha": run["head_sha"], "app": {"id": APP}, "external_id": run["external_id"]}
            self.deeds[-1] += f" {button}"
            self._github.tell(
                "check_run", by, action="requested_action", check_run=check, requested_action={"identifier": button}
            )

    def _rerun_all(self) -> None:
        if self._github.check_runs:
            run = self._random.choice(list(self._github.check_runs.values()))
            self.asked_again[run["head_sha"]] += 1
            self.pressed.add(run["head_sha"])
            suite = {"head_sha": run["head_sha"], "app": {"id": APP}}
            self._github.tell("check_suite", "bo", action="rerequested", check_suite=suite)
