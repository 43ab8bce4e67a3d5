"""What somebody says in a chat, by typing it or by pressing a button, and who they are on GitHub."""

from datetime import datetime

from msgspec import Struct


class Speaker(Struct, frozen=True, kw_only=True):
    """`workspace` and `user` are ids; `name` is what the chat calls them, for people to read."""

    workspace: str
    user: str
    name: str = ""


class Person(Struct, frozen=True, kw_only=True):
    """A GitHub user: the number stays, the login may be changed and taken by somebody else."""

    id: int
    login: str


class Said(Struct, frozen=True, kw_only=True):
    """`sure` says that the plan was read before. `channel` is the id of where it was said."""

    id: str
    words: str
    speaker: Speaker
    channel: str = ""
    sure: bool = False
    at: datetime
