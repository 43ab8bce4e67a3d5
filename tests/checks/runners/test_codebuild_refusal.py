"""What AWS's errors mean for somebody who waits for a build."""

import pytest

from checks.errors import Busy, Permanent
from checks.runners.codebuild.refusal import Refused, why_not_started

LIMIT = "AccountLimitExceededException"


@pytest.mark.parametrize(
    ("asked", "code", "said", "told"),
    [
        ("StartBuild", LIMIT, "Cannot have more than 20 builds in queue for the account",
         Busy("CodeBuild allows 20 builds at a time in this account")),
        ("StartBuild", LIMIT, "Cannot have more than 1 active builds for the account",
         Busy("CodeBuild allows 1 build at a time in this account")),
        ("StartBuild", LIMIT, "Limit reached", Busy("CodeBuild allows no more builds at a time in this account")),
        ("StartBuild", LIMIT, "Cannot have more than 3 active builds for the project",
         Busy("CodeBuild allows 3 builds at a time in web")),
        ("StartBuild", "InvalidInputException", "The concurrent build limit of 2 was reached",
         Busy("CodeBuild allows 2 builds at a time in web")),
        ("StartBuild", "ThrottlingException", "Rate exceeded", Busy("AWS asks to go slower")),
        ("StartBuild", "ClientException", "Rate exceeded", Busy("AWS asks to go slower")),
        ("PutObject", "SlowDown", "Please reduce your request rate.", Busy("AWS asks to go slower")),
        ("StartBuild", "ExpiredTokenException", "…", Busy("AWS said ExpiredTokenException on StartBuild")),
        ("PutSecretValue", "AccessDeniedException", "…", Busy("AWS said AccessDeniedException on PutSecretValue")),
        ("StartBuild", "InvalidInputException", "Invalid input: idempotency token parameter mismatch",
         Busy("CodeBuild still remembers an earlier order of this build, for five minutes at most")),
        ("StartBuild", "InvalidInputException", "Invalid environment type",
         Permanent("CodeBuild refused to start a build in web: Invalid environment type; look at its settings")),
        ("ListBuildsForProject", "ResourceNotFoundException", "…",
         Permanent("CodeBuild has no project web in this account and region; look at CODEBUILD_PROJECT")),
        ("PutObject", "NoSuchBucket", "…",
         Permanent("The bucket for sources does not exist; look at CODEBUILD_SOURCE_BUCKET")),
    ],
)  # fmt: skip
def test_a_refusal_is_told_with_what_it_means(asked: str, code: str, said: str, told: Exception) -> None:
    why = why_not_started(Refused(asked, code, said, in_doubt=False), "web")
    assert (type(why), str(why)) == (type(told), str(told))


@pytest.mark.parametrize(
    ("refused", "earlier", "in_doubt"),
    [
        (Refused("StartBuild", "", "it cannot be reached", in_doubt=True), False, True),
        (Refused("StartBuild", "InvalidInputException", "idempotency token mismatch", in_doubt=False), False, True),
        (Refused("StartBuild", "ThrottlingException", "Rate exceeded", in_doubt=False), False, False),
        (Refused("PutObject", "", "it cannot be reached", in_doubt=True), False, False),
        (Refused("ListBuildsForProject", "ThrottlingException", "Rate exceeded", in_doubt=False), True, True),
    ],
)
def test_only_a_start_can_be_in_doubt(refused: Refused, earlier: bool, in_doubt: bool) -> None:
    why = why_not_started(refused, "web", in_doubt=earlier)
    assert isinstance(why, Busy)
    assert why.in_doubt is in_doubt
