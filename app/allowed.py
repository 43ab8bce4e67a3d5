"""What the operator lets deployments change: places for every repository, and places that are kept for one."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from msgspec import Struct

OWNER = "([A-Za-z0-9_-]+/[A-Za-z0-9_.-]+=)?"
"""What an entry may begin with: `acme/web=`."""


class Place(Struct, frozen=True):
    """A name in which `*` stands for anything. `owner` is the repository that it is kept for, "" for none."""

    pattern: str
    owner: str = ""

    def has(self, name: str) -> bool:
        return fnmatchcase(name, self.pattern)


class Allowed(Struct, frozen=True):
    """`setting` is the variable that says so. Repositories go by their full names, as operators know them."""

    setting: str
    places: tuple[Place, ...] = ()

    def of(self, repository: str) -> tuple[Place, ...]:
        """The places of a repository: those kept for it if there are any, else those kept for nobody."""
        own = tuple(each for each in self.places if each.owner == repository.lower())
        return own or tuple(each for each in self.places if not each.owner)

    def refusal(self, repository: str, name: str, *, change: str = "change", changed: str = "changed") -> str:
        """Why this repository may not change that (or whatever else is done), and what to do; nothing if it may."""
        here = self.of(repository)
        if not any(each.has(name) for each in here):
            what = " or ".join(each.pattern for each in here) or "nothing"
            return f"{name} may not be {changed}: {self.setting} lets {repository} {change} {what}; ask the operator"
        keepers = [each.owner for each in self.places if each.owner and each.has(name)]
        if not keepers or repository.lower() in keepers:
            return ""
        return f"{name} may not be {changed}: {self.setting} keeps it for {keepers[0]}; ask the operator"


def allowed(setting: str, entries: Iterable[str], ending: str = "") -> Allowed:
    """What a setting says: `name` for all repositories, `acme/web=name` for one. `ending` follows every name."""
    return Allowed(setting, tuple(_place(entry, ending) for entry in entries))


def _place(entry: str, ending: str) -> Place:
    found = re.match(OWNER, entry)
    owner = (found and found[1]) or ""
    return Place(entry.removeprefix(owner) + ending, owner.removesuffix("=").lower())
