"""Every setting that is wrong or missing stops the start with one line that names it, and never shows a secret."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from app.settings import Settings, SettingsError, read

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEsecret\n-----END RSA PRIVATE KEY-----\n"
GIVEN = {"GITHUB_APP_ID": "99", "GITHUB_PRIVATE_KEY": KEY, "GITHUB_WEBHOOK_SECRET": "hush-one, hush-two"}

SECRET = {
    "github_private_key",
    "github_webhook_secret",
    "github_client_secret",
    "aws_notifications_secret",
    "jenkins_token",
    "api_token",
    "slack_bot_token",
    "slack_signing_secret",
    "slack_app_token",
}
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1-hush, xoxb-2-hush", "SLACK_SIGNING_SECRET": "hush"}


def test_three_settings_are_enough() -> None:
    settings = read(GIVEN)

    assert (settings.github_app_id, settings.webhook_secrets) == (99, ("hush-one", "hush-two"))
    assert settings.github_private_key.get_secret_value() == KEY
    assert (settings.github_api_url, settings.database_url) == (
        "https://api.github.com",
        "sqlite:///interlock.sqlite3",
    )
    assert (settings.build_timeout, settings.build_drafts) == (timedelta(hours=1), True)


def test_all_others_can_be_set() -> None:
    settings = read(
        GIVEN
        | {
            "GITHUB_API_URL": "https://git.example.org/api/v3/",
            "PUBLIC_URL": "https://ci.example.org/",
            "HOST": "0.0.0.0",
            "PORT": "80",
            "DATABASE_URL": "postgresql://ci:hush@db/interlock",
            "INTERLOCK_HOME": "/var/lib/interlock",
            "RUNNER": "codebuild",
            "CODEBUILD_PROJECT": "ci",
            "CODEBUILD_PROJECT_AARCH64": "ci-arm",
            "CODEBUILD_IMAGE_X86_64": "aws/codebuild/standard:7.0",
            "CODEBUILD_IMAGE_AARCH64": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
            "CODEBUILD_COMPUTE_TYPE": "BUILD_GENERAL1_MEDIUM",
            "CODEBUILD_UNTRUSTED_ROLE": "arn:aws:iam::123456789012:role/untrusted",
            "CODEBUILD_UNTRUSTED_LOG_GROUP": "/interlock/untrusted",
            "CODEBUILD_SOURCE": "s3",
            "CODEBUILD_SOURCE_BUCKET": "acme-artifacts",
            "CODEBUILD_POLL_SECONDS": "10",
            "AWS_NOTIFICATIONS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/notices",
            "PRX_VALUE_FORMAT": "short",
            "HAND_OFF_PARAMETERS": "/prx/stag/Spire/, acme/web=/prx/prod/Spire/Web/",
            "DEPLOY_FUNCTIONS": "web-*, acme/api.v2=api",
            "DEPLOY_BUCKETS": "acme-site, acme/docs=acme-sites/docs/",
            "DEPLOY_DISTRIBUTIONS": "E2EXAMPLE, acme/docs=E3EXAMPLE",
            "LOCAL_TARGETS": "/srv/interlock",
            "WEBHOOK_NETWORKS": "10.1.0.0/16, fd12:3456::/32",
            "JENKINS_URL": "https://jenkins.example.org/ci/",
            "JENKINS_USER": "interlock",
            "JENKINS_TOKEN": "hush",
            "JENKINS_JOBS": "smoke-*, acme/web=web/deploy it",
            "PUBLISH_BUCKETS": "us-east-1=acme-code, us-west-2=acme-code-west",
            "PUBLISH_REGIONS": "us-west-2, eu-central-1",
            "GITHUB_CLIENT_ID": "Iv1.abc",
            "GITHUB_CLIENT_SECRET": "hush",
            "BUILD_CONCURRENCY": "4",
            "BUILD_TIMEOUT_MINUTES": "5",
            "BUILD_DRAFTS": "false",
            "PULL_REQUESTS_MAY_PUBLISH": "true",
            "SLACK_BOT_TOKEN": "xoxb-1-hush",
            "SLACK_SIGNING_SECRET": "hush",
            "SLACK_APP_TOKEN": "xapp-1-hush",
            "SLACK_CHANNEL": "#deployments",
            "SLACK_API_URL": "https://slack.example.org/api/",
            "SLACK_WORKSPACES": "T012AB=acme, T034CD=beta, T012AB=Acme-Labs",
            "KEEP_DAYS": "30",
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "DEBUG",
        }
    )

    assert settings.model_dump(exclude=SECRET | {"github_app_id"}) == {
        "github_api_url": "https://git.example.org/api/v3",
        "public_url": "https://ci.example.org",
        "host": "0.0.0.0",
        "port": 80,
        "database_url": "postgresql://ci:hush@db/interlock",
        "home": Path("/var/lib/interlock"),
        "runner": "codebuild",
        "codebuild_project": "ci",
        "codebuild_project_aarch64": "ci-arm",
        "codebuild_image_x86_64": "aws/codebuild/standard:7.0",
        "codebuild_image_aarch64": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
        "codebuild_compute_type": "BUILD_GENERAL1_MEDIUM",
        "codebuild_untrusted_role": "arn:aws:iam::123456789012:role/untrusted",
        "codebuild_untrusted_log_group": "/interlock/untrusted",
        "codebuild_source": "s3",
        "codebuild_source_bucket": "acme-artifacts",
        "codebuild_poll_seconds": 10.0,
        "aws_notifications_queue_url": "https://sqs.us-east-1.amazonaws.com/123456789012/notices",
        "prx_value_format": "short",
        "hand_off_parameters": ("/prx/stag/Spire/", "acme/web=/prx/prod/Spire/Web/"),
        "deploy_functions": ("web-*", "acme/api.v2=api"),
        "deploy_buckets": ("acme-site", "acme/docs=acme-sites/docs/"),
        "deploy_distributions": ("E2EXAMPLE", "acme/docs=E3EXAMPLE"),
        "local_targets": Path("/srv/interlock"),
        "local_depot": None,
        "webhook_networks": (ip_network("10.1.0.0/16"), ip_network("fd12:3456::/32")),
        "jenkins_url": "https://jenkins.example.org/ci",
        "jenkins_user": "interlock",
        "jenkins_jobs": ("smoke-*", "acme/web=web/deploy it"),
        "publish_buckets": {"us-east-1": "acme-code", "us-west-2": "acme-code-west"},
        "publish_regions": ("us-west-2", "eu-central-1"),
        "github_client_id": "Iv1.abc",
        "concurrency": 4,
        "build_timeout_minutes": 5,
        "build_drafts": False,
        "pull_requests_may_publish": True,
        "slack_channel": "#deployments",
        "slack_api_url": "https://slack.example.org/api",
        "slack_workspaces": {"T012AB": ("acme", "Acme-Labs"), "T034CD": ("beta",)},
        "keep_days": 30,
        "log_format": "json",
        "log_level": "DEBUG",
    }


def test_what_belongs_to_others_is_left_alone() -> None:
    assert read(GIVEN | {"HOME": "/root", "CONCURRENCY": "many", "PATH": "/bin"}) == read(GIVEN)


def test_an_empty_variable_is_an_unset_one() -> None:
    assert read(GIVEN | {"PORT": "", "LOG_LEVEL": ""}) == read(GIVEN)


def test_the_key_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "app.pem"
    file.write_text(KEY)
    given = {name: value for name, value in GIVEN.items() if name != "GITHUB_PRIVATE_KEY"}

    assert read(given | {"GITHUB_PRIVATE_KEY_FILE": str(file)}) == read(GIVEN)
    assert read(GIVEN | {"GITHUB_PRIVATE_KEY_FILE": "/nowhere"}) == read(GIVEN)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("GITHUB_APP_ID", "GITHUB_APP_ID is not set"),
        (
            "GITHUB_PRIVATE_KEY",
            "GITHUB_PRIVATE_KEY is not set (or GITHUB_PRIVATE_KEY_FILE, the path of the App's key file)",
        ),
        ("GITHUB_WEBHOOK_SECRET", "GITHUB_WEBHOOK_SECRET is not set"),
    ],
)
def test_what_is_missing_is_named(name: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read({other: value for other, value in GIVEN.items() if other != name})

    assert str(refused.value) == message


WRONG = {
    "GITHUB_APP_ID": ["hush", "0", "-1", "1.5"],
    "GITHUB_PRIVATE_KEY": ["hush", "ssh-rsa hush"],
    "GITHUB_WEBHOOK_SECRET": [" , "],
    "API_TOKEN": ["hush", f"{'hush' * 5},hush", f"{'hush' * 5}\nhush", "hüsh" * 5],
    "GITHUB_API_URL": ["hush.example.org", "ftp://hush"],
    "PUBLIC_URL": ["hush"],
    "PORT": ["hush", "-1", "65536"],
    "DATABASE_URL": ["hush", "mysql://ci:hush@db/x"],
    "RUNNER": ["hush"],
    "CODEBUILD_UNTRUSTED_ROLE": ["hush"],
    "CODEBUILD_SOURCE": ["hush"],
    "CODEBUILD_POLL_SECONDS": ["hush", "0"],
    "AWS_NOTIFICATIONS_QUEUE_URL": ["hush"],
    "PRX_VALUE_FORMAT": ["hush"],
    "HAND_OFF_PARAMETERS": ["hush", "/", "/hush", "hush=/prx/", "acme/hush=/hush", "=/hush/", "/prx/*/"],
    "DEPLOY_FUNCTIONS": ["hush!", "acme=hush", "acme/hush=", "arn:aws:lambda:us-east-1:1:function:hush", "hu?h"],
    "DEPLOY_BUCKETS": ["HUSH", "hush-*", "acme-site/hush", "acme-site//hush/", "s3://hush"],
    "DEPLOY_DISTRIBUTIONS": ["hush", "*", "E2/hush"],
    "WEBHOOK_NETWORKS": ["hush", "10.1.2.3/16", "10.0.0.0/8,hush"],
    "JENKINS_JOBS": ["acme=hush", "acme/hush=", "/hush", "hush//hush"],
    "JENKINS_URL": ["hush", "https://hush:hush@jenkins.example.org"],
    "PUBLISH_BUCKETS": ["hush", "hush=acme-code", "us-east-1", "us-east-1=", "us-east-1=HUSH!hush"],
    "PUBLISH_REGIONS": ["hush", "us-east-1,hush"],
    "SLACK_BOT_TOKEN": ["hush", "xoxp-1-hush", "xoxb-1,hush", "xoxb-hü"],
    "SLACK_APP_TOKEN": ["hush", "xoxb-1-hush"],
    "SLACK_CHANNEL": ["hush hush", "#", "#hush,#hush"],
    "SLACK_API_URL": ["hush"],
    "SLACK_WORKSPACES": ["hush", "T012AB", "T012AB=", "hush=acme", "T012AB=acme/hush", "T012AB=acme,hush"],
    "BUILD_CONCURRENCY": ["hush", "0"],
    "BUILD_TIMEOUT_MINUTES": ["0", "hush", "9999"],
    "BUILD_DRAFTS": ["hush"],
    "KEEP_DAYS": ["0", "hush"],
    "PULL_REQUESTS_MAY_PUBLISH": ["hush"],
    "LOG_FORMAT": ["hush"],
    "LOG_LEVEL": ["hush"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_what_is_wrong_is_named_in_one_line_without_its_value(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(GIVEN | {name: value})

    message = str(refused.value)
    assert message.startswith(f"{name}: ")
    assert "\n" not in message
    assert "hush" not in message
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("GITHUB_WEBHOOK_SECRET", ",", "GITHUB_WEBHOOK_SECRET: is empty"),
        ("PORT", "http", "PORT: must be a valid integer"),
        ("PORT", "70000", "PORT: must be less than or equal to 65535"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT: must be 'text' or 'json'"),
        ("PUBLISH_REGIONS", "west", "PUBLISH_REGIONS: must look like us-west-2,eu-central-1"),
        ("WEBHOOK_NETWORKS", "10.1.2.3/16", "WEBHOOK_NETWORKS: must be networks such as 10.1.0.0/16"),
        (
            "API_TOKEN",
            "short",
            "API_TOKEN: must have at least 20 characters; `openssl rand -hex 32` makes a good one",
        ),
        ("SLACK_BOT_TOKEN", "xoxp-1", "SLACK_BOT_TOKEN: must be bot tokens of Slack, which begin with xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-1", "SLACK_APP_TOKEN: must be an app-level token of Slack, which begins with xapp-"),
        ("SLACK_WORKSPACES", "acme", "SLACK_WORKSPACES: must look like T012AB=acme,T034CD=beta"),
        ("SLACK_CHANNEL", "a b", "SLACK_CHANNEL: must look like #deployments"),
        ("DEPLOY_FUNCTIONS", "a b", "DEPLOY_FUNCTIONS: must look like web-*,acme/api=api"),
        (
            "JENKINS_URL",
            "https://a@b",
            "JENKINS_URL: must not hold credentials; they have settings of their own",
        ),
    ],
)
def test_what_is_wrong_is_said_as_people_would(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(GIVEN | {name: value})

    assert str(refused.value) == message


def test_every_setting_has_a_wrong_value_here_or_takes_any_text() -> None:
    names = {"INTERLOCK_HOME" if name == "home" else name.upper() for name in Settings.model_fields}

    any_text = {name for name in names if name.startswith("CODEBUILD_")} - set(WRONG)
    secrets = {"GITHUB_CLIENT_SECRET", "AWS_NOTIFICATIONS_SECRET", "JENKINS_TOKEN", "SLACK_SIGNING_SECRET"}
    texts = {
        "HOST",
        "INTERLOCK_HOME",
        "LOCAL_TARGETS",
        "LOCAL_DEPOT",
        "CONCURRENCY",
        "GITHUB_CLIENT_ID",
        "JENKINS_USER",
    }
    assert names - set(WRONG) - any_text == texts | secrets


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"RUNNER": "codebuild", "CODEBUILD_PROJECT": "ci", "CODEBUILD_SOURCE_BUCKET": "b"}, "RUNNER=codebuild"),
        ({"PUBLISH_REGIONS": "us-west-2"}, "PUBLISH_REGIONS"),
        ({"PUBLISH_BUCKETS": "us-west-2=acme-code"}, "PUBLISH_BUCKETS"),
    ],
)
def test_what_is_published_has_one_place(other: dict[str, str], named: str) -> None:
    assert read(GIVEN | {"LOCAL_DEPOT": "/srv/depot"}).local_depot == Path("/srv/depot")
    with pytest.raises(SettingsError) as refused:
        read(GIVEN | {"LOCAL_DEPOT": "/srv/depot"} | other)

    wanted = f"LOCAL_DEPOT is for builds that publish to this machine alone: remove it or {named}"
    assert str(refused.value) == wanted


@pytest.mark.parametrize("missing", ["JENKINS_URL", "JENKINS_USER", "JENKINS_TOKEN"])
def test_jenkins_needs_all_of_its_settings_or_none(missing: str) -> None:
    given = {"JENKINS_URL": "https://jenkins.example.org", "JENKINS_USER": "ci", "JENKINS_TOKEN": "hush"}
    with pytest.raises(SettingsError) as refused:
        read(GIVEN | given | {missing: ""})

    wanted = "Jenkins is asked with JENKINS_URL, JENKINS_USER, JENKINS_TOKEN, or not at all"
    assert str(refused.value) == f"{missing} is not set: {wanted}"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "CODEBUILD_PROJECT is not set: RUNNER=codebuild builds in it; `interlock template` makes one"),
        (
            {"CODEBUILD_PROJECT": "ci"},
            (
                "CODEBUILD_SOURCE_BUCKET is not set: private repositories reach a build through it "
                "(or say CODEBUILD_SOURCE=secret or clone)"
            ),
        ),
    ],
)
def test_what_codebuild_needs_is_named(given: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(GIVEN | {"RUNNER": "codebuild"} | given)

    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "GITHUB_PRIVATE_KEY_FILE cannot be read: No such file or directory"),
        (b"\xff\xfehush", "GITHUB_PRIVATE_KEY_FILE is not a text file; use the .pem file of the App"),
    ],
)
def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "app.pem"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(SettingsError) as refused:
        read({"GITHUB_APP_ID": "99", "GITHUB_WEBHOOK_SECRET": "hush", "GITHUB_PRIVATE_KEY_FILE": str(file)})

    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("given", "missing"), [("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"), ("GITHUB_CLIENT_SECRET", "GITHUB_CLIENT_ID")]
)
def test_people_sign_in_with_both_settings_or_not_at_all(given: str, missing: str) -> None:
    with pytest.raises(SettingsError, match=f"^{missing} is not set: people sign in with both or not at all$"):
        read(GIVEN | {given: "hush"})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"SLACK_BOT_TOKEN": "xoxb-1"},
            (
                "SLACK_SIGNING_SECRET is not set: what Slack sends is verified with it "
                "(or SLACK_APP_TOKEN, for Socket Mode)"
            ),
        ),
        *(
            (given, "SLACK_BOT_TOKEN is not set: without it the App can say nothing in Slack")
            for given in (
                {"SLACK_SIGNING_SECRET": "hush"},
                {"SLACK_APP_TOKEN": "xapp-1"},
                {"SLACK_CHANNEL": "#web"},
                {"SLACK_WORKSPACES": "T1=acme"},
            )
        ),
    ],
)
def test_slack_is_told_and_heard_or_neither(given: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(GIVEN | given)

    assert str(refused.value) == message


def test_slack_may_be_heard_by_either_way() -> None:
    by_socket = read(GIVEN | {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"})
    by_http = read(GIVEN | SLACK | {"SLACK_WORKSPACES": "T1=Acme,T1=beta"})

    assert (by_socket.slack_signing_secret, by_http.slack_app_token) == (None, None)
    assert by_http.slack_owners == {"T1": frozenset({"acme", "beta"})}


def test_several_tokens_are_good_while_one_replaces_another() -> None:
    assert read(GIVEN | {"API_TOKEN": f"{'a' * 20}, {'b' * 32}"}).api_tokens == ("a" * 20, "b" * 32)
    assert read(GIVEN).api_tokens == ()


def test_no_secret_is_in_the_settings_text() -> None:
    secret = {"GITHUB_CLIENT_SECRET": "hush", "AWS_NOTIFICATIONS_SECRET": "hush, hush", "API_TOKEN": "hush" * 5}
    secret |= {"GITHUB_CLIENT_ID": "Iv1.abc"}
    secret |= {"JENKINS_URL": "https://jenkins.example.org", "JENKINS_USER": "ci", "JENKINS_TOKEN": "hush"}
    secret |= SLACK | {"SLACK_APP_TOKEN": "xapp-1-hush"}
    settings = read(GIVEN | secret | {"DATABASE_URL": "postgresql://ci:hush@db/interlock"})

    assert not [secret for secret in ("hush", "MIIE") if secret in f"{settings!r} {settings}"]
