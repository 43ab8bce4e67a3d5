"""Where versions go: read when the default branch moves, and kept until a better word comes."""

from collections.abc import Sequence

from checks.change import Purpose
from checks.events import ChangeReceived, Event
from checks.repository import Repository
from deploy.configuration import Malformed, built_in, read, read_defaults
from deploy.events import ConfigurationRead, ConfigurationRefused
from deploy.hand_off import Parameters
from deploy.pipeline import Configuration
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
    text = await cd.written.text(repository, change.sha)
    if text is None:
        if known is None or not known.written:
            return ()
        cd.configurations.save(Configuration(repository=repository.id, sha=change.sha))
        return [ConfigurationRead(repository=repository.id, sha=change.sha)]
    try:
        configuration = await _understood(text, repository, change.sha, cd)
    except Malformed as malformed:
        return [_refused(repository.id, change.sha, malformed)]
    cd.configurations.save(configuration)
    return [ConfigurationRead(repository=repository.id, sha=change.sha)]


async def configuration_of(version: Version, hand_off: Parameters, cd: CD) -> tuple[Configuration, Sequence[Event]]:
    """What holds for a version of this repository now, with what is to be said of it. Where nobody wrote anything, it
    is what its build says."""
    known = await cd.configurations.get(version.repository)
    if known and known.written:
        return known, ()
    said: list[Event] = []
    repository = await cd.repositories.get(version.repository)
    if known is None and (text := await cd.written.text(repository, version.sha)) is not None:
        try:
            known = await _understood(text, repository, version.sha, cd)
        except Malformed as malformed:  # nothing moves that was not meant to
            said.append(_refused(repository.id, version.sha, malformed))
            known = Configuration(repository=repository.id, sha=version.sha, written=True)
    elif hand_off:
        known = built_in(repository.id, repository.full_name, version.sha, hand_off)
    known = known or Configuration(repository=repository.id, sha=version.sha)
    cd.configurations.save(known)
    return known, said


async def _configure_all(repository: Repository, sha: str, cd: CD) -> Sequence[Event]:
    """The organisation's word is read anew by each repository when that moves next."""
    files = await cd.written.defaults(repository)
    try:
        read_defaults(files)
    except Malformed as malformed:
        return [_refused(repository.id, sha, malformed)]
    cd.configurations.save_defaults(_owner(repository), files)
    return [ConfigurationRead(repository=repository.id, sha=sha)]


async def _understood(text: str, repository: Repository, sha: str, cd: CD) -> Configuration:
    defaults = read_defaults(await cd.configurations.defaults(_owner(repository)))
    return read(text, repository=repository.id, full_name=repository.full_name, sha=sha, defaults=defaults)


def _refused(repository: int, sha: str, malformed: Malformed) -> ConfigurationRefused:
    return ConfigurationRefused(repository=repository, sha=sha, problems=malformed.problems)


def _owner(repository: Repository) -> str:
    return repository.full_name.partition("/")[0].lower()
