"""Addresses of builds as others are told them. They open nothing: who may read is asked when somebody comes."""

from urllib.parse import quote


class BuildLinks:
    """`Links` of CI, below the address that people use."""

    def __init__(self, public_url: str) -> None:
        self._url = public_url.rstrip("/")

    def log(self, build: str) -> str:
        return f"{self._url}/builds/{quote(build, safe='')}"
