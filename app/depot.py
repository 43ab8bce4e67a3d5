"""The depot that the settings ask for, and what a handler of CD is given."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import ClientSession

from app.aws.depots import AwsDepot, Images, Shelf, Zips
from app.aws.regions import Regions
from app.aws.session import Session
from app.settings import Settings
from app.store.artifacts import StoredArtifacts
from app.store.repositories import StoredRepositories
from app.store.unit_of_work import UnitOfWork
from app.store.versions import StoredVersions
from deploy.artifact import Kind
from deploy.ports import CD, Depot


@asynccontextmanager
async def depot_for(settings: Settings, aws: Session, buckets: Mapping[str, str]) -> AsyncIterator[Depot | None]:
    """None where builds run on this machine and no region is named: then nothing of AWS is asked. `buckets` has
    the bucket of each region for zips."""
    if settings.runner == "local" and not settings.publish_regions:
        yield None
        return
    regions = Regions(aws, aws.region)
    async with ClientSession() as http:
        shelves: dict[Kind, Shelf] = {Kind.IMAGE: Images(regions, http), Kind.ZIP: Zips(regions, buckets)}
        yield AwsDepot(regions.home, settings.publish_regions, shelves)


def cd_bundle(depot: Depot | None) -> Callable[[UnitOfWork], CD]:
    def make(work: UnitOfWork) -> CD:
        return CD(
            repositories=StoredRepositories(work),
            artifacts=StoredArtifacts(work),
            versions=StoredVersions(work),
            depot=depot,
            now=work.now,
        )

    return make
