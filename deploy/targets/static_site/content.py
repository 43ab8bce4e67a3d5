"""What kind of content a file is, by its name: the same on every machine."""

from mimetypes import MimeTypes
from pathlib import PurePosixPath

# Python's own list, and none of the machine's. What it lacks, or says in a form that has gone out of use:
# https://www.rfc-editor.org/rfc/rfc9239, https://www.iana.org/assignments/media-types
_TYPES = MimeTypes(filenames=())
_MORE = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".map": "application/json",
    ".md": "text/markdown",
    ".otf": "font/otf",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
UNKNOWN = "application/octet-stream"


def content_type(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    found, encoding = _TYPES.guess_type(f"file{suffix}")
    found = _MORE.get(suffix, found if not encoding else None) or UNKNOWN
    return f"{found}; charset=utf-8" if found.startswith("text/") else found
