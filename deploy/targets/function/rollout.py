"""The way of new code: into $LATEST, from there a version, tried, and then behind the alias.

Nothing is remembered here. Each call looks where the code has got to and takes the next step, so that whoever is
killed goes on from there. Revisions that Lambda compares keep late and foreign writes out.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from checks.errors import Permanent
from deploy.artifact import Artifact, Kind
from deploy.target import Live, Progress, Refused, Write, artifact_of, done, failed, going
from deploy.targets.asking import REQUEST, ask
from deploy.targets.function.code import Code, checksum, code, image_uri

SOON = timedelta(seconds=2)
PATROL = timedelta(seconds=30)
"""How often alarms are asked during a step."""

ALL = 100
LONGEST_TOLD = 200
MOVED = frozenset({"PreconditionFailedException", "CodeSha256"})
_SINCE = re.compile(r"Interlock .*: \d+ % since (\S+)")


class Plan(Struct, frozen=True, kw_only=True):
    """What people wrote, see `kind.Function`."""

    function: str
    artifact: str
    alias: str
    check: dict[str, Any] | None = None
    steps: tuple[int, ...] = ()
    every: timedelta = timedelta()
    alarms: tuple[str, ...] = ()


class Alias(Struct, frozen=True, kw_only=True):
    """`version` gets the traffic, but for `percent` of it, which `other` gets."""

    version: str
    other: str
    percent: int
    revision: str
    told: str

    @property
    def since(self) -> datetime | None:
        """When we began the present step; None if it was not us."""
        found = _SINCE.fullmatch(self.told)
        return datetime.fromisoformat(found[1]) if found else None


class Seen(Struct, frozen=True, kw_only=True):
    latest: Code
    alias: Alias


class Rollout:
    longest = REQUEST

    def __init__(self, plan: Plan, aws: Any, bucket: str) -> None:
        self._plan = plan
        self._aws = aws
        self._bucket = bucket

    async def live(self) -> Live:
        try:
            return self._live(await self._see())
        except Refused as refusal:
            raise Permanent(str(refusal)) from refusal

    async def deploy(self, write: Write) -> Progress:
        try:
            return await self._next(write, artifact_of(write.version, self._plan.artifact))
        except Refused as refusal:
            if refusal.code in MOVED:  # by whom shows as soon as we look again
                return going(f"{self._plan.function} changed at this moment", SOON)
            return failed(str(refusal))

    async def observe(self, write: Write) -> Progress:
        try:
            artifact, seen = artifact_of(write.version, self._plan.artifact), await self._see()
            alias, live = seen.alias, self._live(seen)
            if not alias.other and await self._has(alias.version, artifact):
                return done(f"{self._plan.alias} is version {alias.version}", live)
            if alias.since and await self._has(alias.other, artifact):
                return going(f"version {alias.other} has {alias.percent} % of the traffic", PATROL, live)
        except Refused as refusal:
            return failed(str(refusal))
        why = f"{self._told(alias)}: somebody else moved it, deploy again to put it right"
        return failed(why, live)

    async def roll_back(self, write: Write, to: Live) -> Progress:
        version = to.values.get(self._plan.alias, "")
        if not version:
            return failed(f"{self._plan.alias} was not there before: nothing is rolled back; deploy a version instead")
        try:
            seen = await self._see()
            if (seen.alias.version, seen.alias.other) == (version, ""):
                return done(f"{self._plan.alias} is version {version} already", self._live(seen))
            ours = write.version.artifact(self._plan.artifact)
            if seen.alias.version != version and not (ours and await self._has(seen.alias.version, ours)):
                self._refuse_foreign(write, seen)
            await self._move(write, seen.alias, version)
            return done(f"{self._plan.alias} is version {version} again", self._live(await self._see()))
        except Refused as refusal:
            if refusal.code in MOVED:
                return going(f"{self._plan.alias} moved at this moment", SOON)
            if refusal.code == "ResourceNotFoundException":
                return failed(f"version {version} is not there any more: deploy that version again")
            return failed(str(refusal))

    # --- one step --------------------------------------------------------------------------------

    async def _next(self, write: Write, artifact: Artifact) -> Progress:
        seen = await self._see()
        alias, latest = seen.alias, seen.latest
        if not alias.other and await self._has(alias.version, artifact):
            return done(f"{self._plan.alias} is version {alias.version}", self._live(seen))
        if alias.since and await self._has(alias.other, artifact):
            return await self._shift(write, alias, alias.other)
        self._refuse_foreign(write, seen)
        if latest.is_busy:
            return going(f"Lambda updates {self._plan.function}", SOON)
        if not latest.is_of(artifact) or (latest.is_broken and _was(write) == latest.sha256):
            self._refuse_foreign_code(write, latest)
            return await self._update(write, artifact, latest)
        _refuse_broken(latest, self._plan.function)
        published = await self._publish(write, latest)
        if published.is_busy:
            return going(f"Lambda prepares version {published.version}", SOON)
        _refuse_broken(published, f"version {published.version} of {self._plan.function}")
        await self._try(published.version)
        return await self._shift(write, alias, published.version)

    async def _update(self, write: Write, artifact: Artifact, latest: Code) -> Progress:
        if artifact.export.kind is Kind.IMAGE:
            where = {"ImageUri": image_uri(artifact, latest.arn)}
        else:
            where = await self._zip(artifact)
        write.begins(REQUEST)
        answer = await self._ask("UpdateFunctionCode", "update_function_code", RevisionId=latest.revision, **where)
        if artifact.export.kind is Kind.ZIP and answer["CodeSha256"] != checksum(artifact.digest):
            raise Refused(
                f"{artifact.export.place} in {self._bucket} is not what was published, {artifact.digest}: it is in "
                "$LATEST and gets no traffic; build again"
            )
        return going(f"Lambda updates {self._plan.function}", SOON)

    async def _zip(self, artifact: Artifact) -> dict[str, str]:
        """The object's version, so that nobody changes it under way. Without versions the checksum has to do."""
        key = artifact.export.place
        if not self._bucket:
            raise Refused("there is no bucket for zips in this region: ask the operator to set one, then deploy again")
        try:
            head = await ask(
                f"s3:GetObject on {self._bucket}/{key}", self._aws.s3.head_object,
                Bucket=self._bucket, Key=key, ChecksumMode="ENABLED",
            )  # fmt: skip
        except Refused as refusal:
            if refusal.code == "404":
                raise Refused(f"{key} is not in {self._bucket} any more: build again") from refusal
            raise
        found = head.get("ChecksumSHA256", "")
        if found and "-" not in found and found != checksum(artifact.digest):
            raise Refused(f"{key} in {self._bucket} is not what was published, {artifact.digest}: build again")
        version = {"S3ObjectVersion": head["VersionId"]} if head.get("VersionId", "null") != "null" else {}
        return {"S3Bucket": self._bucket, "S3Key": key, **version}

    async def _publish(self, write: Write, latest: Code) -> Code:
        """Publishing the same again gives the same version, as long as nothing describes it otherwise."""
        write.begins(REQUEST)
        try:
            answer = await self._ask(
                "PublishVersion", "publish_version", RevisionId=latest.revision, CodeSha256=latest.sha256
            )
        except Refused as refusal:
            if refusal.code == "InvalidParameterValueException" and "CodeSHA256" in str(refusal):
                raise Refused(str(refusal), "CodeSha256") from refusal
            raise
        return code({"Configuration": answer})

    async def _try(self, version: str) -> None:
        if self._plan.check is None:
            return
        answer = await self._ask(
            "InvokeFunction", "invoke", Qualifier=version, Payload=json.dumps(self._plan.check).encode()
        )
        if answer.get("FunctionError"):
            told = answer["Payload"].read().decode(errors="replace")[:LONGEST_TOLD]
            raise Refused(f"version {version} answered the check with an error, and gets no traffic: {told}")

    async def _shift(self, write: Write, alias: Alias, version: str) -> Progress:
        ringing = await self._ringing()
        if ringing and alias.other:
            await self._move(write, alias, alias.version)
            why = f"{ringing} rang while version {version} had {alias.percent} % of the traffic"
            return failed(f"{why}: version {alias.version} has all of it again", self._live(await self._see()))
        if ringing:
            raise Refused(f"{ringing} rings already: nothing was shifted; deploy again when it is over")
        left = (alias.since or datetime.min.replace(tzinfo=UTC)) + self._plan.every - datetime.now(UTC)
        percent = next((step for step in self._plan.steps if step > alias.percent), ALL)
        if alias.other and left > timedelta():
            return going(
                f"version {version} has {alias.percent} % of the traffic, and gets {percent} %", min(left, PATROL)
            )
        if percent == ALL:
            await self._move(write, alias, version)
            return done(f"{self._plan.alias} is version {version}", self._live(await self._see()))
        await self._move(write, alias, alias.version, version, percent)
        return going(f"version {version} has {percent} % of the traffic", min(self._plan.every, PATROL))

    async def _move(self, write: Write, alias: Alias, version: str, other: str = "", percent: int = ALL) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        write.begins(REQUEST)
        await self._ask(
            "UpdateAlias", "update_alias", Name=self._plan.alias, RevisionId=alias.revision, FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": {other: percent / 100} if other else {}},
            Description=f"Interlock {write.token[:64]}: {percent} % since {now}",
        )  # fmt: skip

    async def _ringing(self) -> str:
        if not self._plan.alarms:
            return ""
        names = list(self._plan.alarms)
        answer = await ask(
            "cloudwatch:DescribeAlarms", self._aws.cloudwatch.describe_alarms,
            AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        )  # fmt: skip
        states = {each["AlarmName"]: each["StateValue"] for each in answer["MetricAlarms"] + answer["CompositeAlarms"]}
        if missing := [name for name in names if name not in states]:
            raise Refused(f"there is no alarm {missing[0]}: correct its name, or create it, then deploy again")
        return next((f"the alarm {name}" for name in names if states[name] == "ALARM"), "")

    # --- what is there ---------------------------------------------------------------------------

    async def _see(self) -> Seen:
        try:
            latest = code(await self._ask("GetFunction", "get_function"))
        except Refused as refusal:
            if refusal.code != "ResourceNotFoundException":
                raise
            raise Refused(f"there is no function {self._plan.function}: create it, then deploy again") from refusal
        try:
            answer = await self._ask("GetAlias", "get_alias", Name=self._plan.alias)
        except Refused as refusal:
            if refusal.code != "ResourceNotFoundException":
                raise
            why = f"{self._plan.function} has no alias {self._plan.alias}"
            raise Refused(f"{why}: publish a version and create the alias for it, then deploy again") from refusal
        weights = (answer.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        other, weight = next(iter(weights.items()), ("", 0.0))
        return Seen(
            latest=latest,
            alias=Alias(
                version=answer["FunctionVersion"],
                other=other,
                percent=round(weight * 100),
                revision=answer["RevisionId"],
                told=answer.get("Description", ""),
            ),
        )

    async def _has(self, version: str, artifact: Artifact) -> bool:
        return bool(version) and code(await self._ask("GetFunction", "get_function", Qualifier=version)).is_of(artifact)

    async def _ask(self, action: str, method: str, **params: Any) -> Any:
        name = self._plan.function
        return await ask(f"lambda:{action} on {name}", getattr(self._aws.lambda_, method), FunctionName=name, **params)

    def _live(self, seen: Seen) -> Live:
        """The mark has $LATEST too: others who change it do not change what is live, and are in our way."""
        alias = seen.alias
        share = {f"{self._plan.alias} also": f"{alias.percent} % version {alias.other}"} if alias.other else {}
        return Live(values={self._plan.alias: alias.version, **share}, mark=f"{alias.revision} {seen.latest.sha256}")

    def _told(self, alias: Alias) -> str:
        share = f", and {alias.percent} % is version {alias.other}" if alias.other else ""
        return f"{self._plan.alias} is version {alias.version}{share}"

    def _refuse_foreign(self, write: Write, seen: Seen) -> None:
        if write.before is None or self._live(seen).values == write.before.values:
            return
        was = write.before.values.get(self._plan.alias, "not there")
        why = f"somebody else moved {self._plan.alias}, which was {was} when this deployment began"
        raise Refused(f"{why}: {self._told(seen.alias)}, nothing was overwritten; deploy again if it should be")

    def _refuse_foreign_code(self, write: Write, latest: Code) -> None:
        if write.before is not None and latest.sha256 != _was(write):
            why = f"somebody else changed the code of {self._plan.function} since this deployment began"
            raise Refused(f"{why}: nothing was overwritten; deploy again if it should be")


def _was(write: Write) -> str | None:
    """The checksum that $LATEST had when the deployment began."""
    return write.before.mark.rpartition(" ")[2] if write.before else None


def _refuse_broken(found: Code, what: str) -> None:
    if found.is_broken:
        raise Refused(f"Lambda could not update {what}: {found.why}; mend that, then deploy again")
