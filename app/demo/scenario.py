"""What the demo shows: an organisation, two repositories, changes that pass, fail and wait for approval, and a version
that goes to staging and from there to production.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from pydantic import SecretStr

from app.demo.github.account import Permission
from app.demo.github.pull_request import PullRequest
from app.demo.github.repository import Repository
from app.demo.github.server import LocalGitHub
from app.demo.working_copy import WorkingCopy

SAMPLES = Path(__file__).parent / "samples"
TEST_RUNNER = SAMPLES / "run_tests.py"
UPLOADER = SAMPLES / "upload.py"

SHOWCASE_PORT = 7082
"""Where the samples say that the environments are."""

ORGANISATION = "acme"
WRITER, OUTSIDER = "ana", "sam"
"""Ana may push to both repositories. Sam may read them, and sends a pull request from a fork."""

CLOCK = "tide-clock"
"""The repository that is delivered; its service is called the same."""

ENVIRONMENTS = ("staging", "production")

TOKEN = "the-operator-of-the-demo"  # noqa: S105  nobody's production, so nobody's secret

NAMES = {WRITER: "Ana Flores", OUTSIDER: "Sam Reed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`broken` fails a test, `foreign` waits for somebody who vouches for it. `first` is the clock's commit."""

    clock: Repository
    first: str
    shop: Repository
    broken: PullRequest
    foreign: PullRequest


async def settle(github: LocalGitHub) -> None:
    """The people and their organisation; a person's token is their login, as this is nobody's production."""
    for login, name in NAMES.items():
        await github.create_user(login, login, name=name)
    await github.create_organisation(ORGANISATION, owners=[WRITER])


def delivering(home: Path) -> Mapping[str, object]:
    """The settings, by the names of their fields, with which the clock is published to this machine and goes live on
    it. What is live is asked on loopback, which is nobody's business elsewhere."""
    return {
        "local_depot": home / "depot",
        "local_targets": home / "live",
        "webhook_networks": (ip_network("127.0.0.1/32"),),
        "api_token": (SecretStr(TOKEN),),
    }


def places(home: Path) -> Mapping[str, Path]:
    """The clock's environments, as these settings lay them out."""
    return {name: home / "live" / ORGANISATION / CLOCK / CLOCK / name for name in ENVIRONMENTS}


async def play(github: LocalGitHub, workspace: Path, showcase: str) -> Scenario:
    """Everything is pushed over HTTP with the real git, by the people themselves; what is live shows at `showcase`."""
    clock = await github.create_repository(f"{ORGANISATION}/{CLOCK}", description="How high the water stands")
    shop = await github.create_repository(f"{ORGANISATION}/corner-shop", description="What a full cart costs")

    at_clock = await _clone(github, clock, WRITER, workspace)
    await at_clock.lay(SAMPLES / "tide-clock", TEST_RUNNER, UPLOADER)
    await asyncio.to_thread(_lead, at_clock.directory / ".github" / "interlock.yml", showcase)
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
    first = await at_clock.git("rev-parse", "HEAD")
    return Scenario(clock=clock, first=first, shop=shop, broken=broken, foreign=foreign)


def push_address(github: LocalGitHub, repository: Repository, login: str) -> str:
    """The clone address with the person in it, so that git asks for nothing."""
    return github.clone_url(repository).replace("://", f"://{login}:{login}@")


def _lead(file: Path, showcase: str) -> None:
    """The environments are where they are, if something else has their port."""
    file.write_text(file.read_text().replace(f"http://127.0.0.1:{SHOWCASE_PORT}", showcase))


async def _clone(github: LocalGitHub, repository: Repository, login: str, workspace: Path) -> WorkingCopy:
    copy = WorkingCopy(directory=workspace / login / repository.name, name=NAMES[login], login=login)
    await copy.clone(push_address(github, repository, login))
    return copy
