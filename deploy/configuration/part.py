"""What one file says of a service and of its environments, before the files are laid on each other."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from msgspec import Struct
from pydantic import BaseModel

from checks.document import suggestion
from deploy.configuration import written
from deploy.configuration.complaint import Place, shown
from deploy.configuration.malformed import MOST
from deploy.configuration.reading import Reading
from deploy.pipeline import Level, Notify, Rule
from deploy.promotions import KINDS as PROMOTIONS
from deploy.target import Kind
from deploy.targets import KINDS as TARGETS

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
NAMES = "a name begins with a letter or a digit, goes on with these, -, _ or ., and has 100 characters at most"

Specs = Mapping[str, dict[str, Any]]
"""Promotions by name."""

Model = TypeVar("Model", bound=BaseModel)


class Where(Struct, frozen=True):
    file: str
    line: int


class Environment(Struct, frozen=True, kw_only=True):
    """What is not said is None or empty. A rule that was written in place has no name yet.

    `kind` is None if the target has something wrong in itself, which has been told.
    """

    where: Where
    target: dict[str, Any] | None = None
    target_where: Where | None = None
    kind: Kind | None = None
    before: tuple[Rule, ...] = ()
    after: tuple[Rule, ...] = ()
    on_failure: str | None = None
    automatic: bool | None = None
    production: bool | None = None
    url: str | None = None
    github: str | None = None
    notify: Notify = Notify()


class Service(Struct, frozen=True, kw_only=True):
    """`after` holds in all its environments. `repository` is written only in the organisation's files.

    Of a `broken` one something wrong has been told, and not what follows from that.
    """

    where: Where
    labels: tuple[str, ...] = ()
    pipeline: str = ""
    environments: dict[str, Environment] = {}
    after: tuple[Rule, ...] = ()
    on_failure: str | None = None
    repository: str = ""
    broken: bool = False


def named(reading: Reading, place: Place, names: Iterable[str]) -> list[str]:
    """Those that are names."""
    right = []
    for name in names:
        if NAME.fullmatch(name):
            right.append(name)
        else:
            reading.complain((*place, name), f"{shown(name)} is no name: {NAMES}")
    return right


def environments(reading: Reading, place: Place, written_names: Iterable[str], specs: Specs) -> dict[str, Environment]:
    """In the order in which they are written."""
    return {
        name: environment(reading, (*place, name), reading.section((*place, name), written.Environment, name), specs)
        for name in named(reading, place, written_names)
    }


def environment(reading: Reading, place: Place, said: written.Environment, specs: Specs) -> Environment:
    kind = None
    if said.target is not None:
        _, kind = of_kind(reading, (*place, "target"), TARGETS, "target")
    return Environment(
        where=where(reading, place),
        target=said.target if said.target is None else reading.at((*place, "target")),
        target_where=None if said.target is None else where(reading, (*place, "target")),
        kind=kind,
        before=rules(reading, (*place, "before"), said.before, specs),
        after=rules(reading, (*place, "after"), said.after, specs),
        on_failure=said.on_failure,
        automatic=said.automatic,
        production=said.production,
        url=said.url,
        github=said.github,
        notify=notify(reading, (*place, "notify"), said.notify),
    )


def notify(reading: Reading, place: Place, said: Mapping[str, Any]) -> Notify:
    if not said:
        return Notify()
    found = reading.section(place, written.Notify, "notify")
    return Notify(channel=found.channel, level=Level(found.level) if found.level else None)


def rules(reading: Reading, place: Place, items: Iterable[Any], specs: Specs) -> tuple[Rule, ...]:
    """Promotions by name, or as they stand there."""
    found: list[Rule] = []
    for number, item in enumerate(items):
        here = (*place, number)
        if isinstance(item, dict):
            found.append(Rule(name="", spec=promotion(reading, here, f"the promotion under {place[-1]}")))
        elif not isinstance(item, str):
            reading.complain(here, f"{place[-1]} names promotions, or has them in place: {{type: …}}")
        elif item not in specs:
            # Whoever got that many names wrong means something else, and guessing takes time.
            meant = near(item, specs) if len(reading.problems) < MOST else ""
            reading.complain(here, f"there is no promotion {shown(item)}{meant}")
        elif any(rule.name == item for rule in found):
            reading.complain(here, f"{item} is named twice under {place[-1]}")
        else:
            found.append(Rule(name=item, spec=specs[item]))
    return tuple(found)


def promotion(reading: Reading, place: Place, what: str) -> dict[str, Any]:
    return of_kind(reading, place, PROMOTIONS, what)[0]


def of_kind(
    reading: Reading, place: Place, kinds: Mapping[str, type[Model]], what: str
) -> tuple[dict[str, Any], Model | None]:
    """A mapping with a `type`, as it was written; None where anything is wrong with it, which is told."""
    values = reading.at(place)
    if not isinstance(values, dict):
        reading.complain(place, f"{what} has to be a mapping with a type, not {shown(values)}")
        return {}, None
    name = values.get("type")
    if name is None:
        reading.complain(place, f"{what} needs a type: one of {', '.join(kinds)}")
    elif not isinstance(name, str) or name not in kinds:
        reading.complain((*place, "type"), f"{what} cannot have the type {shown(name)}{near(str(name), kinds)}")
    else:
        return reading.whole(place, kinds[name], what)
    return values, None


def near(name: str, known: Collection[str]) -> str:
    return suggestion(name[:100], known) if known else "; there is none"


def where(reading: Reading, place: Place) -> Where:
    return Where(reading.file, reading.line(place))
