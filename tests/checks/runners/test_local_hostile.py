"""What code from outside tries against the runner itself, which follows behind it with more rights."""

import shutil

import pytest

from tests.checks.runners.workshop import Workshop
from tests.needs import needs


@pytest.fixture(autouse=True)
def _bubblewrap() -> None:
    needs(shutil.which("bwrap") is not None, "the sandbox needs bubblewrap: apt-get install bubblewrap")


async def test_a_link_of_one_base_directory_is_no_way_out_for_another(workshop: Workshop) -> None:
    """Four folders up is the source for the link, and the runner's home, with everybody's caches, for its copy."""
    await workshop.build(
        "version: 0.2\nphases:\n  build:\n    commands:\n"
        "      - mkdir -p n/n/n/b1 n/n/n/b2/d/cache/7\n"
        "      - ln -s ../../../.. n/n/n/b1/d; echo > n/n/n/b2/d/cache/7/poison\n"
        "artifacts: {base-directory: 'n/n/n/b*', files: ['**/*'], enable-symlinks: yes}\n",
        trusted=False,
    )
    kept = [str(path.relative_to(workshop.artifacts)) for path in workshop.artifacts.rglob("poison")]
    assert (kept, (workshop.home / "cache").exists()) == (["primary/d/cache/7/poison"], False)
