"""Socket Mode: what Slack tells by a connection of ours is kept as at the door, and a lost connection comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from app.slack.hearing import Heard, Hearing
from app.slack.socket import Socket
from checks.errors import Transient
from tests.app.slack.endpoint import Endpoint, Reply, refused, workspaces
from tests.app.slack.test_payload import command, press

APP_TOKEN = "xapp-1-hush"


class Shelf:
    def __init__(self) -> None:
        self.kept: dict[str, Heard] = {}
        self.is_full = False

    async def keep(self, heard: Heard) -> bool:
        if self.is_full:
            raise Transient("the disk is full")
        return self.kept.setdefault(heard.guid, heard) is heard


@asynccontextmanager
async def listening(endpoint: Endpoint, shelf: Shelf) -> AsyncIterator[Socket]:
    async with (
        workspaces(endpoint) as known,
        Hearing(known, shelf.keep) as hearing,
        Socket(known.client, SecretStr(APP_TOKEN), hearing, ping=0.05, pause=0.01) as socket,
    ):
        yield socket


def envelope(payload: Any, name: str = "e-1", kind: str = "slash_commands", **more: Any) -> dict[str, Any]:
    return {"type": kind, "envelope_id": name, "payload": payload, "accepts_response_payload": True, **more}


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def test_what_is_told_is_kept_and_acknowledged(endpoint: Endpoint, shelf: Shelf) -> None:
    async with listening(endpoint, shelf):
        await endpoint.connected.wait()
        await endpoint.sockets[0].send_json(envelope(command("why web") | {"token": "old"}))
        first = await endpoint.said.get()
        await endpoint.sockets[0].send_json(envelope(press(trigger_id="7"), "e-2", "interactive"))
        second = await endpoint.said.get()
    assert (first, second) == ({"envelope_id": "e-1"}, {"envelope_id": "e-2"})
    assert [(each.action, b"token" in each.body) for each in shelf.kept.values()] == [
        ("command", False),
        ("press", False),
    ]
    opening = endpoint.asked[0]
    assert (opening.method, opening.token) == ("apps.connections.open", APP_TOKEN)


async def test_what_is_told_again_is_kept_once(endpoint: Endpoint, shelf: Shelf) -> None:
    async with listening(endpoint, shelf):
        await endpoint.connected.wait()
        for name in ("e-1", "e-2"):
            await endpoint.sockets[0].send_json(envelope(command("why web"), name, retry_attempt=1))
            await endpoint.said.get()
    assert len(shelf.kept) == 1


async def test_what_cannot_be_kept_is_said_in_the_acknowledgement(endpoint: Endpoint, shelf: Shelf) -> None:
    shelf.is_full = True
    async with listening(endpoint, shelf):
        await endpoint.connected.wait()
        await endpoint.sockets[0].send_json(envelope(command("why web")))
        said = await endpoint.said.get()
    assert (said["envelope_id"], said["payload"]["response_type"]) == ("e-1", "ephemeral")


async def test_what_is_nothing_to_us_is_acknowledged(endpoint: Endpoint, shelf: Shelf) -> None:
    async with listening(endpoint, shelf):
        await endpoint.connected.wait()
        await endpoint.sockets[0].send_json({"type": "hello"})
        await endpoint.sockets[0].send_json(envelope({"type": "shortcut"}, kind="interactive"))
        assert await endpoint.said.get() == {"envelope_id": "e-1"}
    assert shelf.kept == {}


async def test_a_lost_connection_comes_back(endpoint: Endpoint, shelf: Shelf) -> None:
    async with listening(endpoint, shelf):
        await endpoint.connected.wait()
        endpoint.connected.clear()
        await endpoint.sockets[0].close()
        await endpoint.connected.wait()
        await endpoint.sockets[1].send_json(envelope(command("why web")))
        await endpoint.said.get()
    assert len(shelf.kept) == 1


async def test_slack_is_asked_until_it_is_back(endpoint: Endpoint, shelf: Shelf) -> None:
    back = Reply({"ok": True, "url": f"{endpoint.url}/link".replace("http", "ws")})
    endpoint.on("apps.connections.open", Reply(status=503, raw="away"), Reply(drop=True), back)
    async with listening(endpoint, shelf):
        await endpoint.connected.wait()
    assert endpoint.methods == ["apps.connections.open"] * 3


async def test_a_wrong_token_is_said_once_and_is_the_end(endpoint: Endpoint, shelf: Shelf) -> None:
    endpoint.on("apps.connections.open", refused("invalid_auth"))
    with capture_logs() as lines:
        async with workspaces(endpoint) as known, Hearing(known, shelf.keep) as hearing:
            await asyncio.wait_for(Socket(known.client, SecretStr(APP_TOKEN), hearing).run(), 5)
    assert endpoint.methods == ["apps.connections.open"]
    assert lines == [
        {
            "event": "slack_socket_refused",
            "log_level": "warning",
            "setting": "SLACK_APP_TOKEN",
            "reason": "invalid_auth",
            "next": "make an app-level token with connections:write, set SLACK_APP_TOKEN and start again",
        }
    ]


@pytest.mark.parametrize("told", [{"type": "disconnect", "reason": "refresh_requested"}, None])
async def test_a_token_that_is_revoked_meanwhile_ends_it(
    endpoint: Endpoint, shelf: Shelf, told: dict[str, Any] | None
) -> None:
    with capture_logs() as lines:
        async with workspaces(endpoint) as known, Hearing(known, shelf.keep) as hearing:
            socket = Socket(known.client, SecretStr(APP_TOKEN), hearing, ping=0.05, pause=0.01)
            running = asyncio.create_task(socket.run())
            await endpoint.connected.wait()
            endpoint.on("apps.connections.open", refused("token_revoked"))
            await (endpoint.sockets[0].send_json(told) if told else endpoint.sockets[0].close())
            await asyncio.wait_for(running, 5)
    assert [line["reason"] for line in lines] == ["token_revoked"]


async def test_no_secret_is_in_any_line(endpoint: Endpoint, shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="interlock")
    with capture_logs() as lines:
        async with listening(endpoint, shelf):
            await endpoint.connected.wait()
            await endpoint.sockets[0].send_json(envelope(command("why web")))
            await endpoint.said.get()
    assert "hush" not in f"{lines} {[record.getMessage() for record in caplog.records]}"
