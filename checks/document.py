"""A YAML document read node by node, so that every complaint has a line and a column."""

import difflib
from collections.abc import Callable, Iterable, Mapping

import yaml
from msgspec import Struct

MOST_CHARACTERS = 64 * 1024
"""It is read where everything else has to wait for it, for code that nobody approved too."""

MOST_NODES = 20_000
"""A node counts each time it is reached, so that aliases of aliases cannot multiply without end."""

TRUE = frozenset({"true", "yes", "on"})
FALSE = frozenset({"false", "no", "off"})


class Problem(Struct, frozen=True, order=True):
    """Something wrong at a place; `line` and `column` start at 1."""

    line: int
    column: int
    message: str


class Entry(Struct, frozen=True):
    """A key of a mapping, with its value."""

    key: yaml.Node
    value: yaml.Node


class Document:
    """Reads what is right and remembers what is wrong, so that one look finds all problems."""

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self._left = MOST_NODES
        self.root = self._compose(text)

    def complain(self, node: yaml.Node, message: str) -> None:
        problem = _at(node.start_mark, message)
        if problem not in self.problems:
            self.problems.append(problem)

    def mapping(self, node: yaml.Node, what: str, known: Iterable[str] | None = None) -> dict[str, Entry]:
        """The entries of a mapping by name; `known` names are the only ones allowed. Nothing is an empty mapping."""
        if is_null(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.complain(node, f"{what} has to be a mapping of names to values, not {kind(node)}")
            return {}
        try:
            found = self._entries(node)
        except RecursionError:
            raise TooLarge(_at(node.start_mark, f"{what} is a part of itself")) from None
        entries: dict[str, Entry] = {}
        for entry in found:
            name = str(entry.key.value)
            if known is not None and name not in known:
                self.complain(entry.key, f"unknown {_key_of(what)} {quoted(name)}{suggestion(name, known)}")
            elif name in entries:
                self.complain(entry.key, f"{quoted(name)} is given twice in {what}")
            else:
                entries[name] = entry
        return entries

    def text(self, node: yaml.Node, what: str) -> str:
        """A scalar as it is written: 1.10 and yes stay what they look like."""
        self._count(node)
        if not isinstance(node, yaml.ScalarNode):
            self.complain(node, f"{what} has to be a text, not {kind(node)}")
            return ""
        return "" if is_null(node) else str(node.value)

    def texts(self, node: yaml.Node, what: str) -> tuple[str, ...]:
        """A list of scalars; a single one counts as a list of one."""
        return tuple(self.text(item, f"{what} [{number}]") for number, item in enumerate(self.items(node, what), 1))

    def items(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        self._count(node)
        if is_null(node):
            return []
        if isinstance(node, yaml.MappingNode):
            self.complain(node, f"{what} has to be a list, not a mapping")
            return []
        return list(node.value) if isinstance(node, yaml.SequenceNode) else [node]

    def choice(self, node: yaml.Node, what: str, allowed: Iterable[str], change: Callable[[str], str] = str) -> str:
        """One of the allowed words, after `change` (str.upper, say)."""
        value = change(self.text(node, what))
        if isinstance(node, yaml.ScalarNode) and value not in allowed:
            self.complain(node, f"{what} cannot be {quoted(value)}; it is one of {', '.join(sorted(allowed))}")
        return value

    def boolean(self, node: yaml.Node, what: str) -> bool:
        value = self.text(node, what).lower()
        if isinstance(node, yaml.ScalarNode) and value not in TRUE | FALSE:
            self.complain(node, f"{what} has to be yes or no, not {quoted(value)}")
        return value in TRUE

    def _entries(self, node: yaml.MappingNode) -> list[Entry]:
        """The pairs of a mapping, those that it merges (`<<`) behind its own."""
        self._count(node)
        own, merged = [], []
        for key, value in node.value:
            self._count(key)
            if key.tag == "tag:yaml.org,2002:merge":
                parts = value.value if isinstance(value, yaml.SequenceNode) else [value]
                for part in parts:
                    merged += self._entries(part) if isinstance(part, yaml.MappingNode) else []
            elif isinstance(key, yaml.ScalarNode):
                own.append(Entry(key, value))
            else:
                self.complain(key, "a key has to be a plain name")
        names = {entry.key.value for entry in own}
        return own + [entry for entry in merged if entry.key.value not in names]

    def _count(self, node: yaml.Node) -> None:
        self._left -= 1
        if self._left < 0:
            raise TooLarge(
                _at(node.start_mark, f"the file has more than {MOST_NODES} values when aliases are followed")
            )

    def _compose(self, text: str) -> yaml.Node | None:
        if len(text) > MOST_CHARACTERS:
            raise TooLarge(Problem(1, 1, f"the file is larger than {MOST_CHARACTERS // 1024} KiB"))
        try:
            return yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            self.problems.append(_syntax_problem(error))
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, int(error.position)) + 1
            self.problems.append(Problem(line, 1, f"the character U+{ord(text[error.position]):04X} is not allowed"))
        except RecursionError:
            raise TooLarge(Problem(1, 1, "the file is nested too deeply")) from None
        return None


class TooLarge(Exception):
    """The document is beyond what is read at all."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def kind(node: yaml.Node) -> str:
    names: Mapping[type, str] = {yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list"}
    return names.get(type(node), "a single value")


def quoted(name: str) -> str:
    return f'"{name}"'


def suggestion(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    return f"; did you mean {quoted(close[0])}?" if close else f"; known are {', '.join(known)}"


def _key_of(what: str) -> str:
    return {"phases": "phase", "the file": "key"}.get(what, f"key in {what}:")


def _at(mark: yaml.Mark, message: str) -> Problem:
    return Problem(mark.line + 1, mark.column + 1, message)


def _syntax_problem(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    what = str(error.problem or error.context or "it cannot be read")
    if "cannot start any token" in what and "\\t" in what:
        what = "a tab is used where YAML wants spaces"
    elif "mapping values are not allowed" in what:
        what = 'a ": " is not allowed here; put the whole text in quotes, or mend the indentation'
    context = f" ({error.context}, line {error.context_mark.line + 1})" if error.context and error.context_mark else ""
    return Problem(mark.line + 1, mark.column + 1, f"not valid YAML: {what}{context}") if mark else Problem(1, 1, what)
