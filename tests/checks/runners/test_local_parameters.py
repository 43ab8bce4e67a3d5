import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from checks.buildspec import Env
from checks.result import Outcome
from checks.runners.local.directory import RunDirectory
from checks.runners.local.job import DirectorySource, Job, Secrets
from checks.runners.local.parameters import ParameterError, resolve, split
from tests.checks.runners.workshop import Workshop, ended

PARAMETERS = {"/web/key": "parameter-value", "/web/other": "other-value"}
SECRETS = {"db": json.dumps({"password": "pass-word", "port": 5432}), "plain": "plain-text"}
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"


class _Handler(BaseHTTPRequestHandler):
    """Parameter Store and Secrets Manager as far as a buildspec asks them."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        action = self.headers["X-Amz-Target"].rpartition(".")[2]
        status, answer = self._parameters(asked) if action == "GetParameters" else self._secret(asked)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _parameters(self, asked: dict[str, list[str]]) -> tuple[int, object]:
        known = [{"Name": name, "Value": PARAMETERS[name]} for name in asked["Names"] if name in PARAMETERS]
        return 200, {
            "Parameters": known,
            "InvalidParameters": [name for name in asked["Names"] if name not in PARAMETERS],
        }

    def _secret(self, asked: dict[str, str]) -> tuple[int, object]:
        name = asked["SecretId"].removeprefix(ARN[:-9]) if asked["SecretId"] != ARN else "db"
        if name not in SECRETS:
            return 400, {"__type": "ResourceNotFoundException", "Message": "there is no such secret"}
        value = SECRETS[name] if asked.get("VersionStage", "AWSCURRENT") == "AWSCURRENT" else '{"password": "older"}'
        return 200, {"Name": name, "SecretString": value}

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def aws() -> Iterator[dict[str, str]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
    }
    server.shutdown()
    thread.join()
    server.server_close()


SPEC = """\
version: 0.2
env:
  parameter-store: {KEY: /web/key}
  secrets-manager: {PASSWORD: "db:password"}
  exported-variables: [KEY, NAME]
phases:
  build:
    commands:
      - echo "$KEY $PASSWORD"; NAME=web; env | grep -c ^AWS_SECRET
"""


async def build(workshop: Workshop, spec: str, aws: dict[str, str]) -> None:
    job = Job(
        project="web",
        repository="7",
        source=DirectorySource(path=str(workshop.source)),
        buildspec=spec,
        timeout=30.0,
    )
    workshop.runner.launch(RunDirectory(workshop.home, "run"), job, Secrets(aws=aws))
    await ended(workshop.runner, "run")


async def test_values_reach_the_build_and_not_its_log_or_result(workshop: Workshop, aws: dict[str, str]) -> None:
    await build(workshop, SPEC.replace("echo ", "test parameter-value,pass-word = $KEY,$PASSWORD && echo "), aws)
    result = await ended(workshop.runner, "run")
    assert (await workshop.printed())[0] == "*** ***"
    assert result.exported == {"NAME": "web"}
    everything = (await workshop.runner.log("run")).decode() + repr(result)
    assert [secret for secret in ("parameter-value", "pass-word") if secret in everything] == []


async def test_values_do_not_reach_the_check_through_a_test_report(workshop: Workshop, aws: dict[str, str]) -> None:
    report = '<testsuite><testcase name="t"><failure message="got %s"/></testcase></testsuite>'
    spec = SPEC.replace("commands:\n", f"commands:\n      - printf '{report}' \"$KEY\" > t.xml\n")
    await build(workshop, spec + "reports: {tests: {files: [t.xml]}}\n", aws)
    tests = (await ended(workshop.runner, "run")).tests
    assert tests is not None
    assert [failure.message for failure in tests.failures] == ["got ***"]


async def test_without_aws_the_build_says_so_before_anything_runs(workshop: Workshop) -> None:
    result = await workshop.build(SPEC)
    assert (result.outcome, result.message) == (
        Outcome.FAILED,
        (
            "the buildspec takes values from Parameter Store, and this runner has no AWS access: set the AWS variables "
            "(AWS_REGION, AWS_PROFILE or AWS_ACCESS_KEY_ID …) where Interlock runs"
        ),
    )
    assert [(phase.name, phase.succeeded) for phase in result.phases] == [("DOWNLOAD_SOURCE", False)]


def test_settings_that_are_not_enough_are_told_like_none() -> None:
    with pytest.raises(ParameterError, match="this runner has no AWS access"):
        resolve(Env(parameter_store={"A": "/a"}), {"AWS_PAGER": ""})


async def test_a_parameter_that_does_not_exist_is_named(workshop: Workshop, aws: dict[str, str]) -> None:
    await build(workshop, SPEC.replace("/web/key", "/web/kee"), aws)
    assert (await ended(workshop.runner, "run")).message == "Parameter does not exist: /web/kee"


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("plain", "plain-text"),
        ("db:password", "pass-word"),
        ("db:port", "5432"),
        (f"{ARN}:password", "pass-word"),
        ("db:password:AWSPREVIOUS", "older"),
    ],
)
def test_a_secret_is_found_by_its_reference(aws: dict[str, str], reference: str, value: str) -> None:
    assert resolve(Env(secrets_manager={"A": reference}), aws) == {"A": value}


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("nothing", "AWS said ResourceNotFoundException: there is no such secret"),
        ("db:user", "secret db has no key user"),
        ("plain:user", "secret plain has no key user"),
    ],
)
def test_a_secret_that_cannot_be_had_is_named(aws: dict[str, str], reference: str, why: str) -> None:
    with pytest.raises(ParameterError) as raised:
        resolve(Env(secrets_manager={"A": reference}), aws)
    assert str(raised.value) == why


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("id", ("id", "", "", "")),
        ("id:key", ("id", "key", "", "")),
        ("id:key:stage", ("id", "key", "stage", "")),
        ("id:key::version", ("id", "key", "", "version")),
        (ARN, (ARN, "", "", "")),
        (f"{ARN}:key:stage:", (ARN, "key", "stage", "")),
    ],
)
def test_a_reference_has_these_parts(reference: str, parts: tuple[str, str, str, str]) -> None:
    assert split(reference) == parts
