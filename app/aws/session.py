"""How AWS is asked: one client a service, with short patience and few retries, and every request counted."""

import os
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any, Self

CONNECT, READ = 5, 30
"""Seconds. A long poll of SQS takes 20."""

ATTEMPTS = 3


class Session:
    """Clients as boto3 makes them from the AWS_ variables; `region` overrules the one that they say.

    `count` is told of each request: the service and the operation. `count_refusal` is told of those that AWS refuses
    or does not answer too, with its code or the name of the error: an operator sees a missing right by it.
    """

    def __init__(
        self,
        count: Callable[[str, str], None],
        region: str | None = None,
        *,
        count_refusal: Callable[[str, str, str], None] = lambda *_: None,
    ) -> None:
        self._count = count
        self._count_refusal = count_refusal
        self._region = region
        self._clients: dict[str, Any] = {}
        self._lock = Lock()

    def in_region(self, region: str) -> Self:
        return type(self)(self._count, region, count_refusal=self._count_refusal)

    def check(self) -> None:
        """Raises ValueError for AWS_ variables with which nothing can be asked. Nobody is asked for it: not even for
        credentials, which may be a matter of a request."""
        from botocore.exceptions import (  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415  as below
            BotoCoreError,
            InvalidRegionError,
            NoRegionError,
            ProfileNotFound,
        )

        try:
            self._made("codebuild", aws_access_key_id="none", aws_secret_access_key="none")  # noqa: S106  no secret
        except NoRegionError:
            raise ValueError("AWS_REGION is not set: it is where builds run") from None
        except InvalidRegionError as error:
            raise ValueError(f"AWS_REGION: {error}") from None
        except ProfileNotFound as error:
            raise ValueError(f"AWS_PROFILE: {error}") from None
        except BotoCoreError as error:
            raise ValueError(f"the AWS_ variables cannot be used: {error}") from None
        except ValueError as error:
            raise ValueError(f"AWS_ENDPOINT_URL: {error}; it begins with https:// (or http://)") from None

    @property
    def region(self) -> str:
        """Nobody is asked for it; "" if nothing says so."""
        return str(self._session().region_name or "")

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
    def ssm(self) -> Any:
        return self._client("ssm")

    @property
    def ecr(self) -> Any:
        return self._client("ecr")

    @property
    def sts(self) -> Any:
        return self._client("sts")

    @property
    def cloudwatch(self) -> Any:
        return self._client("cloudwatch")

    @property
    def cloudfront(self) -> Any:
        return self._client("cloudfront")

    @property
    def lambda_(self) -> Any:
        return self._client("lambda")

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._made(service)
            return self._clients[service]

    def _made(self, service: str, **credentials: str) -> Any:
        from botocore.config import Config  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415  as above

        config = Config(
            connect_timeout=CONNECT,
            read_timeout=READ,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=32,
        )
        client = self._session().client(service, config=config, **credentials)
        # Once an attempt: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/events.html
        client.meta.events.register(
            f"request-created.{service}", lambda operation_name, **_: self._count(service, operation_name)
        )
        client.meta.events.register(f"response-received.{service}", partial(self._look_for_refusal, service))
        return client

    def _look_for_refusal(
        self,
        service: str,
        *,
        event_name: str,
        parsed_response: dict[str, Any] | None,
        exception: Exception | None,
        **_: object,
    ) -> None:
        error = (parsed_response or {}).get("Error", {})
        if exception or error:
            code = type(exception).__name__ if exception else str(error.get("Code", ""))
            self._count_refusal(service, event_name.rpartition(".")[2], code)

    def _session(self) -> Any:
        import boto3  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415  half a second, and only where AWS is asked

        # boto3 itself knows AWS_DEFAULT_REGION alone: https://github.com/boto/boto3/issues/3620
        return boto3.session.Session(region_name=self._region or os.environ.get("AWS_REGION") or None)
