"""The rest of AWS: a moto server in a process of its own, and how this program asks it itself.

https://docs.getmoto.org/en/latest/docs/server_mode.html
"""

import asyncio
import json
import os
import signal
import socket
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import aiohttp

from checks.runners.local.process import signal_when_parent_dies

PATIENCE = 60.0
"""Seconds until it has to answer: it imports a lot."""

PAUSE = 0.05

Json = dict[str, Any]


class MotoError(Exception):
    """moto refused; the message is what it says."""


class Moto:
    """`async with Moto(directory, region) as moto:` and it answers at `moto.url`. Its words go to a file there.

    One that runs already is used if its address is given in `url`; it forgets then all that it had.
    """

    def __init__(self, directory: Path, region: str, url: str = "") -> None:
        self._directory = directory
        self._region = region
        self._process: asyncio.subprocess.Process | None = None
        self.url = url
        self.session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        if not self.url:
            await self._start()
        self.session = aiohttp.ClientSession(auto_decompress=False)
        try:
            async with asyncio.timeout(PATIENCE):
                while not await self._answers():  # noqa: ASYNC110  it is another process
                    await asyncio.sleep(PAUSE)
            async with self.session.post(f"{self.url}/moto-api/reset") as response:
                response.raise_for_status()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _start(self) -> None:
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        with (self._directory / "moto.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port),
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=_environment(),
                start_new_session=True,  # Ctrl-C is for us, who still need it while we end
                preexec_fn=_die_with_parent,
            )  # fmt: skip

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.kill()  # it keeps nothing that would have to be saved
        await self._process.wait()

    async def ask(self, service: str, target: str, params: Json) -> Json:
        """One request in AWS JSON, as `ask("sqs", "AmazonSQS.SendMessage", {…})`."""
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0", **self._credential(service)}
        async with self.session.post(f"{self.url}/", data=json.dumps(params), headers=headers) as response:
            body = await response.read()
            if not response.ok:
                raise MotoError(body.decode(errors="replace"))
            answer: Json = json.loads(body or b"{}")
            return answer

    async def get_object(self, path: str, version: str = "") -> bytes | None:
        """The content of `bucket/key`; None if there is none."""
        params = {"versionId": version} if version else {}
        url = f"{self.url}/{quote(path)}"
        async with self.session.get(url, params=params, headers=self._credential("s3")) as response:
            body = await response.read()
            if response.status == HTTPStatus.NOT_FOUND:
                return None
            if not response.ok:
                raise MotoError(body.decode(errors="replace"))
            return body

    async def create_bucket(self, name: str) -> None:
        await self._put(name)

    async def put_object(self, path: str, content: bytes) -> None:
        await self._put(path, content)

    async def _put(self, path: str, content: bytes = b"") -> None:
        url = f"{self.url}/{quote(path)}"
        async with self.session.put(url, data=content, headers=self._credential("s3")) as response:
            if not response.ok:
                raise MotoError((await response.read()).decode(errors="replace"))

    async def _answers(self) -> bool:
        if self._process and self._process.returncode is not None:
            raise MotoError(f"the moto server ended; what it said is in {self._directory / 'moto.log'}")
        try:
            async with self.session.get(f"{self.url}/moto-api/data.json") as response:
                return response.ok
        except aiohttp.ClientConnectionError:
            return False

    def _credential(self, service: str) -> dict[str, str]:
        """moto reads in it who is asked, and checks no signature."""
        scope = f"testing/20260101/{self._region}/{service}/aws4_request"
        return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}


def _die_with_parent() -> None:
    """Also if nobody can end it any more."""
    signal_when_parent_dies(signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment() -> dict[str, str]:
    """Without AWS_ variables: it might ask the real AWS, or itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
