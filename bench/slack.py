"""How soon a command in Slack is acknowledged, beside a bare handler, and what news costs in requests to Slack."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.demo.github.repository import Repository
from app.demo.scenario import ORGANISATION, WRITER, delivering, places, play, settle
from app.demo.showcase import Showcase
from app.demo.slack.server import LocalSlack
from app.demo.stage import free_port, stage
from app.demo.talk import CHANNEL, furnish, introduce, speaking
from bench.delivery import SECRET
from bench.figure import Figure, Spread, median, p99, ratio
from bench.load import Told
from bench.process import load, running
from bench.speech import Plan
from bench.town import EMPTY, OWNER_LOGIN, Town, eventually, quiet, town

BARE, CALM, STORM = "slack-bolt that only acknowledges", "Interlock", "Interlock beside a storm of builds"
RATE, SECONDS, ROUNDS = 50.0, 8, 3
REPOSITORIES, PUSHES = 8, 5
MILLISECONDS = 1000
FAILING = "version: 0.2\n# PRX_\nphases:\n  build:\n    commands: [exit 3]\n"


@dataclass(frozen=True)
class Room:
    on: Town
    slack: LocalSlack
    bare_port: int

    def forms(self) -> list[dict[str, str]]:
        """Commands as Slack sends them; each can be answered."""
        team = self.slack.workspace(ORGANISATION)
        who, where = self.slack.user(team.id, WRITER), self.slack.channel(team.id, CHANNEL)
        return [
            {
                "command": "/interlock",
                "text": "status",
                "team_id": team.id,
                "team_domain": team.domain,
                "channel_id": where.id,
                "channel_name": where.name,
                "user_id": who.id,
                "user_name": who.name,
                "api_app_id": self.slack.app.id,
                "trigger_id": secrets.token_hex(12),
                "response_url": self.slack.new_response_url("commands", team, where, who),
            }
            for _ in range(int(RATE * SECONDS))
        ]


async def measure(directory: Path) -> Sequence[Figure]:
    async with _room(directory) as room:
        return [await _acknowledged(room), await _requests(room, directory / "stage")]


@asynccontextmanager
async def _room(directory: Path) -> AsyncIterator[Room]:
    async with LocalSlack() as slack:
        furnish(slack)
        slack.app.signing_secret = SECRET
        settings = {**slack.settings(), "SLACK_CHANNEL": f"#{CHANNEL}"}
        settings.pop("SLACK_APP_TOKEN", None)
        port = free_port()
        async with (
            running("bench.bolt", str(port), port=port),
            town(directory / "town", "bench.hasty", **settings) as on,
        ):
            yield Room(on, slack, port)


async def _acknowledged(room: Room) -> Figure:
    ours = int(room.on.app_url.rpartition(":")[2])
    told: dict[str, list[Told]] = {BARE: [], CALM: [], STORM: []}
    repositories = [await room.on.repository(f"service-{each}") for each in range(REPOSITORIES)]
    for round_ in range(ROUNDS):
        told[BARE].append(await _say(room, room.bare_port))
        told[CALM].append(await _say(room, ours))
        room.on.github.hold_webhooks()
        for each in repositories:
            for push in range(PUSHES):
                files: dict[str, str | bytes | None] = {"buildspec.yml": EMPTY, "text.txt": f"{round_} {push}"}
                await room.on.github.commit_files(each, "main", files, "Go on", OWNER_LOGIN)
        room.on.github.release_webhooks()
        told[STORM].append(await _say(room, ours))
        await room.on.github.settled()
    figure = Figure(f"A command is acknowledged, at {RATE:.0f} a second", ["", "p50 ms", "p99 ms", "p50 against bare"])
    middle = {name: [median(each.latencies) for each in rounds] for name, rounds in told.items()}
    for name, rounds in told.items():
        slow = Spread([p99(each.latencies) for each in rounds])
        versus = "" if name == BARE else f"{ratio(middle[name], middle[BARE]).told()} ×"
        figure.rows.append([name, Spread(middle[name]).told(MILLISECONDS), slow.told(MILLISECONDS), versus])
    figure.notes.append("Interlock stores each command durably before it acknowledges; Slack waits for 3,000 ms.")
    figure.notes.append(f"The storm: {REPOSITORIES * PUSHES} pushes at once, each built on this machine meanwhile.")
    return figure


async def _say(room: Room, port: int) -> Told:
    return await load(Plan(port=port, forms=room.forms(), rate=RATE), "bench.speech")


# --- requests ----------------------------------------------------------------------------------


async def _requests(room: Room, directory: Path) -> Figure:
    figure = Figure("Requests to Slack", ["", "messages", "updates", "remarks"])
    repository = await room.on.repository("heard")
    for name, buildspec, level in (
        ("a build that succeeds, at normal", EMPTY, "normal"),
        ("a build that breaks its branch", FAILING, "normal"),
        ("the build that mends it", EMPTY, "normal"),
        ("a build that succeeds, at verbose", EMPTY, "verbose"),
    ):
        figure.rows.append([name, *await _of_push(room, repository, buildspec, level)])
    name = "a deployment to production that is approved, at normal"
    figure.rows.append([name, *await _of_deployment(directory)])
    return figure


async def _of_push(room: Room, repository: Repository, buildspec: str, level: str) -> list[str]:
    before = _counted(room.slack)
    notify = f"notify: {{level: {level}}}\n"
    files: dict[str, str | bytes | None] = {"buildspec.yml": buildspec, ".github/interlock.yml": notify}
    files["text.txt"] = secrets.token_hex(4)
    sha = await room.on.github.commit_files(repository, "main", files, "Go on", OWNER_LOGIN)
    await room.on.check(repository, sha, "success", "failure")
    after = await quiet(lambda: _later(room.slack))
    return [str(now - then) for now, then in zip(after, before, strict=True)]


async def _of_deployment(directory: Path) -> list[str]:
    """The demo's first version, from the push until it is live in production."""
    async with LocalSlack() as slack, Showcase(places(directory)) as shown:
        furnish(slack)
        more = {**delivering(directory), **speaking(slack)}
        async with stage(directory, owner=ORGANISATION, settle=settle, more=more) as on:
            await introduce(slack, on)
            await on.github.install_app(on.registered, ORGANISATION, by=WRITER)
            await play(on.github, directory / "people", shown.url)
            waiting = await eventually(lambda: next(iter(slack.messages(CHANNEL)), None))
            await slack.press(waiting.ts, user=WRITER, label="Approve", confirm=True)
            await eventually(lambda: "✓" in waiting.text or "✕" in waiting.text)
            return list(map(str, await quiet(lambda: _later(slack))))


async def _later(slack: LocalSlack) -> tuple[int, int, int]:
    """What a channel hears comes a second apart."""
    await asyncio.sleep(1)
    return _counted(slack)


def _counted(slack: LocalSlack) -> tuple[int, int, int]:
    """Messages, updates, and remarks in threads."""
    remarks = len([each for each in slack.messages(CHANNEL) if each.thread_ts])
    return slack.requests["chat.postMessage"] - remarks, slack.requests["chat.update"], remarks
