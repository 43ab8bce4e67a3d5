"""Files out of npm packages, at fixed versions, checked by digest and kept in `.cache/`."""

import base64
import hashlib
import os
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.needs import needs

CACHE = Path(__file__).parents[2] / ".cache" / "npm"


class Package(NamedTuple):
    """A package with the SHA-512 of its archive, in base64 as npm tells it."""

    name: str
    version: str
    sha512: str

    @property
    def archive(self) -> str:
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


EXAMPLES = Package(
    "@octokit/webhooks-examples",
    "7.6.1",
    "De6U3XB6O3DtCa7bKgCMzTHdeopqqZ6SNivMYJnK65ierKL1AnNIA0tkRYCRS7lwGT792d+Ps1WbfHlso6MynQ==",
)
SCHEMAS = Package(
    "@octokit/webhooks-schemas",
    "7.6.1",
    "qW0Bwtb76r4m2WzVhKDyfEeEnt1GEQoRjkCqmq2ZeB0nNVDJ+Z2LBDS9FDPyduuMXf/ZTWiCJp9PFFHgRfBe3A==",
)
OPENAPI = Package(
    "@octokit/openapi",
    "23.0.2",
    "pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
)


@cache
def file(package: Package, path: str) -> bytes:
    """A file of a package. Without npm and network the test that asks is skipped."""
    kept = CACHE / f"{package.archive}.{path.replace('/', '.')}"
    if not kept.exists():
        _unpack(_archive(package), path, kept)
    return kept.read_bytes()


def _unpack(archive: Path, path: str, kept: Path) -> None:
    with tarfile.open(archive) as members:
        content = members.extractfile(f"package/{path}")
        assert content, f"{archive.name} has no file {path}"
        _write(kept, content.read())


def _archive(package: Package) -> Path:
    archive = CACHE / package.archive
    if not archive.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as fresh:
            _pack(package, fresh)
            (Path(fresh) / package.archive).replace(archive)
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    assert digest == package.sha512, (
        f"{archive} is not the {package.name} {package.version} that is expected: delete it"
    )
    return archive


def _pack(package: Package, directory: str) -> None:
    wanted = f"{package.name}@{package.version}"
    try:
        packed = subprocess.run(
            ["npm", "pack", wanted, "--pack-destination", directory],
            capture_output=True,
            check=False,
            text=True,
            timeout=100,
        )
        fault = packed.stderr if packed.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        fault = str(error)
    needs(not fault, f"{wanted} cannot be fetched: install npm and connect to the network once ({fault.strip()[:300]})")


def _write(path: Path, content: bytes) -> None:
    """All or nothing, because several test processes may want the same file at once."""
    handle, fresh = tempfile.mkstemp(dir=CACHE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(fresh).replace(path)
