"""Where a build's source comes from, as a source that the local runner takes."""

import asyncio
import io
import json
import os
import re
import stat
import subprocess
import zipfile
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.demo.aws.moto import Moto, MotoError
from checks.runners.local.job import DirectorySource, GitSource

Json = dict[str, Any]

SHA = re.compile(r"[0-9a-f]{40}")
_PINNED = re.compile(r"(.+)\^\{([0-9a-f]{40})\}")
_PULL_REQUEST = re.compile(r"pr/(\d+)")


class SourceProblem(Exception):
    """The source cannot be had; code and text are for DOWNLOAD_SOURCE's context."""

    def __init__(self, message: str, code: str = "CLIENT_ERROR") -> None:
        super().__init__(message)
        self.code = code


class Sources:
    """`directory` is where archives are unpacked; the caller throws away what it does not need any more."""

    def __init__(self, moto: Moto, directory: Path) -> None:
        self._moto = moto
        self._directory = directory

    async def token(self, auth: Json | None) -> str:
        """The token in the secret that a source's auth names; none without one."""
        if not auth or auth["type"] != "SECRETS_MANAGER":
            return ""
        resource = auth.get("resource", "")
        try:
            found = await self._moto.ask("secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": resource})
            secret = json.loads(found["SecretString"])
            return str(secret["Token"])
        except (MotoError, KeyError, ValueError, TypeError):
            raise SourceProblem(f"failed to get the source credential from secret {resource}") from None

    async def resolve(self, source: Json, version: str, uuid: str, token: str) -> GitSource | DirectorySource:
        kind = source["type"]
        if kind == "NO_SOURCE":
            return DirectorySource(path=str(self._folder(uuid)))
        if kind == "S3":
            return await self._archive(source["location"], version, uuid)
        return await asyncio.to_thread(_pinned, source["location"], version, token)

    def _folder(self, uuid: str) -> Path:
        folder = self._directory / uuid
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    async def _archive(self, location: str, version: str, uuid: str) -> DirectorySource:
        path = location.removeprefix("arn:aws:s3:::")
        try:
            content = await self._moto.get_object(path, version)
        except MotoError as error:
            raise SourceProblem(f"error while downloading {path}: {error}") from None
        if content is None:
            raise SourceProblem(f"NoSuchKey: The specified key does not exist: {path}")
        folder = self._folder(uuid)
        try:
            await asyncio.to_thread(unpack, content, folder)
        except (zipfile.BadZipFile, OSError) as error:
            raise SourceProblem(f"the source {path} is no zip archive that can be unpacked: {error}") from None
        return DirectorySource(path=str(folder))


def pinned_commit(version: str) -> str:
    """The commit that a source version names by itself; empty if it has to be resolved."""
    pinned = _PINNED.fullmatch(version)
    return pinned[2] if pinned else version if SHA.fullmatch(version) else ""


def _pinned(url: str, version: str, token: str) -> GitSource:
    """A branch, a tag or a pull request is resolved now: whoever wants a commit has to say `ref^{sha}`."""
    if pinned := _PINNED.fullmatch(version):
        return GitSource(url=url, ref=pinned[1], sha=pinned[2])
    if SHA.fullmatch(version):
        return GitSource(url=url, ref=version, sha=version)
    pull = _PULL_REQUEST.fullmatch(version)
    wanted = f"refs/pull/{pull[1]}/head" if pull else version or "HEAD"
    listed = _remote_refs(url, token)
    for ref in (wanted, f"refs/heads/{wanted}", f"refs/tags/{wanted}"):
        if ref in listed:
            return GitSource(url=url, ref=ref, sha=listed[ref])
    raise SourceProblem(f"reference not found for primary source and source version {version}")


def _remote_refs(url: str, token: str) -> dict[str, str]:
    ended = subprocess.run(  # noqa: S603  git of the search path
        ["git", "ls-remote", url],  # noqa: S607
        env=_git_environment(url, token),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise SourceProblem("authentication required for primary source and source version")
    return {ref: sha for sha, _, ref in (line.partition("\t") for line in ended.stdout.splitlines())}


def _git_environment(url: str, token: str) -> dict[str, str]:
    """The token is in no argument, which everybody could see."""
    quiet = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
    quiet["PATH"] = os.environ.get("PATH", os.defpath)
    if not token:
        return quiet
    parts = urlsplit(url)
    basic = b64encode(f"x-access-token:{token}".encode()).decode()
    return quiet | {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{parts.scheme}://{parts.netloc}/.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
    }


def unpack(content: bytes, into: Path) -> None:
    """With the rights and the links that the archive holds; names that lead out of the folder are made to stay in."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            mode = entry.external_attr >> 16
            path = Path(archive.extract(entry, into))
            if stat.S_ISLNK(mode):
                target = path.read_text()
                path.unlink()
                path.symlink_to(target)
            elif mode and not entry.is_dir():
                path.chmod(stat.S_IMODE(mode) | stat.S_IRUSR)
