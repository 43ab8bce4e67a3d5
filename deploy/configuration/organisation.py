"""The files of an organisation's `.github` repository: one thing a file, called like it, in DeployDB's folders."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from deploy.configuration import deploydb, part
from deploy.configuration.complaint import Place, shown
from deploy.configuration.defaults import Defaults
from deploy.configuration.malformed import Malformed, problem
from deploy.configuration.reading import Reading
from deploy.hand_off import LABEL
from deploy.pipeline import Problem, Rule
from deploy.promotions import KINDS

TOPS = ("interlock", "deploydb")
FOLDERS = ("services", "pipelines", "environments", "promotions", "webhooks")
OLD_FOLDERS = {"webhook": "webhooks"}
ENDINGS = (".yml", ".yaml")

NO_WEBHOOKS = "has no effect: Interlock sends no webhooks of DeployDB's"


def is_of_organisation(path: str) -> bool:
    """Whether a file of the `.github` repository is one that `read_defaults` wants to see."""
    return path.startswith(tuple(f"{top}/" for top in TOPS)) and path.endswith(ENDINGS)


def read_defaults(files: Mapping[str, str]) -> Defaults:
    """What the files say, by their paths. Raises `Malformed` with all that is wrong with any of them."""
    return _Reader(files).defaults()


class _Reader:
    def __init__(self, files: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        self.readings: dict[str, dict[str, Reading]] = {folder: {} for folder in FOLDERS}
        for path in sorted(files):
            self._take(path, files[path])

    def defaults(self) -> Defaults:
        promotions = {name: self._promotion(name, each) for name, each in self.readings["promotions"].items()}
        pipelines = {name: self._pipeline(name, each, promotions) for name, each in self.readings["pipelines"].items()}
        found = Defaults(
            promotions=promotions,
            environments={
                name: self._environment(name, each, promotions) for name, each in self.readings["environments"].items()
            },
            pipelines=pipelines,
            services={
                name: self._service(name, each, promotions, pipelines)
                for name, each in self.readings["services"].items()
            },
        )
        for each in self.readings["webhooks"].values():
            self._webhook(each, (), "this file")
        wrong = [
            *self.problems,
            *(one for folder in self.readings.values() for each in folder.values() for one in each.problems),
        ]
        if wrong:
            raise Malformed(wrong)
        return replace(found, notes=tuple(self.notes))

    def _take(self, path: str, text: str) -> None:
        *folders, file = path.split("/")[1:] or [path]
        name = file.rpartition(".")[0]
        folder = OLD_FOLDERS.get(folders[0], folders[0]) if len(folders) == 1 else ""
        if folder not in FOLDERS:
            near = part.near(folder or "/".join(folders), FOLDERS)
            self.problems.append(problem(path, 0, f"files in this folder mean nothing{near}"))
        elif not part.NAME.fullmatch(name):
            self.problems.append(problem(path, 0, f"{shown(name)} is no name: {part.NAMES}"))
        elif name in self.readings[folder]:
            where = self.readings[folder][name].file
            self.problems.append(problem(path, 0, f"{name} is in {where} already: remove one of them"))
        else:
            reading = Reading(path, text)
            if isinstance(reading.values, dict):
                self.readings[folder][name] = reading
            elif reading.values is None:
                self.problems += reading.problems
            else:
                self.problems.append(problem(path, 1, "the file has to be a mapping of names to values"))

    def _promotion(self, name: str, reading: Reading) -> dict[str, Any]:
        note = deploydb.translate(reading)
        if note:
            self._note(reading, ("type",), note)
        return {} if reading.problems else part.of_kind(reading, (), KINDS, name)[0]

    def _environment(self, name: str, reading: Reading, specs: part.Specs) -> part.Environment:
        said = reading.section((), deploydb.Environment, name)
        if said.webhook:
            self._webhook(reading, ("webhook",), "webhook")
        return part.environment(reading, (), said, specs)

    def _pipeline(self, name: str, reading: Reading, specs: part.Specs) -> dict[str, tuple[Rule, ...]]:
        environments = reading.section((), deploydb.Pipeline, name).environments
        if isinstance(environments, list) and all(isinstance(each, str) for each in environments):
            after: dict[str, tuple[Rule, ...]] = {}
            for number, each in enumerate(environments):
                self._in_list(reading, each, number, after)
            return after
        if not isinstance(environments, dict):
            if not reading.problems:
                reading.complain(("environments",), f"{name} needs environments: their names, in order")
            return {}
        return {
            each: self._after(reading, ("environments", each), specs)
            for each in part.named(reading, ("environments",), environments)
        }

    def _in_list(self, reading: Reading, name: str, number: int, after: dict[str, tuple[Rule, ...]]) -> None:
        if not part.NAME.fullmatch(name):
            reading.complain(("environments", number), f"{shown(name)} is no name: {part.NAMES}")
        elif name in after:
            reading.complain(("environments", number), f"{name} is in this pipeline already")
        else:
            after[name] = ()

    def _after(self, reading: Reading, place: Place, specs: part.Specs) -> tuple[Rule, ...]:
        said = reading.section(place, deploydb.PipelineEnvironment, str(place[-1]))
        return part.rules(reading, (*place, "promotions"), said.promotions, specs)

    def _service(self, name: str, reading: Reading, specs: part.Specs, pipelines: Mapping[str, Any]) -> part.Service:
        said = reading.section((), deploydb.Service, name)
        if said.name:
            self._note(reading, ("name",), f"name has no effect: the service is called {name}, like its file")
        for each in said.pipelines:
            if each not in pipelines:
                reading.complain(("pipelines",), f"there is no pipeline {shown(each)}{part.near(each, pipelines)}")
        return part.Service(
            where=part.Where(reading.file, 1),
            labels=self._labels(reading, said.artifacts),
            pipeline=next(iter(said.pipelines), ""),
            environments=part.environments(reading, ("environments",), said.environments, specs),
            after=part.rules(reading, ("promotions",), said.promotions, specs),
            on_failure=_strategy(reading, said.failure_strategy),
            repository=said.repository or name,
        )

    def _labels(self, reading: Reading, artifacts: list[str]) -> tuple[str, ...]:
        for number, each in enumerate(artifacts):
            if not deploydb.ARTIFACT.fullmatch(each):
                reading.complain(("artifacts", number), f"{shown(each)} is neither a label nor group:name")
            elif not LABEL.fullmatch(each):
                note = f"no build makes a version with {each}: what it exports are variables"
                self._note(reading, ("artifacts", number), note)
        return tuple(dict.fromkeys(artifacts))

    def _webhook(self, reading: Reading, place: Place, what: str) -> None:
        said = reading.section(place, deploydb.Webhook, what)
        if said.deployment:
            reading.section((*place, "deployment"), deploydb.OfDeployments, "deployment")
        if said.promotion:
            reading.section((*place, "promotion"), deploydb.OfPromotions, "promotion")
        self._note(reading, place, f"{what} {NO_WEBHOOKS}")

    def _note(self, reading: Reading, place: Place, message: str) -> None:
        self.notes.append(problem(reading.file, reading.line(place), message))


def _strategy(reading: Reading, written: str) -> str | None:
    if written.lower() == "full_rollback":
        reading.complain(
            ("failure_strategy",), "full_rollback is not here: Interlock rolls back one environment, write rollback"
        )
    elif written and written.lower() not in deploydb.STRATEGIES:
        reading.complain(
            ("failure_strategy",), f"failure_strategy cannot be {shown(written)}; it is one of Stop, rollback"
        )
    return deploydb.STRATEGIES.get(written.lower())
