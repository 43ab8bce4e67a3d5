"""Where people talk: a workspace, its people and channels, and the App as it is installed there."""

from dataclasses import dataclass, field

SCOPES = (
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "metadata.message:read",
    "users:read",
)


@dataclass(eq=False, kw_only=True)
class User:
    id: str
    name: str
    real_name: str
    is_bot: bool = False


@dataclass(eq=False, kw_only=True)
class Channel:
    """`members` are ids of people and of bots."""

    id: str
    name: str
    private: bool = False
    archived: bool = False
    members: set[str] = field(default_factory=set)


@dataclass(eq=False, kw_only=True)
class Workspace:
    """`domain` is its name in addresses, and here everywhere; `enterprise_id` is empty outside an Enterprise Grid."""

    id: str
    domain: str
    enterprise_id: str = ""
    is_active: bool = True
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)


@dataclass(eq=False, kw_only=True)
class Installation:
    """The App in one workspace: `bot` is who it speaks as."""

    workspace: Workspace
    bot: User
    bot_id: str
    token: str = field(repr=False)
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    revoked: bool = False


@dataclass(eq=False, kw_only=True)
class App:
    """`url` is where it is told of commands, presses and events; empty if it only comes by Socket Mode."""

    id: str
    name: str
    signing_secret: str = field(repr=False)
    app_token: str = field(repr=False)
    verification_token: str = field(repr=False)
    commands: tuple[str, ...] = ("/deploy", "/interlock")
    url: str = ""
