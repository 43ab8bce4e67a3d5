"""How targets ask AWS: from a thread, and with a sentence for what it refuses."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from checks.errors import Transient
from deploy.target import Refused

REQUEST = timedelta(seconds=150)
"""The longest a request takes: three attempts of 35 s, and twice 20 s between them at most.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html"""

FORBIDDEN = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})
"""A HEAD has no body, so that S3 can only say the number."""
PASSING = frozenset(
    {
        "ConditionalRequestConflict",
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestTimeout",
        "ResourceConflictException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyInvalidationsInProgress",
        "TooManyRequestsException",
        "TooManyUpdates",
    }
)
BROKEN = 500


async def ask(asked: str, make: Callable[..., Any], **params: Any) -> Any:
    """What AWS answers. `asked` is the operation as IAM names it, and on what: `ssm:PutParameter on /prx/…`.

    Raises `Transient` for what may pass, else `Refused` with AWS's code.
    """
    try:
        return await asyncio.to_thread(partial(make, **params))
    except Exception as error:
        if (known := _explained(error, asked)) is None:
            raise
        raise known from error


def _explained(error: Exception, asked: str) -> Exception | None:
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415  half a second, and only where AWS is asked

    if isinstance(error, ParamValidationError):
        return Refused(f"{asked} is not a valid request: {error}")
    if isinstance(error, BotoCoreError):
        return Transient(f"AWS could not be asked for {asked}: {error}")
    if not isinstance(error, ClientError):
        return None
    details = error.response.get("Error", {})
    code, status = str(details.get("Code", "")), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    said = f"AWS said {code or status} on {asked}: {details.get('Message', '')}"
    if code in FORBIDDEN:
        return Refused(f"AWS does not let the App do {asked}: give its role this right, then deploy again", code)
    return Transient(said) if code in PASSING or status >= BROKEN else Refused(said, code)
