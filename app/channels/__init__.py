"""Where people hear of news: one kind a file. What each has to do is `deploy.ports.Channels`."""

from app.channels.nowhere import Nowhere
from app.channels.slack import SlackChannels
from app.slack.workspace import SlackWorkspaces
from deploy.ports import Channels


def channels_for(workspaces: SlackWorkspaces | None, default: str) -> Channels:
    """The channels of Slack if the App is in a workspace, or none; `default` is where nobody named one."""
    return SlackChannels(workspaces, default) if workspaces else Nowhere()
