"""Whoever hears every webhook knows the state: after any history, the events alone rebuild it."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.demo.github.git import ZERO
from app.demo.github.refusal import Refusal
from tests.app.demo.github.world import World

BRANCHES = ("main", "a", "b")
Step = tuple[str, str, str]
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["commit", "commit", "delete", "open", "merge", "squash", "close", "reopen", "retarget", "queue"]
        ),
        st.sampled_from(BRANCHES),
        st.sampled_from(BRANCHES),
    ),
    max_size=14,
)


async def take(world: World, number: int, step: Step) -> None:
    """One step; what GitHub refuses changes nothing."""
    github, repo, (what, branch, base) = world.github, world.web, step
    requests = [one for one in github.pull_requests_of(repo, "all") if one.head_ref == branch]
    if what == "commit":
        await github.commit_files(repo, branch, {f"{branch}.txt": str(number)}, f"Change {number}", "ana")
    elif what == "delete" and branch != "main" and await github.git(repo).resolve(f"refs/heads/{branch}"):
        await github.delete_branch(repo, branch, "ana")
    elif what == "open":
        await github.open_pull_request(repo, f"From {branch}", head=branch, base=base, by="bo")
    for one in requests[:1]:
        if what in {"merge", "squash"}:
            await github.merge_pull_request(one, "ana", method=what)
        elif what == "close":
            await github.close_pull_request(one)
        elif what == "reopen":
            await github.reopen_pull_request(one)
        elif what == "retarget":
            await github.retarget(one, base)
        elif what == "queue" and one.is_open:
            group = await github.form_merge_group(one, "ana")
            await github.destroy_merge_group(repo, group, "merged" if number % 2 else "dequeued", "ana")


def rebuilt(payloads: list[tuple[str, dict[str, Any]]]) -> tuple[dict[str, str], dict[int, tuple[Any, ...]]]:
    """Branches and pull requests as the webhooks tell them; each push has to begin where the last one ended."""
    branches: dict[str, str] = {}
    requests: dict[int, tuple[Any, ...]] = {}
    for event, payload in payloads:
        if event == "push":
            assert branches.get(payload["ref"], ZERO) == payload["before"]
            branches[payload["ref"]] = payload["after"]
        elif event == "pull_request":
            one = payload["pull_request"]
            requests[one["number"]] = (one["state"], one["merged"], one["head"]["sha"], one["base"]["ref"])
    return {ref: sha for ref, sha in branches.items() if sha != ZERO}, requests


@settings(max_examples=12, deadline=None)
@given(steps)
async def test_the_webhooks_alone_rebuild_the_state(history: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        async with World(Path(directory) / "github") as world:
            for number, step in enumerate([("commit", "main", "main"), *history]):
                try:
                    await take(world, number, step)
                except Refusal:
                    continue
            told = rebuilt([(each.event, each.payload) for each in await world.webhooks()])
            refs = await world.github.git(world.web).refs()
            requests = world.github.pull_requests_of(world.web, "all")
            assert told == (
                {ref: sha for ref, sha in refs.items() if not ref.startswith("refs/pull/")},
                {one.number: (one.state, one.merged, one.head_sha, one.base_ref) for one in requests},
            )
