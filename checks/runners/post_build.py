"""The script `post_build.sh`, which builds source to publish what they made, and the variables that they find it by."""

import hashlib
import re
from pathlib import Path

SCRIPT = Path(__file__).with_name("post_build.sh")
TEXT = SCRIPT.read_bytes()
SHA256 = hashlib.sha256(TEXT).hexdigest()

_version = re.search(rb"^  version=([0-9.]+)$", TEXT, re.MULTILINE)
assert _version
VERSION = _version[1].decode()

RUN = "INTERLOCK_RUN"
"""Holds the token of the order that a run was started for: the script and AWS's notices know the run by it."""


def variables(url: str, value_format: str) -> dict[str, str]:
    """`url` is where builds get the script; `value_format` is full or short."""
    return {
        "INTERLOCK_POST_BUILD_URL": url,
        "INTERLOCK_POST_BUILD_SHA256": SHA256,
        "INTERLOCK_VALUE_FORMAT": value_format,
    }
