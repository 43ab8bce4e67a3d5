"""Every setting of the App: read once from the environment, typed, checked at the start."""

import re
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from app.allowed import OWNER


class SettingsError(Exception):
    """A setting is wrong or missing: one line that names it and says what to do."""


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _by_region(value: object) -> object:
    """`us-east-1=code,us-west-2=code-west`."""
    parts = _split(value)
    return dict(part.partition("=")[::2] for part in parts) if isinstance(parts, list) else value


def _web_address(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("must begin with https:// (or http://)")
    return value.rstrip("/")


def _web_address_alone(value: str) -> str:
    if "@" in value:
        raise ValueError("must not hold credentials; they have settings of their own")
    return _web_address(value)


def _network(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return ip_network(value)
    except ValueError:
        raise ValueError("must be networks such as 10.1.0.0/16") from None


def _database_address(value: str) -> str:
    if not value.startswith(("sqlite:", "postgres:", "postgresql:", "postgresql+asyncpg:")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return value


def _private_key(value: SecretStr) -> SecretStr:
    if "PRIVATE KEY-----" not in value.get_secret_value():
        raise ValueError("is not a private key in PEM form; use the .pem file that GitHub made for the App")
    return value


SHORTEST_TOKEN = 20
"""Characters: more than anybody guesses."""


def _unguessable(tokens: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if any(len(each.get_secret_value()) < SHORTEST_TOKEN for each in tokens):
        raise ValueError(f"must have at least {SHORTEST_TOKEN} characters; `openssl rand -hex 32` makes a good one")
    if not all(each.get_secret_value().isascii() and each.get_secret_value().isprintable() for each in tokens):
        raise ValueError("must be one line of letters, digits and signs")
    return tokens


def _by_workspace(value: object) -> object:
    """`T012AB=acme,T034CD=beta`; a workspace may be named with several owners, one at a time."""
    parts = _split(value)
    if not isinstance(parts, list):
        return value
    owners: dict[str, tuple[str, ...]] = {}
    for part in parts:
        workspace, _, owner = part.partition("=")
        owners[workspace] = (*owners.get(workspace, ()), owner)
    return owners


def _bot_tokens(tokens: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if not all(SLACK_BOT.fullmatch(each.get_secret_value()) for each in tokens):
        raise ValueError("must be bot tokens of Slack, which begin with xoxb-")
    return tokens


def _app_token(token: SecretStr) -> SecretStr:
    if not SLACK_APP.fullmatch(token.get_secret_value()):
        raise ValueError("must be an app-level token of Slack, which begins with xapp-")
    return token


SLACK_BOT = re.compile(r"xoxb-[A-Za-z0-9-]+", re.ASCII)
SLACK_APP = re.compile(r"xapp-[A-Za-z0-9-]+", re.ASCII)

DEFAULT_DATABASE = "sqlite:///interlock.sqlite3"

Address = Annotated[str, AfterValidator(_web_address)]
Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_split)]
REGION = r"^[a-z]{2,3}(-[a-z]+)+-[0-9]$"
Region = Annotated[str, Field(pattern=REGION)]
Prefix = Annotated[str, Field(pattern=rf"^{OWNER}/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*/$")]
Function = Annotated[str, Field(pattern=rf"^{OWNER}[A-Za-z0-9_*-]{{1,64}}$")]
Site = Annotated[str, Field(pattern=rf"^{OWNER}[a-z0-9][a-z0-9.-]{{1,61}}[a-z0-9](/([A-Za-z0-9_.-]+/)*)?$")]
Distribution = Annotated[str, Field(pattern=rf"^{OWNER}[A-Z0-9]{{1,32}}$")]
Job = Annotated[str, Field(pattern=rf"^{OWNER}[^=,/?#]+(/[^=,/?#]+)*$")]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
Buckets = Annotated[dict[Region, Annotated[str, Field(pattern="^[a-z0-9.-]{3,63}$")]], BeforeValidator(_by_region)]
Workspace = Annotated[str, Field(pattern="^[TE][A-Z0-9]+$")]
Owner = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9-]*$")]
Owners = Annotated[dict[Workspace, tuple[Owner, ...]], BeforeValidator(_by_workspace)]


class Settings(BaseModel):
    """The field's name in capitals, or its alias, is the variable's name."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, validate_by_name=True)

    github_app_id: int = Field(gt=0)
    github_private_key: Annotated[SecretStr, AfterValidator(_private_key)]
    github_webhook_secret: Annotated[Secrets, Field(min_length=1)]
    github_client_id: str = ""
    github_client_secret: SecretStr | None = None
    github_api_url: Address = "https://api.github.com"
    public_url: Address = "http://127.0.0.1:8080"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    database_url: Annotated[str, AfterValidator(_database_address)] = Field(default=DEFAULT_DATABASE, repr=False)
    home: Path = Field(default=Path(".interlock"), validation_alias="interlock_home")
    runner: Literal["local", "codebuild"] = "local"
    codebuild_project: str = ""
    codebuild_project_aarch64: str = ""
    codebuild_image_x86_64: str = ""
    codebuild_image_aarch64: str = ""
    codebuild_compute_type: str = ""
    codebuild_untrusted_role: Annotated[str, Field(pattern="^arn:")] | None = None
    codebuild_untrusted_log_group: str = ""
    codebuild_source: Literal["auto", "s3", "secret", "clone"] = "auto"
    codebuild_source_bucket: str = ""
    codebuild_poll_seconds: float = Field(default=30, ge=1, le=3600)
    aws_notifications_queue_url: Address | None = None
    aws_notifications_secret: Secrets = ()
    api_token: Annotated[Secrets, AfterValidator(_unguessable)] = ()
    prx_value_format: Literal["full", "short"] = "full"
    hand_off_parameters: Annotated[tuple[Prefix, ...], BeforeValidator(_split)] = ()
    deploy_functions: Annotated[tuple[Function, ...], BeforeValidator(_split)] = ()
    deploy_buckets: Annotated[tuple[Site, ...], BeforeValidator(_split)] = ()
    deploy_distributions: Annotated[tuple[Distribution, ...], BeforeValidator(_split)] = ()
    local_targets: Path | None = None
    local_depot: Path | None = None
    webhook_networks: Annotated[tuple[Network, ...], BeforeValidator(_split)] = ()
    jenkins_url: Annotated[str, AfterValidator(_web_address_alone)] | None = None
    jenkins_user: str = ""
    jenkins_token: SecretStr | None = None
    jenkins_jobs: Annotated[tuple[Job, ...], BeforeValidator(_split)] = ()
    slack_bot_token: Annotated[Secrets, AfterValidator(_bot_tokens)] = ()
    slack_signing_secret: SecretStr | None = None
    slack_app_token: Annotated[SecretStr, AfterValidator(_app_token)] | None = None
    slack_channel: Annotated[str, Field(pattern=r"^(#?[^\s,#@]{1,80})?$")] = ""
    slack_api_url: Address = "https://slack.com/api"
    slack_workspaces: Owners = {}
    publish_buckets: Buckets = {}
    publish_regions: Annotated[tuple[Region, ...], BeforeValidator(_split)] = ()
    concurrency: int | None = Field(default=None, ge=1, validation_alias="build_concurrency")
    build_timeout_minutes: int = Field(default=60, ge=1, le=2160)
    keep_days: int = Field(default=90, ge=7, le=3650)
    build_drafts: bool = True
    pull_requests_may_publish: bool = False
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="before")
    @classmethod
    def _read_key_file(cls, values: dict[str, object]) -> dict[str, object]:
        file = values.get("github_private_key_file")
        if values.get("github_private_key") or not file:
            return values
        try:
            return values | {"github_private_key": Path(str(file)).read_text()}
        except OSError as error:
            raise ValueError(f"GITHUB_PRIVATE_KEY_FILE cannot be read: {error.strerror}") from error
        except UnicodeDecodeError:
            raise ValueError("GITHUB_PRIVATE_KEY_FILE is not a text file; use the .pem file of the App") from None

    @model_validator(mode="after")
    def _know_codebuild(self) -> Self:
        if self.runner == "codebuild" and not self.codebuild_project:
            raise ValueError(
                "CODEBUILD_PROJECT is not set: RUNNER=codebuild builds in it; `interlock template` makes one"
            )
        if self.runner == "codebuild" and self.codebuild_source in ("auto", "s3") and not self.codebuild_source_bucket:
            raise ValueError(
                "CODEBUILD_SOURCE_BUCKET is not set: private repositories reach a build through it "
                "(or say CODEBUILD_SOURCE=secret or clone)"
            )
        return self

    @model_validator(mode="after")
    def _know_sign_in(self) -> Self:
        missing = "GITHUB_CLIENT_SECRET" if self.github_client_id else "GITHUB_CLIENT_ID"
        if bool(self.github_client_id) is not bool(self.github_client_secret):
            raise ValueError(f"{missing} is not set: people sign in with both or not at all")
        return self

    @model_validator(mode="after")
    def _know_depot(self) -> Self:
        others = {"PUBLISH_REGIONS": self.publish_regions, "PUBLISH_BUCKETS": self.publish_buckets}
        wrong = next((name for name, given in others.items() if given), "")
        if self.runner == "codebuild":
            wrong = "RUNNER=codebuild"
        if self.local_depot and wrong:
            raise ValueError(f"LOCAL_DEPOT is for builds that publish to this machine alone: remove it or {wrong}")
        return self

    @model_validator(mode="after")
    def _know_jenkins(self) -> Self:
        wanted = {
            "JENKINS_URL": self.jenkins_url,
            "JENKINS_USER": self.jenkins_user,
            "JENKINS_TOKEN": self.jenkins_token,
        }
        missing = [name for name, given in wanted.items() if not given]
        if missing and len(missing) < len(wanted):
            raise ValueError(f"{missing[0]} is not set: Jenkins is asked with {', '.join(wanted)}, or not at all")
        return self

    @model_validator(mode="after")
    def _know_slack(self) -> Self:
        heard = self.slack_signing_secret or self.slack_app_token
        if self.slack_bot_token and not heard:
            raise ValueError(
                "SLACK_SIGNING_SECRET is not set: what Slack sends is verified with it "
                "(or SLACK_APP_TOKEN, for Socket Mode)"
            )
        if not self.slack_bot_token and (heard or self.slack_channel or self.slack_workspaces):
            raise ValueError("SLACK_BOT_TOKEN is not set: without it the App can say nothing in Slack")
        return self

    @property
    def slack_owners(self) -> dict[str, frozenset[str]]:
        """The owners that each workspace may see, in lower case."""
        return {each: frozenset(map(str.lower, owners)) for each, owners in self.slack_workspaces.items()}

    @property
    def build_timeout(self) -> timedelta:
        return timedelta(minutes=self.build_timeout_minutes)

    @property
    def keep(self) -> timedelta:
        return timedelta(days=self.keep_days)

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        return tuple(secret.get_secret_value() for secret in self.github_webhook_secret)

    @property
    def notification_secrets(self) -> tuple[str, ...]:
        return tuple(secret.get_secret_value() for secret in self.aws_notifications_secret)

    @property
    def api_tokens(self) -> tuple[str, ...]:
        return tuple(secret.get_secret_value() for secret in self.api_token)


EXAMPLES = {
    "DEPLOY_BUCKETS": "acme-site,acme/docs=acme-sites/docs/",
    "DEPLOY_DISTRIBUTIONS": "E2EXAMPLE,acme/docs=E3EXAMPLE",
    "DEPLOY_FUNCTIONS": "web-*,acme/api=api",
    "CODEBUILD_UNTRUSTED_ROLE": "arn:aws:iam::123456789012:role/untrusted",
    "HAND_OFF_PARAMETERS": "/prx/stag/Spire/,acme/web=/prx/prod/Spire/Web/",
    "JENKINS_JOBS": "smoke-*,acme/web=web/deploy",
    "PUBLISH_BUCKETS": "us-east-1=acme-code,us-west-2=acme-code-west",
    "PUBLISH_REGIONS": "us-west-2,eu-central-1",
    "SLACK_CHANNEL": "#deployments",
    "SLACK_WORKSPACES": "T012AB=acme,T034CD=beta",
}

VARIABLES = {str(info.validation_alias or field).upper() for field, info in Settings.model_fields.items()} | {
    "GITHUB_PRIVATE_KEY_FILE"
}


def read(environment: Mapping[str, str]) -> Settings:
    """The settings, or SettingsError."""
    given = {name.lower(): value for name, value in environment.items() if name in VARIABLES and value}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None


def aws_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """What AWS is asked with for the values of trusted builds; HOME is where its profiles are."""
    return {name: value for name, value in environment.items() if name.startswith("AWS_") or name == "HOME"}


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0]).upper() if first["loc"] else ""
    if name == "GITHUB_PRIVATE_KEY" and first["type"] == "missing":
        return "GITHUB_PRIVATE_KEY is not set (or GITHUB_PRIVATE_KEY_FILE, the path of the App's key file)"
    if first["type"] == "missing":
        return f"{name} is not set"
    if first["type"] == "string_pattern_mismatch" and name in EXAMPLES:
        return f"{name}: must look like {EXAMPLES[name]}"
    if first["type"] == "too_short":
        return f"{name}: is empty"
    reason, _, _ = first["msg"].removeprefix("Value error, ").partition(", unable to")
    reason = reason.replace("Input should be", "must be")
    return f"{name}: {reason}" if name else reason
