"""Who acts: people, organisations and bots, and what a person may do in a repository."""

from dataclasses import dataclass, field
from enum import StrEnum


class Permission(StrEnum):
    """What a person may do in one repository, the least first."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    def allows(self, wanted: "Permission") -> bool:
        order = list(Permission)
        return order.index(self) >= order.index(wanted)

    @property
    def legacy(self) -> str:
        """The four words that REST's `permission` knows; `role_name` has the fine ones."""
        coarse = {Permission.MAINTAIN: Permission.WRITE, Permission.TRIAGE: Permission.READ}
        return str(coarse.get(self, self))


@dataclass(eq=False, kw_only=True)
class Account:
    """`type` is User, Organization or Bot, as GitHub writes it."""

    id: int
    login: str
    type: str


@dataclass(eq=False, kw_only=True)
class User(Account):
    """A person; `token` is what they push and call the API with."""

    token: str = field(repr=False)
    name: str
    email: str
    type: str = "User"


@dataclass(eq=False, kw_only=True)
class Team:
    """Some members of an organisation: `members` are logins, `invited` those who have not accepted yet."""

    id: int
    organisation: "Organisation"
    slug: str
    name: str
    members: set[str] = field(default_factory=set)
    maintainers: set[str] = field(default_factory=set)
    invited: set[str] = field(default_factory=set)


@dataclass(eq=False, kw_only=True)
class Organisation(Account):
    """`owners` are logins with every right in every repository; `members` have `base_permission`."""

    owners: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    base_permission: Permission = Permission.READ
    teams: dict[str, Team] = field(default_factory=dict)
    type: str = "Organization"
