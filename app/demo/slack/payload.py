"""What the App is told, in the shapes that Slack publishes.

https://docs.slack.dev/interactivity/implementing-slash-commands
https://docs.slack.dev/reference/interaction-payloads
https://docs.slack.dev/apis/events-api
"""

from html import escape

from app.demo.slack.message import Json, Message
from app.demo.slack.view import View
from app.demo.slack.workspace import App, Channel, Installation, User, Workspace


def escaped(text: str) -> str:
    """As Slack passes on what people type. https://docs.slack.dev/messaging/formatting-message-text#escaping"""
    return escape(text, quote=False)


def command(app: App, workspace: Workspace, channel: Channel, user: User) -> Json:
    """Of a slash command, without what belongs to this one time."""
    grid = (
        {"enterprise_id": workspace.enterprise_id, "enterprise_name": "Local Grid"} if workspace.enterprise_id else {}
    )
    return {
        "token": app.verification_token,
        "team_id": workspace.id,
        "team_domain": workspace.domain,
        **grid,
        "channel_id": channel.id,
        "channel_name": "privategroup" if channel.private else channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "api_app_id": app.id,
        "is_enterprise_install": "false",
    }


def interaction(app: App, workspace: Workspace, user: User) -> Json:
    """What all interactions have in common."""
    grid = (
        {"enterprise_id": workspace.enterprise_id, "enterprise_name": "Local Grid"} if workspace.enterprise_id else {}
    )
    return {
        "token": app.verification_token,
        "api_app_id": app.id,
        "team": {"id": workspace.id, "domain": workspace.domain, **grid},
        "enterprise": {"id": workspace.enterprise_id, "name": "Local Grid"} if workspace.enterprise_id else None,
        "is_enterprise_install": False,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": workspace.id},
    }


def press(message: Message, block: Json, element: Json, moment: str) -> Json:
    """Of a button in a message; of a message for one person the App gets only its name."""
    channel, hidden = message.channel, message.only_for is not None
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": hidden,
        **({"thread_ts": message.thread_ts} if message.is_reply else {}),
    }
    return {
        "type": "block_actions",
        "container": container,
        "channel": {"id": channel.id, "name": "privategroup" if channel.private else channel.name},
        **({} if hidden else {"message": message.document()}),
        "state": {"values": {}},
        "actions": [action(block, element, moment)],
    }


def press_in_view(view: View, block: Json, element: Json, moment: str) -> Json:
    return {
        "type": "block_actions",
        "container": {"type": "view", "view_id": view.id},
        "view": view.document(),
        "actions": [action(block, element, moment)],
    }


def action(block: Json, element: Json, moment: str) -> Json:
    kept: Json = {name: element[name] for name in ("value", "style", "url") if name in element}
    return {
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "type": element["type"],
        "text": element.get("text"),
        "action_ts": moment,
        **kept,
    }


def event(app: App, installation: Installation, told: Json, name: str, moment: float) -> Json:
    workspace = installation.workspace
    return {
        "token": app.verification_token,
        "team_id": workspace.id,
        "enterprise_id": workspace.enterprise_id or None,
        "api_app_id": app.id,
        "event": told,
        "type": "event_callback",
        "event_id": name,
        "event_time": int(moment),
        "authorizations": [
            {
                "enterprise_id": workspace.enterprise_id or None,
                "team_id": workspace.id,
                "user_id": installation.bot.id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
    }
