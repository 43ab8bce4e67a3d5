"""A local GitHub with a shop in it: people, a pull request that fails, one from a fork that waits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.demo.github.account import Permission
from app.demo.github.auth import new_key_pair
from app.demo.github.check_run import CheckRun
from app.demo.github.delivery import Delivery
from app.demo.github.deploying import Author
from app.demo.github.deployment import Protection
from app.demo.github.documents.fields import Json
from app.demo.github.installation import App
from app.demo.github.installing import Registration
from app.demo.github.pull_request import PullRequest
from app.demo.github.repository import Repository
from app.demo.github.server import LocalGitHub

CART = "def total(items):\n    net = sum(item.price for item in items)\n    return round(net * 1.19, 2)\n"
SUMMARY = """**2 tests failed** <script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3))

| test | why |
|---|--:|
| `test_total` | expected 119.0, got 100.0 |

<details onclick="alert(4)"><summary>Log</summary>

~~~~text
</pre><script>alert(5)</script>
~~~~

</details>
"""
NOTE = {
    "path": "shop/cart.py",
    "start_line": 3,
    "end_line": 3,
    "annotation_level": "failure",
    "title": "expected 119.0",
    "message": "got <script>alert(7)</script>",
}
TITLE = "2 of 248 tests failed <script>alert(8)</script>"
FAILED: Json = {
    "name": "Interlock",
    "status": "completed",
    "conclusion": "failure",
    "output": {"title": TITLE, "summary": SUMMARY, "annotations": [NOTE]},
}
WAITING: Json = {
    "name": "Interlock",
    "status": "completed",
    "conclusion": "action_required",
    "output": {"title": "Waiting for approval", "summary": "Somebody approves."},
    "actions": [{"label": "Approve and run", "description": "Run the build of this commit", "identifier": "approve"}],
}

STAGING = "https://staging.shop.example.org"
LIVE: list[Json] = [
    {"state": "in_progress", "description": "Deploying <b>totals</b>"},
    {"state": "success", "description": "Live and verified", "environment_url": STAGING},
]
GATED: Json = {"state": "queued", "description": "Waits for bo or the crew", "log_url": "https://ci.example.org/d2"}
COMMENT = "<!-- interlock:where -->\n**staging** has it <script>alert(9)</script>, production waits."


@dataclass(frozen=True, kw_only=True)
class Shop:
    github: LocalGitHub
    repository: Repository
    pull: PullRequest
    failed: CheckRun
    waiting: CheckRun

    def url(self, path: str = "") -> str:
        return f"{self.github.url}/acme/shop{path}"

    @property
    def told(self) -> list[Delivery]:
        """What the App was told through the buttons."""
        return [
            each
            for each in self.github.deliveries
            if each.action in {"rerequested", "requested_action"} and not each.redelivery
        ]


@asynccontextmanager
async def open_shop(directory: Path) -> AsyncIterator[Shop]:
    async with LocalGitHub(directory) as github:
        yield await _furnish(github)


async def _furnish(github: LocalGitHub) -> Shop:
    for login in ("ana", "bo", "stranger"):
        await github.create_user(login)
    await github.create_organisation("acme", owners=["bo"])
    repo = await github.create_repository("acme/shop", description="Sells <b>things</b>")
    await github.create_repository("acme/secret", private=True)
    await github.allow("ana", repo, Permission.WRITE)
    await github.commit_files(repo, "main", {"README.md": "# The shop\n", "shop/cart.py": CART}, "Open the shop", "bo")
    untaxed = {"shop/cart.py": CART.replace(" * 1.19", "")}
    await github.commit_files(repo, "tax", untaxed, "Round <i>totals</i>", "ana")
    pull = await github.open_pull_request(repo, "Totals <script>alert(6)</script>\nSee **cart**.", head="tax", by="ana")
    fork = await github.fork(repo, "stranger")
    await github.commit_files(fork, "typo", {"README.md": "# A shop\n"}, "Fix a typo", "stranger")
    theirs = await github.open_pull_request(repo, "Fix a typo", head="stranger:typo", by="stranger")
    app = await _install(github)
    failed = await github.create_run(repo, app, FAILED | {"head_sha": pull.head_sha})
    waiting = await github.create_run(repo, app, WAITING | {"head_sha": theirs.head_sha})
    await _deliver(github, pull, Author(account=app.bot, via=app))
    await github.settled()
    return Shop(github=github, repository=repo, pull=pull, failed=failed, waiting=waiting)


async def _deliver(github: LocalGitHub, pull: PullRequest, author: Author) -> None:
    """The head of the pull request is in staging, waits for production, and says so."""
    repo, crew = pull.repository, github.create_team("acme", "Crew", ["ana"])
    rules = Protection(
        reviewers=[github.user("bo"), crew], prevent_self_review=True, wait_minutes=30, branches=["main"]
    )
    github.configure_environment(repo, "production", rules)
    github.configure_environment(repo, "preview", Protection())
    for environment, said in (("staging", LIVE), ("production", [GATED])):
        asked: Json = {"ref": pull.head_sha, "environment": environment, "auto_merge": False, "required_contexts": []}
        one = await github.create_deployment(repo, author, asked)
        for status in said:
            await github.create_status(one, author, status)
    await github.comment(pull, author.account, COMMENT, via=author.via)


async def _install(github: LocalGitHub) -> App:
    """An App whose address nobody answers."""
    app = await github.register_app(
        Registration(
            name="Interlock",
            owner="acme",
            public_key=new_key_pair()[1],
            webhook_secret="x",
            webhook_url="http://127.0.0.1:9/github",
            permissions={"checks": "write"},
            events=(),
        )
    )
    await github.install_app(app, "acme")
    return app
