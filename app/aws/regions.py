"""The same AWS account in several regions: clients for each, and calls that explain their refusals."""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from app.aws.errors import code_of, explained, is_of_aws
from app.aws.session import Session
from checks.errors import Permanent

T = TypeVar("T")

FORBIDDEN = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})
"""A HEAD has no body, so that S3 can only say the number."""


class Absent(Exception):
    """AWS does not have what was asked about."""


class Regions:
    """`home` is the region of the AWS_ variables, where builds publish."""

    def __init__(self, session: Session, home: str) -> None:
        self.home = home
        self.clients = cache(lambda region: session if region == home else session.in_region(region))

    async def call(
        self, region: str, asked: str, make: Callable[[Session], T], absent: frozenset[str] = frozenset()
    ) -> T:
        """What `make` returns, from a thread. `Absent` for the codes that say so, `Permanent` where a right is
        missing, else `Transient`. `asked` is the operation as IAM names it: `s3:GetObject`."""
        try:
            return await asyncio.to_thread(make, self.clients(region))
        except Exception as error:
            code = code_of(error)
            if code in absent:
                raise Absent(code) from error
            if code in FORBIDDEN:
                raise Permanent(f"AWS does not let the App do {asked} in {region}: give its role this right") from error
            if not is_of_aws(error):
                raise
            raise explained(error, f"{asked} in {region}") from error
