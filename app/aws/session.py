"""How AWS is asked: one client a service, with short patience and few retries, and every request counted."""

from collections.abc import Callable
from threading import Lock
from typing import Any, Self

CONNECT, READ = 5, 30
"""Seconds. A long poll of SQS takes 20."""

ATTEMPTS = 3


class Session:
    """Clients as boto3 makes them from the AWS_ variables; `region` overrules the one that they say.

    `count` is told of each request: the service and the operation.
    """

    def __init__(self, count: Callable[[str, str], None], region: str | None = None) -> None:
        self._count = count
        self._region = region
        self._clients: dict[str, Any] = {}
        self._lock = Lock()

    def in_region(self, region: str) -> Self:
        return type(self)(self._count, region)

    @property
    def region(self) -> str:
        return str(self.sts.meta.region_name)

    @property
    def codebuild(self) -> Any:
        return self._client("codebuild")

    @property
    def logs(self) -> Any:
        return self._client("logs")

    @property
    def s3(self) -> Any:
        return self._client("s3")

    @property
    def secretsmanager(self) -> Any:
        return self._client("secretsmanager")

    @property
    def sqs(self) -> Any:
        return self._client("sqs")

    @property
    def ecr(self) -> Any:
        return self._client("ecr")

    @property
    def sts(self) -> Any:
        return self._client("sts")

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._made(service)
            return self._clients[service]

    def _made(self, service: str) -> Any:
        import boto3  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415  half a second, and only where AWS is asked
        from botocore.config import Config  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415  as above

        config = Config(
            connect_timeout=CONNECT,
            read_timeout=READ,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=32,
        )
        client = boto3.session.Session(region_name=self._region).client(service, config=config)
        # Once an attempt: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/events.html
        client.meta.events.register(
            f"request-created.{service}", lambda operation_name, **_: self._count(service, operation_name)
        )
        return client
