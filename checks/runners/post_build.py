"""The script `post_build.sh`, which builds source to publish what they made: its text, version and digest."""

import hashlib
import re
from pathlib import Path

SCRIPT = Path(__file__).with_name("post_build.sh")
TEXT = SCRIPT.read_bytes()
SHA256 = hashlib.sha256(TEXT).hexdigest()

_version = re.search(rb"^  version=([0-9.]+)$", TEXT, re.MULTILINE)
assert _version
VERSION = _version[1].decode()
