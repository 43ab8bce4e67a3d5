"""Each kind of target with its real server, as the contract asks for it."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from deploy.target import Target
from deploy.targets.function import Function
from deploy.targets.local import Local
from deploy.targets.parameter_store import ParameterStore
from deploy.targets.static_site import StaticSite
from deploy.version import Version
from tests.deploy.targets.front import Clients, Front
from tests.deploy.targets.world import Around, image_artifact, version, zip_artifact, zipped


class Place(Protocol):
    @property
    def door(self) -> Front:
        """What it counts are requests; a place on this machine has none."""
        ...

    @property
    def target(self) -> Target: ...

    def version(self, number: int) -> Version: ...

    def meddle(self) -> None:
        """Somebody else puts something else live."""
        ...


@dataclass
class InParameterStore:
    door: Front
    tmp: Path
    name: str = field(default_factory=lambda: f"/prx/stag/Spire/App{uuid4().hex[:8]}/pkg")

    @property
    def names(self) -> list[str]:
        return [f"{self.name}/docker-image-tag", f"{self.name}/docker-image-tag-2"]

    @cached_property
    def target(self) -> Target:
        kind = ParameterStore.model_validate({"parameters": {"MY_APP": self.names}})
        return kind.open("web", "staging", Around(self.tmp, Clients(self.door.url)))

    @cached_property
    def behind(self) -> Any:
        return Clients(self.door.behind).ssm

    def version(self, number: int) -> Version:
        return version(number, image_artifact(number))

    def put(self, name: str, value: str, description: str = "") -> None:
        self.behind.put_parameter(Name=name, Value=value, Type="String", Overwrite=True, Description=description)

    def value(self, name: str) -> str:
        return str(self.behind.get_parameter(Name=name)["Parameter"]["Value"])

    def meddle(self) -> None:
        self.put(self.names[0], "by-hand")


@dataclass
class OnThisMachine:
    door: Front
    tmp: Path

    @cached_property
    def around(self) -> Around:
        (self.tmp / "zips").mkdir()
        return Around(self.tmp / "home", directory=self.tmp / "zips")

    @cached_property
    def target(self) -> Target:
        return Local(artifact="SITE").open("web", "staging", self.around)

    @property
    def directory(self) -> Path:
        return self.tmp / "home" / "web" / "staging"

    def version(self, number: int) -> Version:
        content = zipped(index_html=f"<p>{number}</p>", css__site_css=f"p {{ order: {number} }}")
        self.around.publish(content)
        return version(number, zip_artifact(number, content))

    def meddle(self) -> None:
        (self.directory / "releases" / "by-hand").mkdir()
        link = self.directory / "current"
        link.unlink()
        link.symlink_to("releases/by-hand")


@dataclass
class InLambda:
    """`updating` makes each update take a while, as it does."""

    door: Front
    tmp: Path
    said: dict[str, Any] = field(default_factory=dict)
    name: str = field(default_factory=lambda: f"web-{uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        self.aws = Clients(self.door.url)
        s3 = Clients(self.door.behind).s3
        s3.create_bucket(Bucket=self.name)
        s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket=self.name, Key="first.zip", Body=zipped(main_py="first"))
        self.aws.lambda_.create_function(
            FunctionName=self.name, Role="arn:aws:iam::123456789012:role/web", Runtime="python3.11", Handler="main.run",
            Code={"S3Bucket": self.name, "S3Key": "first.zip"},
        )  # fmt: skip
        self.aws.lambda_.publish_version(FunctionName=self.name)
        self.aws.lambda_.create_alias(FunctionName=self.name, Name="live", FunctionVersion="1")
        self.door.functions.updating = 1
        self.door.reset()

    @cached_property
    def target(self) -> Target:
        return self.opened(**self.said)

    def opened(self, **said: Any) -> Target:
        kind = Function.model_validate({"function": self.name, "artifact": "MY_LAMBDA", **said})
        return kind.open("web", "staging", Around(self.tmp, self.aws, code_bucket=self.name))

    def version(self, number: int) -> Version:
        content = zipped(main_py=f"def run(event, context): return {number}")
        artifact = zip_artifact(number, content, "MY_LAMBDA")
        Clients(self.door.behind).s3.put_object(
            Bucket=self.name, Key=artifact.export.place, Body=content, ChecksumAlgorithm="SHA256"
        )
        return version(number, artifact)

    def alias(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.aws.lambda_.get_alias(FunctionName=self.name, Name="live")
        return {
            "version": answer["FunctionVersion"],
            **answer.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}),
        }

    def meddle(self) -> None:
        Clients(self.door.behind).s3.put_object(Bucket=self.name, Key="by-hand.zip", Body=zipped(main_py=uuid4().hex))
        self._update(S3Bucket=self.name, S3Key="by-hand.zip")
        published = self.aws.lambda_.publish_version(FunctionName=self.name)
        self.aws.lambda_.update_alias(
            FunctionName=self.name, Name="live", FunctionVersion=published["Version"],
            RoutingConfig={"AdditionalVersionWeights": {}},
        )  # fmt: skip

    def _update(self, **code: str) -> None:
        self.aws.lambda_.update_function_code(FunctionName=self.name, **code)
        while (
            self.aws.lambda_.get_function(FunctionName=self.name)["Configuration"]["LastUpdateStatus"] != "Successful"
        ):
            pass


@dataclass
class InABucket:
    door: Front
    tmp: Path
    said: dict[str, Any] = field(default_factory=dict)
    http: Any = None
    name: str = field(default_factory=lambda: f"site-{uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        self.behind = Clients(self.door.behind).s3
        self.behind.create_bucket(Bucket=self.name)
        (self.tmp / "zips").mkdir()
        self.around = Around(self.tmp, Clients(self.door.url), directory=self.tmp / "zips")

    @cached_property
    def target(self) -> Target:
        return self.opened(**self.said)

    def opened(self, **said: Any) -> Target:
        self.around.http = self.http
        kind = StaticSite.model_validate({"artifact": "SITE", "bucket": self.name, **said})
        return kind.open("web", "staging", self.around)

    def version(self, number: int) -> Version:
        content = zipped(index_html=f"<p>{number}</p>", css__site_css=f"p {{ order: {number} }}")
        self.around.publish(content)
        return version(number, zip_artifact(number, content))

    def meddle(self) -> None:
        self.behind.put_object(Bucket=self.name, Key="current.json", Body=b'{"release": "by-hand"}')

    @property
    def keys(self) -> list[str]:
        return [each["Key"] for each in self.behind.list_objects_v2(Bucket=self.name).get("Contents", [])]


PLACES: dict[str, Callable[[Front, Path], Place]] = {
    "function": InLambda,
    "local": OnThisMachine,
    "static_site": InABucket,
    "parameter_store": InParameterStore,
}


def dies_at(number: int, work: Callable[[], object]) -> bool:
    """Runs it in a process of its own that is killed before it changes files for the `number`-th time; True if so."""
    child = os.fork()
    if not child:
        signal.alarm(20)
        _die_at(number)
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), status
    return status == signal.SIGKILL


CHANGES = frozenset({"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.chmod"})
"""https://docs.python.org/3/library/audit_events.html"""


def _die_at(number: int) -> None:
    import sys  # noqa: PLC0415  in the child only

    left = number

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        if event in CHANGES or (event == "open" and "w" in str(args[1])):
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    sys.addaudithook(hook)
