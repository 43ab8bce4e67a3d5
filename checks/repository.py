"""A GitHub repository, known by its number because names change."""

from msgspec import Struct
from msgspec.structs import replace


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

    def completed_by(self, known: "Repository") -> "Repository":
        """GitHub lists the repositories of an installation without branch and addresses: those are kept."""
        return replace(
            self,
            default_branch=self.default_branch or known.default_branch,
            clone_url=self.clone_url or known.clone_url,
            html_url=self.html_url or known.html_url,
        )

    @property
    def name(self) -> str:
        return self.full_name.partition("/")[2]
