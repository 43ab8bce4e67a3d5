"""What the demo shows: an organisation, two repositories, and changes that pass, fail and wait for approval."""

from dataclasses import dataclass
from pathlib import Path

from app.demo.github.account import Permission
from app.demo.github.pull_request import PullRequest
from app.demo.github.repository import Repository
from app.demo.github.server import LocalGitHub
from app.demo.working_copy import WorkingCopy

SAMPLES = Path(__file__).parent / "samples"
TEST_RUNNER = SAMPLES / "run_tests.py"

ORGANISATION = "acme"
WRITER, OUTSIDER = "ana", "sam"
"""Ana may push to both repositories. Sam may read them, and sends a pull request from a fork."""

NAMES = {WRITER: "Ana Flores", OUTSIDER: "Sam Reed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`broken` fails a test, `foreign` waits for somebody who vouches for it."""

    clock: Repository
    shop: Repository
    broken: PullRequest
    foreign: PullRequest


async def settle(github: LocalGitHub) -> None:
    """The people and their organisation; a person's token is their login, as this is nobody's production."""
    for login, name in NAMES.items():
        await github.create_user(login, login, name=name)
    await github.create_organisation(ORGANISATION, owners=[WRITER])


async def play(github: LocalGitHub, workspace: Path) -> Scenario:
    """Everything is pushed over HTTP with the real git, by the people themselves."""
    clock = await github.create_repository(f"{ORGANISATION}/tide-clock", description="How high the water stands")
    shop = await github.create_repository(f"{ORGANISATION}/corner-shop", description="What a full cart costs")

    at_clock = await _clone(github, clock, WRITER, workspace)
    await at_clock.lay(SAMPLES / "tide-clock", TEST_RUNNER)
    await at_clock.commit_and_push("Tell how high the water stands", "main")

    at_shop = await _clone(github, shop, WRITER, workspace)
    await at_shop.lay(SAMPLES / "corner-shop", TEST_RUNNER)
    await at_shop.commit_and_push("Add up a cart, with tax", "main")
    await at_shop.lay(SAMPLES / "round-totals")
    await at_shop.commit_and_push("Round totals to whole cents", "round-totals")
    text = "Round totals to whole cents\n\nNobody pays a third of a cent."
    broken = await github.open_pull_request(shop, text, head="round-totals", by=WRITER)

    await github.allow(OUTSIDER, clock, Permission.READ)
    at_fork = await _clone(github, await github.fork(clock, OUTSIDER), OUTSIDER, workspace)
    await at_fork.lay(SAMPLES / "explain-zero")
    await at_fork.commit_and_push("Explain the chart's zero", "zero")
    text = "Explain the chart's zero\n\nI always have to look it up."
    foreign = await github.open_pull_request(clock, text, head=f"{OUTSIDER}:zero", by=OUTSIDER)
    return Scenario(clock=clock, shop=shop, broken=broken, foreign=foreign)


def push_address(github: LocalGitHub, repository: Repository, login: str) -> str:
    """The clone address with the person in it, so that git asks for nothing."""
    return github.clone_url(repository).replace("://", f"://{login}:{login}@")


async def _clone(github: LocalGitHub, repository: Repository, login: str, workspace: Path) -> WorkingCopy:
    copy = WorkingCopy(directory=workspace / login / repository.name, name=NAMES[login], login=login)
    await copy.clone(push_address(github, repository, login))
    return copy
