"""The depot that the settings ask for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession

from app.aws.depots import AwsDepot, Images, Shelf, Zips
from app.aws.regions import Regions
from app.aws.session import Session
from app.local_depot import LocalDepot
from app.settings import Settings
from deploy.artifact import Kind
from deploy.ports import Depot


@asynccontextmanager
async def depot_for(settings: Settings, aws: Session) -> AsyncIterator[Depot | None]:
    """None where builds run on this machine and neither a directory nor a region is named for what they publish."""
    if settings.local_depot:
        yield LocalDepot(settings.local_depot)
        return
    if settings.runner == "local" and not settings.publish_regions:
        yield None
        return
    regions = Regions(aws, aws.region)
    async with ClientSession() as http:
        shelves: dict[Kind, Shelf] = {
            Kind.IMAGE: Images(regions, http),
            Kind.ZIP: Zips(regions, settings.publish_buckets),
        }
        yield AwsDepot(regions.home, settings.publish_regions, shelves)
