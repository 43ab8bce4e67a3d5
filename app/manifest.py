"""The App's manifest: what it asks of GitHub. It lies beside the code, and inside the package once installed."""

from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent


def manifest() -> dict[str, Any]:
    packed, beside = HERE / "app.yml", HERE.parent / "app.yml"
    document: dict[str, Any] = yaml.safe_load((packed if packed.exists() else beside).read_text())
    return document
