"""A service as it is, once what the organisation and the repository say of it are laid on each other.

The organisation's `before` and `after` come first and cannot be taken away; of all else the repository's word counts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from deploy.configuration import part
from deploy.configuration.complaint import shown as quoted
from deploy.configuration.defaults import Defaults
from deploy.configuration.malformed import problem
from deploy.pipeline import Environment, Notify, Problem, Rule, Service
from deploy.targets import KINDS as TARGETS

Value = TypeVar("Value")


class Layers(Struct, frozen=True, kw_only=True):
    """What is said of one service, the strongest word first: by the repository, by the organisation."""

    name: str
    said: Sequence[part.Service]

    @property
    def where(self) -> part.Where:
        return self.said[0].where

    def of(self, environment: str, defaults: Defaults) -> Sequence[part.Environment]:
        theirs = defaults.environments.get(_theirs(environment, defaults))
        found = [*(each.environments.get(environment) for each in self.said), theirs]
        return [each for each in found if each is not None]


def services(layered: Sequence[Layers], defaults: Defaults) -> tuple[tuple[Service, ...], Sequence[Problem]]:
    """The services, as far as they can be told, and what is wrong with them."""
    told: list[Problem] = []

    def complain(where: part.Where, message: str) -> None:
        told.append(problem(where.file, where.line, message))

    made = tuple(_service(each, defaults, len(layered) == 1, complain) for each in layered)
    _keep_apart(layered, made, defaults, complain)
    return made, told


Complain = Callable[[part.Where, str], None]


def _service(layers: Layers, defaults: Defaults, alone: bool, complain: Complain) -> Service:
    environments: list[Environment] = []
    route = _pipeline(layers, defaults, complain)
    for name in _order(layers, route, complain):
        earlier = environments[-1] if environments else None
        goes_on = route is not None and earlier is not None and bool(earlier.after)
        made = _environment(name, layers, defaults, route or {}, complain)
        environments.append(
            replace(
                made,
                shown=made.shown or (name if alone else f"{layers.name}-{name}"),
                earlier=earlier.name if earlier else "",
                automatic=_first(
                    [each.automatic for each in layers.of(name, defaults)],
                    earlier is None or bool(made.before) or goes_on,
                ),
            )
        )
    labels = _labels(layers, environments, defaults, complain)
    return Service(name=layers.name, labels=labels, environments=tuple(environments))


def _pipeline(layers: Layers, defaults: Defaults, complain: Complain) -> Mapping[str, tuple[Rule, ...]] | None:
    named = [(each.where, each.pipeline) for each in layers.said if each.pipeline]
    if not named:
        return None
    where, name = named[0]
    if name != named[-1][1]:
        complain(where, f"{layers.name} goes through {named[-1][1]}, says the organisation: remove pipeline here")
    elif name not in defaults.pipelines:
        complain(where, f"there is no pipeline {quoted(name)}{part.near(name, defaults.pipelines)}")
    return defaults.pipelines.get(named[-1][1])


def _order(layers: Layers, route: Mapping[str, tuple[Rule, ...]] | None, complain: Complain) -> Sequence[str]:
    """The pipeline's; without one as they are written, the organisation's first."""
    written = {name: each.where for said in reversed(layers.said) for name, each in said.environments.items()}
    for name, where in written.items():
        if route is not None and name not in route:
            complain(where, f"{name} is not in the pipeline of {layers.name}{part.near(name, route)}")
    if not written and not any(each.pipeline or each.broken for each in layers.said):
        complain(layers.where, f"{layers.name} has no environments: nothing says where it goes")
    return list(written) if route is None else list(route)


def _environment(
    name: str,
    layers: Layers,
    defaults: Defaults,
    route: Mapping[str, tuple[Rule, ...]],
    complain: Complain,
) -> Environment:
    found, theirs = layers.of(name, defaults), _theirs(name, defaults)
    services = list(reversed(layers.said))
    before = [rule for each in reversed(found) for rule in each.before]
    after = [*(defaults.environments[theirs].after if theirs in defaults.environments else ()), *route.get(name, ())]
    for each in services:
        after += [*each.after, *(each.environments[name].after if name in each.environments else ())]
    befores, afters = _named(before, after, defaults)
    target = next((each.target for each in found if each.target is not None), None)
    where = found[0].where if found and found[0].where.file == layers.where.file else layers.where
    if theirs != name:  # GitHub sees no difference, so what is demanded there holds here
        complain(where, f"{name} of {layers.name} is called {theirs} in the organisation: write it so")
    if target is None:
        complain(where, f"{name} of {layers.name} has no target: add target: {{type: …}} with {', '.join(TARGETS)}")
    strategies = [each.on_failure for each in found] + [each.on_failure for each in layers.said]
    return Environment(
        name=name,
        shown=_first([each.github for each in found], ""),
        target=target or {},
        before=befores,
        after=afters,
        rolls_back=_first(strategies, "stay") == "roll_back",
        production=_first([each.production for each in found], name.lower().startswith("prod")),
        url=_first([each.url for each in found], ""),
        notify=reduce(lambda mine, wider: mine.over(wider), [each.notify for each in found], Notify()),
    )


def _theirs(name: str, defaults: Defaults) -> str:
    """How the organisation writes the name of this environment, if it knows one that is called so."""
    known = {each.lower(): each for each in defaults.environments}
    return name if name in defaults.environments else known.get(name.lower(), name)


def _named(
    before: Sequence[Rule], after: Sequence[Rule], defaults: Defaults
) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Each once. What was written in place is called like its type, with a number where that name is taken."""
    taken = {rule.name for rule in (*before, *after)} | defaults.promotions.keys()

    def once(rules: Iterable[Rule]) -> Iterable[Rule]:
        seen: set[str] = set()
        for rule in rules:
            name = rule.name or _free(str(rule.spec.get("type", "promotion")), taken)
            taken.add(name)
            if name not in seen:
                seen.add(name)
                yield replace(rule, name=name)

    return tuple(once(before)), tuple(once(after))


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def _labels(
    layers: Layers, environments: Iterable[Environment], defaults: Defaults, complain: Complain
) -> tuple[str, ...]:
    """Those that are written, or else those that its targets deploy."""
    kinds = [_target(layers.of(each.name, defaults)) for each in environments]
    deployed = [label for each in kinds if each and each.kind for label in each.kind.labels()]
    labels = next((each.labels for each in layers.said if each.labels), tuple(dict.fromkeys(deployed)))
    if not labels and kinds and all(kinds) and not any(each.broken for each in layers.said):
        complain(layers.where, f"{layers.name} needs artifacts: the labels that its builds export")
        return ()
    for each in kinds:
        if each is None or each.kind is None:
            continue
        for message in each.kind.problems(labels):
            complain(*_at(each, layers, message))
    return labels


