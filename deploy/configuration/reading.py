"""YAML that people wrote, checked against models, with the line of everything that is wrong."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from checks.document import Document, TooLarge, is_null
from checks.document import Problem as Complaint
from deploy.configuration.complaint import Place, keys, model_at, sentence
from deploy.configuration.malformed import problem
from deploy.pipeline import Problem

Model = TypeVar("Model", bound=BaseModel)

INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
TRUE, FALSE = ("true", "yes", "on"), ("false", "no", "off")
COSTLY = frozenset({"rrule", "matches"})
MOST_COSTLY = 30
"""Whether a rule ever happens or a pattern is one takes a while to find out, and everything else waits for it."""

CONTROL = re.compile(r"[\0-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""What databases, screens or JSON do not take."""


class Reading:
    """A file as plain values that are JSON too. Reads what is right and remembers what is wrong."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.values: Any = None
        self._lines: dict[Place, int] = {}
        self._written: dict[Place, str] = {}
        self._costly = 0
        try:
            self.values = self._read(Document(text))
        except TooLarge as error:
            self._add(error.problem.line, error.problem.message)
        except RecursionError:
            self._add(1, "the file is nested too deeply")

    def complain(self, place: Place, message: str) -> None:
        self._add(self.line(place), message)

    def line(self, place: Place) -> int:
        """Of what is at the place; of what it would be a part of, where there is nothing."""
        while place not in self._lines and place:
            place = place[:-1]
        return self._lines.get(place, 1)

    def section(self, place: Place, model: type[Model], what: str) -> Model:
        """What is right of a mapping whose keys are all optional."""
        values = self._mapping(place, what, model)
        while True:
            try:
                return model.model_validate(values)
            except ValidationError as error:
                places = [self._resolved(values, each["loc"]) for each in error.errors(include_url=False)]
                assert all(places), f"{model.__name__} is no model of a section: it has rules for the whole"
                if not self._corrected(values, error, place):
                    self._tell(error, place, values, model, what)
                    for wrong in places:
                        values.pop(str(wrong[0]), None)

    def whole(self, place: Place, model: type[Model], what: str) -> tuple[dict[str, Any], Model | None]:
        """A mapping as it was written, and None where anything is wrong with it."""
        values = self._mapping(place, what, model)
        while True:
            try:
                return values, model.model_validate(values)
            except ValidationError as error:
                if not self._corrected(values, error, place):
                    self._tell(error, place, values, model, what)
                    return values, None

    def move(self, place: Place, to: Place) -> None:
        """What is in one mapping goes to another, with its lines."""
        self.at(to[:-1])[to[-1]] = self.at(place[:-1]).pop(place[-1])
        for told in (self._lines, self._written):
            for each in [each for each in told if each[: len(place)] == place]:
                told[(*to, *each[len(place) :])] = told[each]  # type: ignore[assignment]  # the same of each

    def at(self, place: Place) -> Any:
        found = self.values
        for part in place:
            found = found[part]
        return found

    # --- from YAML to values -------------------------------------------------------------------

    def _read(self, document: Document) -> Any:
        found = None
        if document.root is not None and not document.problems:
            found = self._value(document, document.root, ())
        for each in document.problems:
            self._add(each.line, each.message)
        if found is None and not self.problems:
            self._add(1, "the file is empty")
        return found

    def _value(self, document: Document, node: yaml.Node, place: Place) -> Any:
        self._lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            values = {}
            for name, entry in document.mapping(node, _named(place)).items():
                self._lines[(*place, name)] = entry.key.start_mark.line + 1
                self._allow(entry.key, name)
                self._afford(entry.key, name)
                values[name] = self._value(document, entry.value, (*place, name))
            return values
        if isinstance(node, yaml.SequenceNode):
            items = document.items(node, "")
            return [self._value(document, item, (*place, number)) for number, item in enumerate(items)]
        self._written[place] = text = document.text(node, "")
        self._allow(node, text)
        return None if is_null(node) else _scalar(node, text)

    def _allow(self, node: yaml.Node, text: str) -> None:
        if found := CONTROL.search(text):
            self._add(node.start_mark.line + 1, f"the character U+{ord(found[0]):04X} is not allowed")

    def _afford(self, node: yaml.Node, name: str) -> None:
        self._costly += name in COSTLY
        if self._costly > MOST_COSTLY:
            message = f"a file has {MOST_COSTLY} recurrence rules and regular expressions at most"
            raise TooLarge(Complaint(node.start_mark.line + 1, node.start_mark.column + 1, message))

    # --- from values to models -----------------------------------------------------------------

    def _mapping(self, place: Place, what: str, model: type[BaseModel]) -> dict[str, Any]:
        """The mapping itself, where keys that are left empty are taken out."""
        values = self.at(place)
        if values is not None and not isinstance(values, dict):
            self.complain(place, f"{what} has to be a mapping of names to values, not {_kind(values)}")
        if not isinstance(values, dict):
            return {}
        for name in keys(model):
            if name in values and values[name] is None:
                del values[name]
        return values

    def _corrected(self, values: dict[str, Any], error: ValidationError, place: Place) -> bool:
        """Where a text is wanted, 1.10 and yes are what they look like, and a single value is a list of one."""
        corrected = False
        for each in error.errors(include_url=False):
            *path, last = self._resolved(values, each["loc"]) or (None,)
            change = CORRECTIONS.get(each["type"])
            if change is None or last is None:
                continue
            holder: Any = values
            for part in path:
                holder = holder[part]
            written = self._written.get((*place, *path, last))
            new = change(holder[last], written)
            if new is not None:
                holder[last] = new
                self._written[(*place, *path, last, 0)] = written or ""
                corrected = True
        return corrected

    def _tell(
        self, error: ValidationError, place: Place, values: Mapping[str, Any], model: type[BaseModel], what: str
    ) -> None:
        told: dict[Place, list[Any]] = {}
        for each in error.errors(include_url=False):
            told.setdefault(self._resolved(values, each["loc"]), []).append(each)
        for path, errors in told.items():
            if errors[0]["type"] == "too_short" and any(other[:-1] == path for other in told):
                continue  # pydantic counts only the items that are right
            missing = errors[0]["type"] == "missing"
            key = str(errors[0]["loc"][-1]) if missing else _named(path)
            around = path if missing else path[:-1]
            self.complain((*place, *path), sentence(key, errors, _named(around, what), model_at(model, around)))

    def _resolved(self, values: Any, told: Iterable[str | int]) -> Place:
        """The part of pydantic's location that is in the file: it names alternatives too."""
        path: list[str | int] = []
        for part in told:
            is_name = isinstance(values, dict) and part in values
            is_number = isinstance(values, list) and isinstance(part, int) and part < len(values)
            if is_name or is_number:
                values = values[part]
                path.append(part)
        return tuple(path)

    def _add(self, line: int, message: str) -> None:
        self.problems.append(problem(self.file, line, message))


def _scalar(node: yaml.Node, text: str) -> Any:
    """As JSON would have it; whatever it would not have is text."""
    match node.tag.removeprefix("tag:yaml.org,2002:"):
        case "bool" if text.lower() in TRUE + FALSE:
            return text.lower() in TRUE
        case "int" if INTEGER.fullmatch(text):
            return int(text)
        case "float" if NUMBER.fullmatch(text):
            return float(text)
        case _:
            return text


def _text(value: Any, written: str | None) -> str | None:
    return None if isinstance(value, str | list | dict) else written


def _one(value: Any, _: str | None) -> list[Any] | None:
    return None if isinstance(value, list | dict) else [value]


CORRECTIONS: Mapping[str, Callable[[Any, str | None], Any]] = {
    "string_type": _text,
    "tuple_type": _one,
    "list_type": _one,
}


def _named(path: Place, whole: str = "the file") -> str:
    """The nearest name: `steps` for the second of its items too."""
    return next((part for part in reversed(path) if isinstance(part, str)), whole)


def _kind(values: Any) -> str:
    return "a list" if isinstance(values, list) else "a single value"
