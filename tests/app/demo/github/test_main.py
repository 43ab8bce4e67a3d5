"""The local GitHub in a process of its own."""

import asyncio
import signal
import sys
from pathlib import Path

from tests.app.demo.github.clone import commit, new_clone
from tests.app.demo.github.world import Listener

COMMAND = (sys.executable, "-m", "app.demo.github", "--user", "ana:secret", "--repository", "web")


async def test_it_runs_alone_tells_an_app_and_ends_cleanly(tmp_path: Path) -> None:
    async with Listener() as listener:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, "--app", listener.url.removesuffix("/github"), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        said: list[str] = []
        while not said or not said[-1].startswith("http"):
            said.append((await process.stdout.readline()).decode().strip())
        clone = new_clone(tmp_path / "clone")
        await clone.git("init", "-q", "-b", "main")
        await commit(clone, "README.md", "# web\n")
        heard = listener.next("push")
        await clone.git("push", "-q", said[-1].replace("://", "://ana:secret@") + "/acme/web.git", "main")
        push = (await heard).payload
        process.send_signal(signal.SIGINT)
        await process.wait()
    assert (push["ref"], push["pusher"]["name"], process.returncode) == ("refs/heads/main", "ana", 0)
    assert [line.partition("=")[0] for line in said[:-1]] == [
        "export GITHUB_API_URL",
        "export GITHUB_APP_ID",
        "export GITHUB_PRIVATE_KEY_FILE",
        "export GITHUB_WEBHOOK_SECRET",
        "export GITHUB_CLIENT_ID",
        "export GITHUB_CLIENT_SECRET",
        "export PUBLIC_URL",
    ]