def _keep_apart(layered: Sequence[Layers], made: Sequence[Service], defaults: Defaults, complain: Complain) -> None:
    """Two environments may share neither a place nor a name on GitHub."""
    places: dict[str, str] = {}
    shown: dict[str, str] = {}
    for layers, service in zip(layered, made, strict=True):
        for each in service.environments:
            found, name = layers.of(each.name, defaults), f"{each.name} of {service.name}"
            target = _target(found)
            for place in target.kind.places() if target and target.kind else ():
                owner = places.setdefault(place, name)
                if target and owner != name:
                    complain(*_at(target, layers, f"{place} belongs to {owner}: {name} needs a place of its own"))
            owner = shown.setdefault(each.shown.lower(), name)
            if owner != name:
                where = found[0].where if found and found[0].where.file == layers.where.file else layers.where
                complain(where, f"{owner} and {name} have one name on GitHub, {each.shown}: write another under github")


def _target(found: Iterable[part.Environment]) -> part.Environment | None:
    return next((each for each in found if each.target is not None), None)


def _at(each: part.Environment, layers: Layers, message: str) -> tuple[part.Where, str]:
    """The target's line, or the service's and where the target stands."""
    where = each.target_where or each.where
    if where.file == layers.where.file:
        return where, message
    return layers.where, f"{message} (the target is in {where.file}, line {where.line})"


def _first(values: Iterable[Value | None], default: Value) -> Value:
    return next((each for each in values if each is not None), default)
