"""What AWS refuses: the one way to ask it, and what its errors mean for a build that wants to start."""

import re
from collections.abc import Callable
from typing import Any

from checks.errors import Busy, Permanent, Transient
from checks.secrets import mask

THROTTLES = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded"}
    | {"RequestThrottled", "RequestThrottledException", "SlowDown", "LimitExceededException"}
)
MISSING = frozenset({"ResourceNotFoundException", "NoSuchKey", "NoSuchBucket", "404", "NotFound"})
SERVER_ERROR = 500

_NUMBER = re.compile(r"(?:more than|limit of) (\d+)")
_PROJECT_LIMIT = re.compile(r"concurrent build|for (?:the|this) project|project.{0,40} limit", re.IGNORECASE)
_OTHER_ORDER = re.compile(r"idempoten|(?:parameter|token).{0,40} mismatch", re.IGNORECASE)


class Refused(Transient):
    """AWS said no, or nothing. `in_doubt`: it may have done what was asked all the same."""

    def __init__(self, asked: str, code: str, said: str, *, in_doubt: bool) -> None:
        super().__init__(f"AWS said {code} on {asked}" if code else f"AWS could not be asked for {asked}: {said}")
        self.asked = asked
        self.code = code
        self.said = said
        self.in_doubt = in_doubt

    @property
    def is_missing(self) -> bool:
        return self.code in MISSING

    @property
    def is_throttle(self) -> bool:
        return self.code in THROTTLES or "rate exceeded" in self.said.lower()

    @property
    def may_pass(self) -> bool:
        """Asking again soon may help; missing rights are a person's matter."""
        return self.is_throttle or self.in_doubt

    @property
    def may_have_started(self) -> bool:
        return self.asked == "StartBuild" and (self.in_doubt or self.is_of_other_order)

    @property
    def is_of_other_order(self) -> bool:
        """The token was used before, with other parameters."""
        return bool(_OTHER_ORDER.search(f"{self.code} {self.said}"))


def ask(call: Callable[..., Any], **parameters: Any) -> Any:
    """Ask AWS: `call` is a method of a boto3 client. Raises `Refused`; a wrong parameter is `Permanent`."""
    from botocore.exceptions import (  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415  slow to import
        BotoCoreError,
        ClientError,
        ConnectTimeoutError,
        EndpointConnectionError,
        NoCredentialsError,
        ParamValidationError,
        PartialCredentialsError,
    )

    asked = "".join(part.capitalize() for part in call.__name__.split("_"))
    try:
        return call(**parameters)
    except ClientError as error:
        refusal = _refused(asked, error.response)
    except ParamValidationError as error:
        raise Permanent(f"AWS would not understand this {asked}: {mask(str(error))}") from None
    except (NoCredentialsError, PartialCredentialsError):
        refusal = Refused(asked, "", "there are no credentials for AWS here", in_doubt=False)
    except (EndpointConnectionError, ConnectTimeoutError):  # after an attempt that may have come through
        refusal = Refused(asked, "", "it cannot be reached", in_doubt=True)
    except BotoCoreError as error:
        refusal = Refused(asked, "", type(error).__name__, in_doubt=True)
    raise refusal  # out here it does not carry botocore's exception, which may hold the request


def _refused(asked: str, response: dict[str, Any]) -> Refused:
    error = response.get("Error", {})
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code, said = str(error.get("Code") or status), mask(str(error.get("Message") or ""))
    return Refused(asked, code, said, in_doubt=status >= SERVER_ERROR)


def why_not_started(refused: Refused, project: str, *, in_doubt: bool = False) -> Busy | Permanent:
    """What somebody who waits for the build is told, and whether it waits for better times at all.

    `in_doubt`: whether an earlier start was heard could not be found out.
    """
    why = _why_never(refused, project)
    return (
        Permanent(why) if why else Busy(_why_not_now(refused, project), in_doubt=in_doubt or refused.may_have_started)
    )


def _why_not_now(refused: Refused, project: str) -> str:
    if refused.is_throttle:
        return "AWS asks to go slower"
    if refused.is_of_other_order:
        return "CodeBuild still remembers an earlier order of this build, for five minutes at most"
    if _PROJECT_LIMIT.search(refused.said):
        return f"CodeBuild allows {_builds(refused.said)} at a time in {project}"
    if refused.code == "AccountLimitExceededException":
        return f"CodeBuild allows {_builds(refused.said)} at a time in this account"
    return str(refused)


def _why_never(refused: Refused, project: str) -> str:
    if refused.is_throttle or refused.is_of_other_order or _PROJECT_LIMIT.search(refused.said):
        return ""
    match refused.code:
        case "ResourceNotFoundException" if refused.asked in ("StartBuild", "ListBuildsForProject"):
            return f"CodeBuild has no project {project} in this account and region; look at CODEBUILD_PROJECT"
        case "NoSuchBucket":
            return "The bucket for sources does not exist; look at CODEBUILD_SOURCE_BUCKET"
        case "InvalidInputException":
            return f"CodeBuild refused to start a build in {project}: {refused.said}; look at its settings"
        case _:
            return ""


def _builds(said: str) -> str:
    number = _NUMBER.search(said)
    if number is None:
        return "no more builds"
    return "1 build" if number[1] == "1" else f"{number[1]} builds"
