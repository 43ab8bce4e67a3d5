"""Where versions go: read when the default branch moves, and kept until a better word comes."""

from collections.abc import Sequence

from msgspec.structs import replace

from checks.change import Purpose
from checks.errors import Transient
from checks.events import ChangeReceived, Event
from checks.repository import Repository
from deploy.configuration import Defaults, Malformed, built_in, of_organisation, read, read_defaults
from deploy.events import ConfigurationRead, ConfigurationRefused
from deploy.hand_off import Parameters
from deploy.pipeline import Configuration, Notify
from deploy.ports import CD
from deploy.version import Version

DEFAULTS = ".github"
"""The repository of an organisation that speaks for all of them."""


async def configure(event: ChangeReceived, cd: CD) -> Sequence[Event]:
    """The default branch moved: what it says of delivery holds from now on, unless it cannot be followed.

    Where the push left it alone, or nothing was delivered yet and nothing shows that something should be, nobody asks.
    """
    change = event.change
    if change.purpose is not Purpose.PUSH or change.push is None or change.push.touched_delivery is False:
        return ()
    repository = change.repository
    if repository.name == DEFAULTS:
        return await _configure_all(repository, change.sha, cd)
    known = await cd.configurations.get(repository.id)
    if known is None and not change.push.touched_delivery:
        return ()
    try:
        configuration = await _written(repository, change.sha, cd)
    except Malformed as malformed:
        return [_refused(repository.id, change.sha, malformed)]
    now = configuration or Configuration(repository=repository.id, sha=change.sha)
    if known and not now.written and not known.written:
        now = replace(known, notify=now.notify)
    if now == known or (known is None and configuration is None):
        return ()
    cd.configurations.save(now)
    return [ConfigurationRead(repository=repository.id, sha=change.sha)]


async def configuration_of(
    version: Version, hand_off: Parameters, cd: CD
) -> tuple[Configuration, Sequence[ConfigurationRefused]]:
    """What holds for a version of this repository now, with what is to be said of it. Where nobody wrote anything, it
    is what its build says."""
    known = await cd.configurations.get(version.repository)
    if known and known.written:
        return known, ()
    refused: list[ConfigurationRefused] = []
    repository = await cd.repositories.get(version.repository)
    try:
        said = known or await _written(repository, version.sha, cd) or Configuration(repository=0, sha="")
        known = said if said.written else await _unwritten(repository, version.sha, hand_off, said.notify, cd)
    except Malformed as malformed:  # nothing moves that was not meant to
        refused = [_refused(repository.id, version.sha, malformed)]
        known = Configuration(repository=repository.id, sha=version.sha, written=True)
    cd.configurations.save(known)
    return known, refused


async def _written(repository: Repository, sha: str, cd: CD) -> Configuration | None:
    """What the repository says at this commit, or its organisation for it; None if neither says anything."""
    text = await cd.written.text(repository, sha)
    defaults = await _defaults(repository, cd)
    if text is None:
        return of_organisation(repository=repository.id, full_name=repository.full_name, sha=sha, defaults=defaults)
    return read(text, repository=repository.id, full_name=repository.full_name, sha=sha, defaults=defaults)


async def _unwritten(repository: Repository, sha: str, hand_off: Parameters, notify: Notify, cd: CD) -> Configuration:
    if not hand_off:
        return Configuration(repository=repository.id, sha=sha, notify=notify)
    made = built_in(repository.id, repository.full_name, sha, hand_off, await _defaults(repository, cd))
    return replace(made, notify=notify)


async def _configure_all(repository: Repository, sha: str, cd: CD) -> Sequence[Event]:
    """The organisation's word is read anew by each repository when that moves next."""
    files = await cd.written.defaults(repository)
    if files is None:
        raise Transient(f"GitHub does not show {repository.full_name}, which was pushed to")
    try:
        read_defaults(files)
    except Malformed as malformed:
        return [_refused(repository.id, sha, malformed)]
    cd.configurations.save_defaults(_owner(repository), files)
    return [ConfigurationRead(repository=repository.id, sha=sha)]


async def _defaults(repository: Repository, cd: CD) -> Defaults:
    """As they were read last; of an organisation that did not push since it installed the App they are asked for."""
    files = await cd.configurations.defaults(_owner(repository))
    if files is None:
        theirs = await cd.repositories.named(f"{_owner(repository)}/{DEFAULTS}")
        files = await cd.written.defaults(theirs) if theirs else None
        if files is not None:  # what cannot be seen now may be seen later
            cd.configurations.save_defaults(_owner(repository), files)
    return read_defaults(files or {})


def _refused(repository: int, sha: str, malformed: Malformed) -> ConfigurationRefused:
    return ConfigurationRefused(repository=repository, sha=sha, problems=malformed.problems)


def _owner(repository: Repository) -> str:
    return repository.full_name.partition("/")[0].lower()
