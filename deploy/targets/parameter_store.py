"""Hands a version over: its artifacts' values go to parameters that somebody else deploys from, as Spire does."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from msgspec import Struct
from pydantic import AfterValidator, BeforeValidator, Field

from checks.errors import Permanent
from deploy.hand_off import is_name
from deploy.target import Kind, Live, Progress, Refused, Surroundings, Write, done, failed, unknown
from deploy.targets.asking import REQUEST, ask
from deploy.version import Version

SPIRE = ("/prx/stag/Spire/", "/prx/prod/Spire/")
"""What names begin with where the operator says nothing else."""

LARGEST = 4096
"""Bytes of a value in the standard tier. https://docs.aws.amazon.com/general/latest/gr/ssm.html"""
LONGEST_DESCRIPTION = 1024

NEXT = {
    "ParameterMaxVersionLimitExceeded": "take the label off its oldest version, then deploy again",
    "ParameterPatternMismatchException": "change the AllowedPattern that the parameter has, then deploy again",
    "HierarchyTypeMismatchException": "it has another type: delete it, then deploy again",
}


def _names(said: Any) -> Any:
    return (said,) if isinstance(said, str) else said


Names = Annotated[tuple[Annotated[str, AfterValidator(is_name)], ...], BeforeValidator(_names), Field(min_length=1)]


class ParameterStore(Kind):
    """Writes the value that a build exported as a label to one or more parameters."""

    type: Literal["parameter_store"] = "parameter_store"
    parameters: dict[str, Names] = Field(min_length=1)
    """Label → name of a parameter, or a list of names."""
    region: str = ""
    """Where the parameters are; the App's region if it is not said."""

    def open(self, service: str, environment: str, around: Surroundings) -> "Parameters":
        return Parameters(self.parameters, around.in_region(self.region) if self.region else around.aws, around)

    def problems(self, labels: Collection[str]) -> list[str]:
        every = [name for names in self.parameters.values() for name in names]
        twice = sorted({name for name in every if every.count(name) > 1})
        return [problem for label in self.parameters for problem in unknown(label, labels)] + [
            f"{name} is named twice, and can have only one value" for name in twice
        ]

    def labels(self) -> Collection[str]:
        return tuple(self.parameters)

    def places(self) -> Collection[str]:
        where = f" in {self.region}" if self.region else ""
        return tuple(f"the parameter {name}{where}" for names in self.parameters.values() for name in names)


class Found(Struct, frozen=True):
    value: str
    version: int


