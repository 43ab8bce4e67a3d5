"""Values that a buildspec takes from Parameter Store and Secrets Manager, asked for before any command runs."""

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from checks.buildspec import Env

ARN_PARTS = 7
"""arn:aws:secretsmanager:region:account:secret:name"""

MOST_PARAMETERS = 10
"""Names in one GetParameters request."""

NOT_CONFIGURED = (
    "the buildspec takes values from {source}, and this runner has no AWS access: set the AWS variables "
    "(AWS_REGION, AWS_PROFILE or AWS_ACCESS_KEY_ID …) where Interlock runs"
)


class ParameterError(Exception):
    """A value could not be had; the text names it and never shows one."""


def resolve(env: Env, aws: Mapping[str, str]) -> dict[str, str]:
    """The values by variable. `aws` holds the AWS_ variables to ask with, and HOME for profiles."""
    if not env.parameter_store and not env.secrets_manager:
        return {}
    source = "Parameter Store" if env.parameter_store else "Secrets Manager"
    if not any(name.startswith("AWS_") for name in aws):
        raise ParameterError(NOT_CONFIGURED.format(source=source))
    return dict(_resolved(env, aws, NOT_CONFIGURED.format(source=source)))


def _resolved(env: Env, aws: Mapping[str, str], not_configured: str) -> Iterator[tuple[str, str]]:
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415  half a second, and rarely needed

    try:
        if env.parameter_store:
            yield from _parameters(_client("ssm", aws), env.parameter_store)
        for name, reference in env.secrets_manager.items():
            yield name, _secret(_client("secretsmanager", aws), reference)
    except ClientError as error:
        details = error.response.get("Error", {})
        raise ParameterError(f"AWS said {details.get('Code')}: {details.get('Message')}") from None
    except (NoRegionError, NoCredentialsError):
        raise ParameterError(not_configured) from None
    except BotoCoreError as error:
        raise ParameterError(f"AWS could not be asked: {error}") from None


def _client(service: str, aws: Mapping[str, str]) -> Any:
    import boto3  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415  half a second, and rarely needed

    saved = dict(os.environ)  # boto3 reads its settings from the process
    os.environ.update(aws)
    try:
        region = aws.get("AWS_REGION") or aws.get("AWS_DEFAULT_REGION")
        client: Any = boto3.session.Session(region_name=region).client(service)
        return client
    finally:
        os.environ.clear()
        os.environ.update(saved)


def _parameters(client: Any, wanted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    names = sorted(set(wanted.values()))
    values: dict[str, str] = {}
    for start in range(0, len(names), MOST_PARAMETERS):
        answer = client.get_parameters(Names=names[start : start + MOST_PARAMETERS], WithDecryption=True)
        if answer.get("InvalidParameters"):
            raise ParameterError(f"Parameter does not exist: {', '.join(answer['InvalidParameters'])}")
        values |= {parameter["Name"]: parameter["Value"] for parameter in answer["Parameters"]}
    yield from ((name, values[parameter]) for name, parameter in wanted.items())


def _secret(client: Any, reference: str) -> str:
    identifier, key, stage, version = split(reference)
    which = {"VersionId": version} if version else {"VersionStage": stage or "AWSCURRENT"}
    value = client.get_secret_value(SecretId=identifier, **which).get("SecretString")
    if value is None:
        raise ParameterError(f"secret {identifier} is binary, which an environment variable cannot hold")
    return _member(identifier, key, value) if key else str(value)


def _member(identifier: str, key: str, value: str) -> str:
    try:
        members = json.loads(value)
    except ValueError:
        members = None
    if not isinstance(members, dict) or key not in members:
        raise ParameterError(f"secret {identifier} has no key {key}")
    member = members[key]
    return member if isinstance(member, str) else json.dumps(member)


def split(reference: str) -> tuple[str, str, str, str]:
    """`id:json-key:version-stage:version-id` into its parts, of which all but the first may be empty.

    An ARN has colons of its own, six before the secret's name.
    """
    parts = reference.split(":")
    length = ARN_PARTS if reference.startswith("arn:") else 1
    rest = [*parts[length:], "", "", ""]
    return ":".join(parts[:length]), rest[0], rest[1], rest[2]
