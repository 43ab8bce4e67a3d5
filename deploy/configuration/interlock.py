"""A repository's `.github/interlock.yml`, on top of what its organisation says."""

from deploy.configuration import part, written
from deploy.configuration.complaint import shown
from deploy.configuration.defaults import Defaults
from deploy.configuration.layers import Layers, services
from deploy.configuration.malformed import Malformed
from deploy.configuration.reading import Reading
from deploy.hand_off import LABEL
from deploy.pipeline import Configuration

FILE = ".github/interlock.yml"
FILES = (FILE, ".github/interlock.yaml")


def read(
    text: str, *, repository: int, full_name: str, sha: str, defaults: Defaults, name: str = FILE
) -> Configuration:
    """What the file says. Raises `Malformed` with all that is wrong with it; `name` is what it is called there.

    If it only says who hears, nobody has written where versions go.
    """
    reading = Reading(name, text)
    if reading.values is None:
        raise Malformed(reading.problems)
    file = reading.section((), written.File, "the file")
    notify = part.notify(reading, ("notify",), file.notify)
    specs = _promotions(reading, file, defaults)
    theirs, mine = defaults.services_of(full_name), _services(reading, file, specs)
    if not mine and not theirs and not file.notify and not reading.problems:
        reading.complain((), "services is missing: nothing says what is delivered")
    layered = [
        Layers(name=each, said=[one for one in (mine.get(each), theirs.get(each)) if one])
        for each in {**theirs, **mine}
    ]
    made, problems = services(layered, defaults)
    if reading.problems or problems:
        raise Malformed([*reading.problems, *problems])
    return Configuration(repository=repository, sha=sha, services=made, written=bool(made), notify=notify)


def of_organisation(*, repository: int, full_name: str, sha: str, defaults: Defaults) -> Configuration | None:
    """For a repository without such a file: what its organisation defines for it; None if that is nothing.

    Raises `Malformed`.
    """
    layered = [Layers(name=name, said=[each]) for name, each in defaults.services_of(full_name).items()]
    made, problems = services(layered, defaults)
    if problems:
        raise Malformed(problems)
    return Configuration(repository=repository, sha=sha, services=made, written=True) if made else None


def _promotions(reading: Reading, file: written.File, defaults: Defaults) -> part.Specs:
    specs = dict(defaults.promotions)
    for name in part.named(reading, ("promotions",), file.promotions):
        if name in defaults.promotions:
            reading.complain(("promotions", name), f"{name} is a promotion of the organisation: write another name")
        specs.setdefault(name, part.promotion(reading, ("promotions", name), name))
    return specs


def _services(reading: Reading, file: written.File, specs: part.Specs) -> dict[str, part.Service]:
    return {name: _service(reading, name, specs) for name in part.named(reading, ("services",), file.services)}


def _service(reading: Reading, name: str, specs: part.Specs) -> part.Service:
    place, told = ("services", name), len(reading.problems)
    said = reading.section(place, written.Service, name)
    for number, label in enumerate(said.artifacts):
        if not LABEL.fullmatch(label):
            reading.complain((*place, "artifacts", number), f"{shown(label)} is no label: a build exports variables")
    environments = part.environments(reading, (*place, "environments"), said.environments, specs)
    return part.Service(
        where=part.where(reading, place),
        labels=tuple(dict.fromkeys(said.artifacts)),
        pipeline=said.pipeline,
        environments=environments,
        broken=len(reading.problems) > told,
    )