class Parameters:
    """PutParameter takes no expected version: who wrote between our reading and our writing is noticed afterwards."""

    longest = REQUEST

    def __init__(self, parameters: Mapping[str, tuple[str, ...]], aws: Any, around: Surroundings) -> None:
        self._parameters = parameters
        self._aws = aws
        self._allowed = tuple(around.parameters)

    async def live(self) -> Live:
        try:
            return _live(await self._read_all())
        except Refused as refusal:
            raise Permanent(str(refusal)) from refusal

    async def deploy(self, write: Write) -> Progress:
        try:
            return await self._hand_over(write, self._values(write.version))
        except Refused as refusal:
            return failed(str(refusal))

    async def observe(self, write: Write) -> Progress:
        try:
            found, wanted = await self._read_all(), self._values(write.version)
        except Refused as refusal:
            return failed(str(refusal))
        others = [f"{name} has {_told(found[name])}" for name in wanted if _value(found[name]) != wanted[name]]
        if others:
            return failed(f"{'; '.join(others)}: somebody else wrote it, deploy again to put it right", _live(found))
        return done(f"{_list(wanted)} {_have(wanted)} it", _live(found))

    async def roll_back(self, write: Write, to: Live) -> Progress:
        names = [name for each in self._parameters.values() for name in each]
        wanted = {name: to.values[name] for name in names if name in to.values}
        if not wanted:
            return failed(f"{_list(names)} had no value before: nothing is rolled back; deploy a version instead")
        try:
            return await self._hand_over(write, wanted, may_be=self._values(write.version))
        except Refused as refusal:
            return failed(str(refusal))

    # --- the write -----------------------------------------------------------------------------

    def _values(self, version: Version) -> dict[str, str]:
        """What is wanted, by name. What a build did not export is left as it is, as Spire does."""
        return {
            name: artifact.export.value
            for label, names in self._parameters.items()
            if (artifact := version.artifact(label))
            for name in names
        }

    async def _hand_over(
        self, write: Write, wanted: Mapping[str, str], may_be: Mapping[str, str] | None = None
    ) -> Progress:
        self._refuse(wanted)
        found = await self._read_all()
        _refuse_foreign(write, found, [wanted, may_be or {}])
        due = [name for name in wanted if _value(found[name]) != wanted[name]]
        foreign: list[str] = []
        for number, name in enumerate(due):
            write.begins(REQUEST)
            try:
                foreign += await self._put(write, name, wanted[name], found[name])
            except Refused as refusal:
                raise Refused(f"{refusal}{_so_far(due[:number], due[number:])}", refusal.code) from refusal
        live = _live(await self._read_all())
        if foreign:
            return failed(f"{'; '.join(foreign)}: find out who else deploys here, CloudTrail knows", live)
        left = [label for label in self._parameters if not write.version.artifact(label)]
        return done(
            _outcome(due, wanted) + (f"; {_list(left)} was not exported and is as it was" if left else ""), live
        )

    def _refuse(self, wanted: Mapping[str, str]) -> None:
        if not wanted:
            raise Refused(f"this version has none of {', '.join(self._parameters)}: let the build export one, and push")
        for name, value in wanted.items():
            if not name.startswith(self._allowed or "\0"):
                allowed = " or ".join(self._allowed) or "nothing"
                raise Refused(f"{name} may not be written: names that may begin with {allowed}; ask the operator")
            if (size := len(value.encode())) > LARGEST:
                raise Refused(f"the value for {name} has {size} bytes, and {LARGEST} are the most: nothing was written")

    async def _put(self, write: Write, name: str, value: str, read: Found | None) -> list[str]:
        """What other writes got in between: nothing, as a rule."""
        about = f"Interlock deployment {write.token}: {write.service} {write.environment}, {write.version.sha}"
        try:
            answer = await ask(
                f"ssm:PutParameter on {name}", self._aws.ssm.put_parameter,
                Name=name, Value=value, Type="String", Overwrite=True, Description=about[:LONGEST_DESCRIPTION],
            )  # fmt: skip
        except Refused as refusal:
            raise Refused(f"{refusal}; {NEXT[refusal.code]}" if refusal.code in NEXT else str(refusal)) from refusal
        between = range((read.version if read else 0) + 1, answer["Version"])
        return await self._foreign(name, between, write.token) if between else []

    async def _foreign(self, name: str, between: range, token: str) -> list[str]:
        """A repetition of our own, whose first answer was lost, is not somebody else."""
        told, params = [], {"Name": name, "MaxResults": 50}
        while True:
            page = await ask(f"ssm:GetParameterHistory on {name}", self._aws.ssm.get_parameter_history, **params)
            told += [
                f"{each.get('LastModifiedUser', 'somebody')} wrote {each['Value']!r} to {name} meanwhile (version "
                f"{each['Version']}), and it was overwritten"
                for each in page["Parameters"]
                if each["Version"] in between and token not in each.get("Description", "")
            ]
            if "NextToken" not in page:
                return told
            params["NextToken"] = page["NextToken"]

    async def _read_all(self) -> dict[str, Found | None]:
        return {name: await self._read(name) for names in self._parameters.values() for name in names}

    async def _read(self, name: str) -> Found | None:
        try:
            answer = await ask(f"ssm:GetParameter on {name}", self._aws.ssm.get_parameter, Name=name)
        except Refused as refusal:
            if refusal.code == "ParameterNotFound":
                return None
            raise
        parameter = answer["Parameter"]
        if parameter["Type"] != "String":
            raise Refused(f"{name} is a {parameter['Type']}, and artifacts go to String: delete it, then deploy again")
        return Found(parameter["Value"], parameter["Version"])


# --- what is made of it -------------------------------------------------------------------------


def _refuse_foreign(write: Write, found: Mapping[str, Found | None], ours: list[Mapping[str, str]]) -> None:
    if write.before is None:
        return
    for name in ours[0]:
        value = _value(found[name])
        if value is not None and value not in [each.get(name) for each in [write.before.values, *ours]]:
            was = write.before.values.get(name, "nothing")
            why = f"somebody else wrote {_told(found[name])} to {name}, which had {was!r} when this deployment began"
            raise Refused(f"{why}: nothing was overwritten; deploy again if it should be")


def _live(found: Mapping[str, Found | None]) -> Live:
    there = {name: each for name, each in found.items() if each}
    return Live(
        values={name: each.value for name, each in there.items()},
        mark=" ".join(f"{name}:{each.version}" for name, each in there.items()),
    )


def _value(found: Found | None) -> str | None:
    return found.value if found else None


def _told(found: Found | None) -> str:
    return f"{found.value!r} (version {found.version})" if found else "no value"


def _outcome(written: list[str], wanted: Mapping[str, str]) -> str:
    return f"wrote {_list(written)}" if written else f"{_list(wanted)} {_have(wanted)} it already"


def _so_far(written: list[str], rest: list[str]) -> str:
    return f"; {_list(written)} was written, {_list(rest)} was not" if written else "; nothing was written"


def _have(names: Collection[str]) -> str:
    return "has" if len(names) == 1 else "have"


def _list(names: Collection[str]) -> str:
    return " and ".join(names)
