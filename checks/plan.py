"""What a change asks for: the builds it wants, or the reason why it wants none."""

from datetime import timedelta

from msgspec import Struct


class Policy(Struct, frozen=True, kw_only=True):
    """What the organisation decides. The defaults are those of the PRX system where it was safe."""

    build_drafts: bool = True
    pull_requests_may_publish: bool = False
    timeout: timedelta = timedelta(minutes=60)
