"""A bare App of Slack's own framework works against the local Slack, over HTTP and in Socket Mode."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from app.demo.slack.server import LocalSlack

APPROVE = [
    {
        "type": "actions",
        "elements": [{"type": "button", "action_id": "approve", "text": {"type": "plain_text", "text": "Approve"}}],
    }
]
NOTE = {
    "type": "modal",
    "callback_id": "note",
    "title": {"type": "plain_text", "text": "A note"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "note",
            "label": {"type": "plain_text", "text": "Note"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


def story(app: AsyncApp) -> None:
    """A command posts a button, the button opens a modal, and what is written there is posted."""

    @app.command("/deploy")
    async def deploy(ack: Any, command: Any, say: Any, respond: Any) -> None:
        await ack("Wait.")
        await say(text=command["text"], blocks=APPROVE)
        await respond("Asked.")

    @app.action("approve")
    async def approve(ack: Any, body: Any, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=NOTE)

    @app.view("note")
    async def note(ack: Any, view: Any, client: Any) -> None:
        text = view["state"]["values"]["note"]["text"]["value"]
        if text == "no":
            await ack(response_action="errors", errors={"note": "Say more."})
            return
        await ack()
        await client.chat_postMessage(channel="C0DEPLOYS", text=f"Approved: {text}")


@pytest.fixture
async def bolt(slack: LocalSlack, bot: AsyncWebClient) -> AsyncIterator[AsyncApp]:
    app = AsyncApp(signing_secret=slack.app.signing_secret, client=bot)
    story(app)

    async def hear(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    site = web.Application()
    site.router.add_post("/slack/events", hear)
    runner = web.AppRunner(site, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.listen(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    yield app
    await runner.cleanup()


async def test_a_command_a_press_and_a_modal_of_a_bolt_app(slack: LocalSlack, bolt: AsyncApp) -> None:
    assert await slack.verify_url()
    await slack.command("acme", "ana", "#deploys", "/deploy", "web 1.8.0")
    await slack.until(lambda: len(slack.ephemeral("ana")) == 2)  # Bolt acknowledges first and does the rest afterwards
    assert sorted(each.text for each in slack.ephemeral("ana")) == ["Asked.", "Wait."]
    [asked] = slack.messages("deploys")
    await slack.press(asked.ts, user="bo", label="Approve")
    await slack.until(lambda: slack.requests["views.open"] == 1)
    await slack.submit("acme", "bo", {"note": "no"})
    assert slack.top_view("acme", "bo").errors == {"note": "Say more."}
    await slack.submit("acme", "bo", {"note": "fine"})
    await slack.until(lambda: slack.requests["chat.postMessage"] == 2)
    assert [each.text for each in slack.messages("deploys")] == ["web 1.8.0", "Approved: fine"]
    assert slack.views_of("acme", "bo") == []


async def test_a_client_in_socket_mode_hears_and_answers(slack: LocalSlack, bot: AsyncWebClient) -> None:
    heard: list[SocketModeRequest] = []

    async def hear(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        heard.append(request)
        payload = {"text": "Wait."} if request.type == "slash_commands" else None
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))

    client = SocketModeClient(app_token=slack.app.app_token, web_client=AsyncWebClient(base_url=slack.api_url))
    client.socket_mode_request_listeners.append(hear)
    await client.connect()  # type: ignore[no-untyped-call]
    try:
        answer = await slack.command("acme", "ana", "#deploys", "/deploy", "web")
        assert (answer.status, [each.text for each in slack.ephemeral("ana")]) == (200, ["Wait."])
        posted = await bot.chat_postMessage(channel="C0DEPLOYS", text="x", blocks=APPROVE)
        await slack.press(posted["ts"], user="ana", label="Approve")
        await slack.event("acme", {"type": "app_uninstalled"})
        assert [(each.type, each.accepts_response_payload) for each in heard] == [
            ("slash_commands", True),
            ("interactive", True),
            ("events_api", False),
        ]
        await slack.disconnect_sockets()
        await slack.until(lambda: bool(slack.sockets))
        await slack.command("acme", "ana", "#deploys", "/deploy", "again")
        assert heard[-1].payload["text"] == "again"
        assert slack.requests["apps.connections.open"] == 2
    finally:
        await client.close()  # type: ignore[no-untyped-call]


async def test_a_socket_that_does_not_acknowledge_is_late(slack: LocalSlack) -> None:
    client = SocketModeClient(app_token=slack.app.app_token, web_client=AsyncWebClient(base_url=slack.api_url))
    await client.connect()  # type: ignore[no-untyped-call]
    slack.patience = 0.05
    answer = await slack.command("acme", "ana", "#deploys", "/deploy")
    assert answer.error == "operation_timeout"
    await client.close()  # type: ignore[no-untyped-call]
