"""What the names mean that somebody said: repositories, services and environments, of those that they may see."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from difflib import get_close_matches

from msgspec import Struct
from msgspec.structs import replace

from checks.repository import Repository
from deploy.command import Verb
from deploy.pipeline import Environment, Service
from deploy.spoken import Call
from deploy.words import Meant

MOST_NEAR = 3
MOST = 10
"""Names that are listed to whoever said none of them."""

Alike = Callable[[str], str]
"""Makes names equal that count as the same."""


class Seen(Struct, frozen=True, kw_only=True):
    """A repository that somebody may see, with what it delivers."""

    repository: Repository
    services: tuple[Service, ...] = ()


class Sense(Struct, frozen=True, kw_only=True):
    """One thing that the names may mean: a repository, a service of it, or an environment of that."""

    repository: Repository
    service: Service | None = None
    environment: Environment | None = None

    def name(self, *, full: bool) -> str:
        """`web production`, or in full: `acme/shop/web production`."""
        environment = f" {self.environment.name}" if self.environment else ""
        service = self.service.name if self.service else ""
        if full or not service:
            return f"{self.repository.full_name}{service and f'/{service}'}{environment}"
        return f"{service}{environment}"

    def call(self, meant: Meant) -> Call:
        """What was meant, said of this."""
        return Call(
            verb=meant.verb,
            repository=self.repository.full_name,
            service=self.service.name if self.service else "",
            environment=self.environment.name if self.environment else "",
            version=meant.version,
            seen=meant.seen,
            promotion=meant.promotion,
            reason=meant.reason,
            hold=meant.hold,
            until=meant.until if isinstance(meant.until, datetime) else None,
            number=meant.number,
        )


class Strange(Struct, frozen=True, kw_only=True):
    """A name that there is not, and what was meant if it was one of the near ones."""

    why: str
    near: tuple[str, ...] = ()
    corrected: tuple[Meant, ...] = ()


def senses(meant: Meant, seen: Sequence[Seen]) -> tuple[Sense, ...]:
    """Everything that the names may mean: as they were written or, if that is nothing, in any case of letters."""
    exact = tuple(_senses(meant, seen, str))
    return exact or tuple(_senses(meant, seen, str.casefold))


def environments(meant: Meant, seen: Sequence[Seen]) -> tuple[Sense, ...]:
    """The same for what is said of an environment: whoever leaves it out, or the service, may mean any of them."""
    services = {each.repository.id: each.services for each in seen}
    found = [
        each
        for sense in senses(meant, seen)
        for service in ([sense.service] if sense.service else services[sense.repository.id])
        for each in _below(sense, service)
    ]
    return tuple(each for each in found if _may_be(meant, each))


def strange(meant: Meant, seen: Sequence[Seen]) -> Strange:
    """What is wrong with names that mean nothing."""
    every = [service for each in seen for service in each.services]
    if not every:
        return Strange(why="Nothing is delivered yet by the repositories that this workspace may see")
    service, unknown = _known_service(meant, seen)
    if unknown and service is None and not _is_environment(unknown, meant, every):
        known = [name for each in seen for service in each.services for name in _names(each, service)]
        known += [each.repository.full_name for each in seen]
        shown = [each.name for each in every]
        if len(meant.places) > 1:
            return _strange("service", unknown, "", shown, known, meant)
        names = [each.name for one in every for each in one.environments]
        return _strange("service or environment", unknown, "", [*shown, *names], [*known, *names], meant)
    wanted = unknown or next((name for name in meant.places[::-1] if _is_environment(name, meant, every)), "")
    names = [each.name for one in ([service] if service else every) for each in one.environments]
    if wanted.casefold() in ["", *(each.casefold() for each in names)]:
        return Strange(why=f"{' and '.join(meant.places)} do not go together: say one service and one environment")
    return _strange("environment", wanted, f" for {service.name}" if service else "", names, names, meant)


# --- names ------------------------------------------------------------------------------------


def _senses(meant: Meant, seen: Sequence[Seen], alike: Alike) -> Iterator[Sense]:
    for each in seen:
        whole = Sense(repository=each.repository)
        for sense in [whole, *(found for service in each.services for found in _of_service(whole, service))]:
            if _fits(sense, meant, alike):
                yield sense


def _of_service(whole: Sense, service: Service) -> Iterator[Sense]:
    yield replace(whole, service=service)
    yield from _below(whole, service)


def _below(sense: Sense, service: Service) -> Iterator[Sense]:
    for environment in [sense.environment] if sense.environment else service.environments:
        yield Sense(repository=sense.repository, service=service, environment=environment)


def _fits(sense: Sense, meant: Meant, alike: Alike) -> bool:
    """Whether every name is the name of a part, and no part is there that nobody mentioned."""
    names = list(meant.names)
    if sense.environment is None:
        return not meant.environment and _are(names, sense, alike)
    wanted = alike(sense.environment.name)
    if meant.environment:
        return alike(meant.environment) == wanted and _may_be_left(names, sense, alike)
    for index, name in enumerate(names):
        if alike(name) == wanted and _may_be_left(names[:index] + names[index + 1 :], sense, alike):
            return True
    return False


def _are(names: Sequence[str], sense: Sense, alike: Alike) -> bool:
    """The names of a repository, or of a service with or without that of its repository."""
    if sense.service is None:
        return all(_is_repository(each, sense, alike) for each in names)
    services = [each for each in names if _is_service(each, sense, alike)]
    return bool(services) and all(_is_repository(each, sense, alike) for each in names if each is not services[0])


def _may_be_left(names: Sequence[str], sense: Sense, alike: Alike) -> bool:
    """Beside an environment the service may be left out."""
    return all(_is_service(each, sense, alike) or _is_repository(each, sense, alike) for each in names)


def _is_repository(name: str, sense: Sense, _alike: Alike) -> bool:
    return name.casefold() == sense.repository.full_name.casefold()


def _is_service(name: str, sense: Sense, alike: Alike) -> bool:
    if sense.service is None:
        return False
    *before, last = name.rsplit("/", 1)
    repository = sense.repository
    if before and before[0].casefold() not in (repository.full_name.casefold(), repository.name.casefold()):
        return False
    return alike(last) == alike(sense.service.name)


def _may_be(meant: Meant, sense: Sense) -> bool:
    """Nothing is promoted into a first environment; whoever names it hears so."""
    if meant.verb != Verb.PROMOTE or sense.environment is None or sense.environment.earlier:
        return True
    return sense.environment.name.casefold() in [each.casefold() for each in meant.places]


# --- names that there are not -----------------------------------------------------------------


def _names(seen: Seen, service: Service) -> tuple[str, ...]:
    repository = seen.repository
    return service.name, f"{repository.name}/{service.name}", f"{repository.full_name}/{service.name}"


def _known_service(meant: Meant, seen: Sequence[Seen]) -> tuple[Service | None, str]:
    """The first service that is named, and the first name that nothing has."""
    found = [service for name in meant.names for service in _called(name, seen)]
    every = [service for each in seen for service in each.services]
    whole = {each.repository.full_name.casefold() for each in seen}
    strange = [
        name
        for name in meant.places
        if not _called(name, seen) and name.casefold() not in whole and not _has(every, name)
    ]
    return (found[0] if found else None), (strange[0] if strange else "")


def _called(name: str, seen: Sequence[Seen]) -> list[Service]:
    return [
        service
        for each in seen
        for service in each.services
        if _is_service(name, Sense(repository=each.repository, service=service), str.casefold)
    ]


def _has(services: Sequence[Service], name: str) -> bool:
    return any(each.name.casefold() == name.casefold() for one in services for each in one.environments)


def _is_environment(name: str, meant: Meant, services: Sequence[Service]) -> bool:
    """Said to be one, known as one, or what follows a service."""
    return name == meant.environment or _has(services, name) or (len(meant.names) > 1 and name == meant.names[-1])


def _strange(kind: str, name: str, where: str, shown: Sequence[str], known: Sequence[str], meant: Meant) -> Strange:
    near = _near(name, sorted(set(known)))
    what = f'There is no {kind} "{name}"{where}'
    if not near:
        there = sorted(set(shown))
        more = f" and {len(there) - MOST} more" if len(there) > MOST else ""
        return Strange(why=f"{what}: there is {', '.join(there[:MOST])}{more}")
    corrected = tuple(_with(meant, name, each) for each in near)
    return Strange(why=f"{what}. Did you mean {_or(near)}?", near=tuple(near), corrected=corrected)


def _near(name: str, known: Sequence[str]) -> Sequence[str]:
    """Those that begin so, as people shorten names, or else those that are written alike; written as fully, so that
    nothing is meant twice, if there are any."""
    begun = [each for each in known if each.casefold().startswith(name.casefold())]
    near = begun or get_close_matches(name, known, n=len(known), cutoff=0.6)
    as_full = [each for each in near if each.count("/") == name.count("/")]
    return (as_full or near)[:MOST_NEAR]


def _with(meant: Meant, name: str, other: str) -> Meant:
    names = tuple(other if each == name else each for each in meant.names)
    return replace(meant, names=names, environment=other if meant.environment == name else meant.environment)


def _or(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
