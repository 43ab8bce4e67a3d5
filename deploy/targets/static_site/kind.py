"""What people write to deploy a site."""

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from deploy.target import Kind, Surroundings, Target, unknown
from deploy.targets.static_site.bucket import Place
from deploy.targets.static_site.site import Site


class StaticSite(Kind):
    """Uploads a zip's files below `releases/<version>/`, and then changes the object `pointer` that names the release.

    Whatever serves the site follows it: `{"release": …, "path": "releases/…/", "sha": …, "deployment": …}`.
    """

    type: Literal["static_site"] = "static_site"
    artifact: str
    """The label of the zip."""
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    """The site's bucket."""
    prefix: str = Field(default="", pattern=r"^(\.?[A-Za-z0-9_-][A-Za-z0-9_.-]*/)*$")
    """What comes before every key: `shop/`."""
    pointer: str = Field(default="current.json", pattern=r"^\.?[A-Za-z0-9_-][A-Za-z0-9_.-]*$")
    """The object that says which release is live."""
    region: str = ""
    """Where the bucket is; the App's region if it is not said."""
    distribution: str = Field(default="", pattern=r"^[A-Z0-9]*$")
    """A CloudFront distribution that forgets what it has of the site after each change."""
    invalidate: tuple[Annotated[str, StringConstraints(pattern=r"^/")], ...] = ("/*",)
    """What it forgets."""
    url: str = Field(default="", pattern=r"^(https?://.+)?$")
    """Where the pointer can be read by everybody: the deployment waits until the new release is named there."""

    def open(self, service: str, environment: str, around: Surroundings) -> Target:
        place = Place(
            bucket=self.bucket,
            releases=f"{self.prefix}releases/",
            pointer=self.prefix + self.pointer,
            distribution=self.distribution,
            invalidate=self.invalidate,
            url=self.url,
            region=self.region,
        )
        return Site(place, self.artifact, around)

    def problems(self, labels: Collection[str]) -> list[str]:
        return unknown(self.artifact, labels)

    def labels(self) -> Collection[str]:
        return (self.artifact,)

    def places(self) -> Collection[str]:
        return (f"{self.prefix}{self.pointer} in the bucket {self.bucket}",)
