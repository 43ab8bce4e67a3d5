"""A setting says in which of the two formats builds write what they publish, wherever they run."""

from pathlib import Path

import pytest

from app.demo.stage import stage
from tests.flows.town import Town, settle

ASKS = 'version: 0.2\n# PRX_\nphases:\n  build:\n    commands:\n      - test "$INTERLOCK_VALUE_FORMAT" = {wanted}\n'


@pytest.mark.parametrize("wanted", ["full", "short"])
async def test_a_build_on_this_machine_is_told_the_format(tmp_path: Path, wanted: str) -> None:
    async with stage(tmp_path, owner="acme", settle=settle, more={"prx_value_format": wanted}) as on:
        await on.github.install_app(on.registered, "acme", by="ana")
        town = Town(on.github, tmp_path / "people")
        web = await town.repository()

        sha = await town.push(web, {"buildspec.yml": ASKS.format(wanted=wanted)})

        assert (await town.check(web, sha)).conclusion == "success"
