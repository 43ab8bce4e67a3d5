"""A GitHub repository, known by its number because names change."""

from msgspec import Struct


class Repository(Struct, frozen=True, kw_only=True):
    """What the App remembers of a repository; `full_name` is the present `owner/name`."""

    id: int
    full_name: str
    installation: int
    default_branch: str = "main"
    private: bool = False
    archived: bool = False
    clone_url: str = ""
    html_url: str = ""

    @property
    def name(self) -> str:
        return self.full_name.partition("/")[2]
