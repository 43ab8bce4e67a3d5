"""Releases as the local target lays them down, made by the sample's own page."""

import os
import subprocess
import sys
from pathlib import Path

from app.demo.scenario import CLOCK, SAMPLES


def release(place: Path, version: str, status: str = "ok") -> Path:
    """The clock of this version, which is current from now on."""
    folder = place / "releases" / version
    source = place / "source"
    source.mkdir(parents=True, exist_ok=True)
    for name in ("page.py", "tide.py"):
        (source / name).write_bytes((SAMPLES / CLOCK / name).read_bytes())
    (source / "health.json").write_text(f'{{"status": "{status}"}}')
    environment = {**os.environ, "PRX_COMMIT": version, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "page.py", folder], cwd=source, env=environment, check=True)
    new = place / "new"
    new.symlink_to(Path("releases", version))
    new.replace(place / "current")
    return folder
