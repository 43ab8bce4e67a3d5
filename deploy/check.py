"""A check on a commit that tells of delivery, within the limits of the Checks API, and what its buttons command."""

from collections.abc import Sequence
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from checks.annotation import Annotation
from checks.markdown import cut, one_line
from deploy.command import Verb

LONGEST_TITLE = 255
LONGEST_LABEL = 20
LONGEST_DESCRIPTION = 40
MOST_BUTTONS = 3
"""https://docs.github.com/en/rest/checks/runs#create-a-check-run"""

MOST_BYTES = 60_000
"""Of a summary: GitHub takes 65,535, and the gateway may add a line."""

MOST_REMEMBERED = 20
"""Buttons of a check that are known still when somebody presses them on a page that is not fresh."""


class Offer(Struct, frozen=True, kw_only=True):
    """A button: what it commands of one environment, and what has to be there still when it is pressed.

    `version` is what the command names. `seen` is, for a ROLLBACK, the version that is taken back, for a LIFT the
    hold; whoever presses it later means no other.
    """

    verb: Verb
    label: str
    description: str
    service: str
    environment: str
    version: str = ""
    seen: str = ""

    @property
    def identifier(self) -> str:
        """What GitHub sends back: it names nothing, and is only worth what is remembered of it."""
        meant = f"{self.verb}\n{self.service}\n{self.environment}\n{self.version}\n{self.seen}"
        return f"{self.verb}-{sha256(meant.encode()).hexdigest()[:8]}"


def offer(verb: Verb, labels: Sequence[str], description: str, *, service: str, environment: str) -> Offer:
    """A button with the first label that fits; the last one does."""
    label = next((each for each in labels if len(each.encode()) <= LONGEST_LABEL), labels[-1])
    return Offer(
        verb=verb,
        label=cut(one_line(label), LONGEST_LABEL),
        description=cut(one_line(description), LONGEST_DESCRIPTION),
        service=service,
        environment=environment,
    )


class Check(Struct, frozen=True, kw_only=True):
    """What is to be seen. `conclusion` is None while something moves."""

    external_id: str
    name: str
    sha: str
    title: str
    summary: str
    conclusion: str | None = None
    offers: tuple[Offer, ...] = ()
    annotations: tuple[Annotation, ...] = ()


class Shown(Struct, frozen=True, kw_only=True):
    """What GitHub shows of a check: its number there and a digest of its content, and the buttons that it had."""

    check: str
    repository: int
    sha: str
    number: int = 0
    digest: str = ""
    annotations: int = 0
    offers: tuple[Offer, ...] = ()

    def offering(self, offers: Sequence[Offer]) -> "Shown":
        """With these buttons, beside those that it had before."""
        before = [each for each in self.offers if each.identifier not in {new.identifier for new in offers}]
        return replace(self, offers=(*before, *offers)[-MOST_REMEMBERED:])

    def offered(self, identifier: str) -> Offer | None:
        return next((each for each in self.offers if each.identifier == identifier), None)
