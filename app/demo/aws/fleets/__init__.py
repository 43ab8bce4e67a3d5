"""Where builds run: `local` runs them for real on this machine, `scripted` plays what a test says."""

from typing import Protocol

from app.demo.aws.build import Build
from app.demo.aws.logs import Stream


class Fleet(Protocol):
    """A fleet takes a build from DOWNLOAD_SOURCE to the end of its last phase but FINALIZING.

    It sees `build.stopping`, and writes to the stream what the build prints. What it returns is the status that the
    build ends with.
    """

    async def run(self, build: Build, stream: Stream) -> str: ...
