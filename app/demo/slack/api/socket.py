"""Socket Mode: the App connects, and is told of everything there. https://docs.slack.dev/apis/events-api/using-socket-mode"""

import json
import secrets

from aiohttp import WSMsgType, web

from app.demo.slack.api.call import SLACK
from app.demo.slack.message import Json
from app.demo.slack.platform import Platform
from app.demo.slack.refusal import Refusal
from app.demo.slack.telling import Socket

LASTS = 3600


def open_connection(slack: Platform, token: str) -> Json:
    """apps.connections.open: an address that works once."""
    if not token:
        raise Refusal("not_authed")
    if token != slack.app.app_token:
        bots = {each.token for each in slack.installations.values()}
        raise Refusal("not_allowed_token_type" if token in bots else "invalid_auth")
    ticket = secrets.token_urlsafe(18)
    slack.tickets.add(ticket)
    return {"url": f"{slack.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={slack.app.id}"}


async def link(request: web.Request) -> web.WebSocketResponse:
    slack, ticket = request.app[SLACK], request.query.get("ticket", "")
    if ticket not in slack.tickets:
        raise web.HTTPUnauthorized
    slack.tickets.discard(ticket)
    connection = web.WebSocketResponse()
    await connection.prepare(request)
    socket = Socket(connection)
    slack.sockets.append(socket)
    slack.stir()
    try:
        await connection.send_json(_hello(slack))
        async for message in connection:
            if message.type is WSMsgType.TEXT:
                _hear(socket, message.data)
    finally:
        if socket in slack.sockets:
            slack.sockets.remove(socket)
    return connection


def _hear(socket: Socket, text: str) -> None:
    try:
        said = json.loads(text)
    except ValueError:
        return
    if isinstance(said, dict):
        socket.hear(said)


def _hello(slack: Platform) -> Json:
    return {
        "type": "hello",
        "num_connections": len(slack.sockets),
        "debug_info": {"host": "local", "build_number": 1, "approximate_connection_time": LASTS},
        "connection_info": {"app_id": slack.app.id},
    }


ROUTES = [web.get("/link/", link)]
