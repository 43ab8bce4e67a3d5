"""The way of new code: into $LATEST, from there a version, tried, and then behind the alias.

Nothing is remembered here. Each call looks where the code has got to and takes the next step, so that whoever is
killed goes on from there. Revisions that Lambda compares keep late and foreign writes out.
"""

import json
from datetime import UTC, datetime, timedelta

from checks.errors import Permanent
from deploy.artifact import Artifact, Kind
from deploy.target import Live, Progress, Refused, Surroundings, Write, artifact_of, done, failed, going
from deploy.targets.asking import REQUEST, ask
from deploy.targets.function.cloud import Alias, Cloud, Plan, Seen
from deploy.targets.function.code import Code, checksum, code, image_uri

SOON = timedelta(seconds=2)
PATROL = timedelta(seconds=30)
"""How often alarms are asked during a step."""

ALL = 100
LONGEST_TOLD = 200
MOVED = frozenset({"PreconditionFailedException", "CodeSha256"})


class Rollout:
    longest = REQUEST

    def __init__(self, plan: Plan, region: str, around: Surroundings) -> None:
        self._plan = plan
        self._region = region
        self._around = around
        self._cloud = Cloud(plan, around.in_region(region) if region else around.aws)

    async def live(self) -> Live:
        try:
            return self._live(await self._cloud.see())
        except Refused as refusal:
            raise Permanent(str(refusal)) from refusal

    async def deploy(self, write: Write) -> Progress:
        try:
            return await self._next(write, artifact_of(write.version, self._plan.artifact))
        except Permanent as trouble:
            return failed(str(trouble))
        except Refused as refusal:
            if refusal.code in MOVED:  # by whom shows as soon as we look again
                return going(f"{self._plan.function} changed at this moment", SOON)
            return failed(str(refusal))

    async def observe(self, write: Write) -> Progress:
        try:
            artifact, seen = artifact_of(write.version, self._plan.artifact), await self._cloud.see()
            alias, live = seen.alias, self._live(seen)
            if not alias.other and await self._cloud.has(alias.version, artifact):
                return done(f"{self._plan.alias} is version {alias.version}", live)
            if alias.since and await self._cloud.has(alias.other, artifact):
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
            seen = await self._cloud.see()
            if (seen.alias.version, seen.alias.other) == (version, ""):
                return done(f"{self._plan.alias} is version {version} already", self._live(seen))
            ours = write.version.artifact(self._plan.artifact)
            if seen.alias.version != version and not (ours and await self._cloud.has(seen.alias.version, ours)):
                self._refuse_foreign(write, seen)
            await self._move(write, seen.alias, version)
            return done(f"{self._plan.alias} is version {version} again", self._live(await self._cloud.see()))
        except Refused as refusal:
            if refusal.code in MOVED:
                return going(f"{self._plan.alias} moved at this moment", SOON)
            if refusal.code == "ResourceNotFoundException":
                return failed(f"version {version} is not there any more: deploy that version again")
            return failed(str(refusal))

    # --- one step --------------------------------------------------------------------------------

    async def _next(self, write: Write, artifact: Artifact) -> Progress:
        seen = await self._cloud.see()
        alias, latest = seen.alias, seen.latest
        if not alias.other and await self._cloud.has(alias.version, artifact):
            return done(f"{self._plan.alias} is version {alias.version}", self._live(seen))
        if alias.since and await self._cloud.has(alias.other, artifact):
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
        revision = latest.revision
        answer = await self._cloud.ask("UpdateFunctionCode", "update_function_code", RevisionId=revision, **where)
        if artifact.export.kind is Kind.ZIP and answer["CodeSha256"] != checksum(artifact.digest):
            what = f"{artifact.export.place} in {where['S3Bucket']} is not what was published, {artifact.digest}"
            raise Refused(f"{what}: it is in $LATEST and gets no traffic; build again")
        return going(f"Lambda updates {self._plan.function}", SOON)

    async def _zip(self, artifact: Artifact) -> dict[str, str]:
        """The object's version, so that nobody changes it under way. Without versions the checksum has to do."""
        key, bucket = artifact.export.place, self._around.bucket(self._region)
        try:
            head = await ask(
                f"s3:GetObject on {bucket}/{key}", self._cloud.aws.s3.head_object,
                Bucket=bucket, Key=key, ChecksumMode="ENABLED",
            )  # fmt: skip
        except Refused as refusal:
            if refusal.code == "404":
                raise Refused(f"{key} is not in {bucket} any more: build again") from refusal
            raise
        found = head.get("ChecksumSHA256", "")
        if found and "-" not in found and found != checksum(artifact.digest):
            raise Refused(f"{key} in {bucket} is not what was published, {artifact.digest}: build again")
        version = {"S3ObjectVersion": head["VersionId"]} if head.get("VersionId", "null") != "null" else {}
        return {"S3Bucket": bucket, "S3Key": key, **version}

    async def _publish(self, write: Write, latest: Code) -> Code:
        """Publishing the same again gives the same version, as long as nothing describes it otherwise."""
        write.begins(REQUEST)
        try:
            answer = await self._cloud.ask(
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
        answer = await self._cloud.ask(
            "InvokeFunction", "invoke", Qualifier=version, Payload=json.dumps(self._plan.check).encode()
        )
        if answer.get("FunctionError"):
            told = answer["Payload"].read().decode(errors="replace")[:LONGEST_TOLD]
            raise Refused(f"version {version} answered the check with an error, and gets no traffic: {told}")

    async def _shift(self, write: Write, alias: Alias, version: str) -> Progress:
        ringing = await self._cloud.ringing()
        if ringing and alias.other:
            await self._move(write, alias, alias.version)
            why = f"{ringing} rang while version {version} had {alias.percent} % of the traffic"
            return failed(f"{why}: version {alias.version} has all of it again", self._live(await self._cloud.see()))
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
            return done(f"{self._plan.alias} is version {version}", self._live(await self._cloud.see()))
        await self._move(write, alias, alias.version, version, percent)
        return going(f"version {version} has {percent} % of the traffic", min(self._plan.every, PATROL))

    async def _move(self, write: Write, alias: Alias, version: str, other: str = "", percent: int = ALL) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        write.begins(REQUEST)
        await self._cloud.ask(
            "UpdateAlias", "update_alias", Name=self._plan.alias, RevisionId=alias.revision, FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": {other: percent / 100} if other else {}},
            Description=f"Interlock {write.token[:64]}: {percent} % since {now}",
        )  # fmt: skip

    # --- what is there ---------------------------------------------------------------------------

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
