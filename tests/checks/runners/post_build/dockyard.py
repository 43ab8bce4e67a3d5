"""Where post_build.sh is tried: podman called docker, Debian's aws, a real registry with ECR in front, and moto."""

import asyncio
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from checks.runners.post_build import SCRIPT
from tests.checks.runners.post_build.ecr import ACCOUNT, REGION, Ecr

SHA = "4f2a91c0de4f2a91c0de4f2a91c0de4f2a91c0de"
BUCKET = "application-code"
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
SYSTEM = "/usr/bin:/bin"
PROGRAMS = ("podman", "docker-registry", "aws", "openssl", "curl")
WARM = str(Path(__file__).with_name("warm_aws.py"))
MISSING = "publishing is tried with programs of Debian: apt-get install podman docker-registry awscli openssl curl"

DOCKER = r"""#!/bin/sh
for argument; do
  shift
  set -- "$@" "$(printf %s "$argument" | sed 's#[0-9]\{12\}\.dkr\.ecr\.[a-z0-9-]*\.amazonaws\.com#@registry@#')"
done
podman() { /usr/bin/podman --root "@store@/root" --runroot "@store@/run" --storage-driver vfs "$@"; }
case $1-@speaks@ in
push-docker) # as Docker ends what it says
  podman "$@" --digestfile "@path@/digest" || exit
  echo "${2##*:}: digest: $(cat "@path@/digest") size: 527"
  ;;
*) podman "$@" ;;
esac
"""

AWS = '#!/bin/sh\nexec /usr/bin/python3 -IS "@warm@" "@socket@" --endpoint-url "@endpoint@" "$@"\n'

SOURCE = '. "$0"\nstatus=$?\nenv -0 >"$1"\nexit "$status"\n'


class Sourced(NamedTuple):
    """`exported`: the variables that are there afterwards and were not before."""

    status: int
    output: str
    exported: dict[str, str]

    @property
    def last(self) -> str:
        return self.output.strip().rpartition("\n")[2].removeprefix("post_build: ")


class Dockyard:
    """`store` is where podman keeps images: its path has to be short. `aws` is the socket of the warm one."""

    def __init__(self, path: Path, store: str, found: Ecr, s3: Any, aws: str) -> None:
        self.path = path
        self.store = store
        self.ecr = found
        self.s3 = s3
        self.bin = path / "bin"
        self.bin.mkdir()
        self.speak("docker")
        self.program("aws", AWS.replace("@warm@", WARM).replace("@socket@", aws).replace("@endpoint@", found.url))
        (path / "registries.conf").write_text(f'[[registry]]\nlocation = "{self._registry}"\ninsecure = true\n')

    @property
    def _registry(self) -> str:
        return self.ecr.url.removeprefix("http://")

    def program(self, name: str, text: str) -> None:
        file = self.bin / name
        file.write_text(text)
        file.chmod(0o755)

    def speak(self, as_whom: str) -> None:
        """Whether `docker push` ends as Docker's own, with the digest, or as podman's."""
        text = (
            DOCKER.replace("@path@", str(self.path))
            .replace("@registry@", self._registry)
            .replace("@store@", self.store)
        )
        self.program("docker", text.replace("@speaks@", as_whom))

    def environment(self, **changes: str | None) -> dict[str, str]:
        """What a run has; None takes a variable away."""
        known: dict[str, str | None] = {
            "PATH": f"{self.bin}:{SYSTEM}",
            "HOME": str(self.path),
            "BUILDAH_ISOLATION": "chroot",
            "BUILDAH_LAYERS": "false",
            "CONTAINERS_REGISTRIES_CONF": str(self.path / "registries.conf"),
            "REGISTRY_AUTH_FILE": str(self.path / "auth.json"),
            "TMPDIR": str(self.path),
            "AWS_ACCESS_KEY_ID": "id",
            "AWS_SECRET_ACCESS_KEY": "key",
            "AWS_DEFAULT_REGION": REGION,
            "CODEBUILD_BUILD_SUCCEEDING": "1",
            "INTERLOCK_POST_BUILD_PAUSE": "0",
            "PRX_AWS_ACCOUNT_ID": ACCOUNT,
            "PRX_APPLICATION_CODE_BUCKET": BUCKET,
            "PRX_CI_PUBLISH": "true",
            "PRX_COMMIT": SHA,
            "PRX_REPO": "PRX/My-App",
            "PRX_TARGET_ARCHITECTURE": "x86_64",
            **changes,
        }
        return {name: value for name, value in known.items() if value is not None}

    def image(
        self, content: str = "one", path: str = "/.prxci/build.zip", labels: Sequence[str] = (), **publish: str
    ) -> str:
        """Build an image without a command that holds one file; returns its id. `ecr` and `s3` are what to publish."""
        context = self.path / "context"
        context.mkdir(exist_ok=True)
        (context / "file").write_text(content)
        (context / "Dockerfile").write_text(f"FROM scratch\nCOPY file {path}\n")
        given = [*labels, *(f"org.prx.spire.publish.{name}={value}" for name, value in publish.items())]
        options = [each for label in given for each in ("--label", label)]
        return self.docker("build", "--quiet", "--timestamp", "0", *options, str(context))

    def docker(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(self.bin / "docker"), *arguments], env=self.environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    async def source(self, shell: str = "sh", text: str = SOURCE, /, **changes: str | None) -> Sourced:
        """Source the script in a shell, as a buildspec does."""
        given = self.environment(**changes)
        left = self.path / "environment"
        process = await asyncio.create_subprocess_exec(
            *(f"/bin/{shell}", "-c", text, str(SCRIPT), str(left)),
            env=given,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode is not None
        return Sourced(process.returncode, output.decode(), _new(left, given))

    def stored(self) -> dict[str, str]:
        """The objects of the bucket, and their contents."""
        listed = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        keys = [each["Key"] for each in listed]
        return {key: self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys}


def _new(file: Path, given: Mapping[str, str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in file.read_text().split("\0") if each] if file.exists() else []
    file.unlink(missing_ok=True)
    return {
        name: value for name, _, value in pairs if name not in given and name not in {"PWD", "SHLVL", "_", "OLDPWD"}
    }


@contextmanager
def running(log: Path, pattern: str, *command: str) -> Iterator[str]:
    """A server, and what it says of where it listens."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            yield _said(log, pattern)
        finally:
            process.kill()


def _said(log: Path, pattern: str) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if found := re.search(pattern, log.read_text()):
            return found[1]
        time.sleep(0.01)
    raise AssertionError(log.read_text())
