"""Every other service is moto's, through the same address."""

import asyncio
import os
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from app.demo.aws.moto import Moto, MotoError
from tests.app.demo.aws.world import CheckedAWS, refusal


async def test_objects_of_s3_come_and_go_unchanged(played: CheckedAWS) -> None:
    s3 = played.client("s3")
    content = os.urandom(3 << 20)
    await played.ask(s3, "create_bucket", Bucket="kept")
    await played.ask(s3, "put_object", Bucket="kept", Key="a b/ü+%.zip", Body=content, Metadata={"sha": "abc"})
    head = await played.ask(s3, "head_object", Bucket="kept", Key="a b/ü+%.zip")
    got = await played.ask(s3, "get_object", Bucket="kept", Key="a b/ü+%.zip")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "kept", "Key": "a b/ü+%.zip"})

    assert (head["ContentLength"], head["Metadata"]) == (len(content), {"sha": "abc"})
    assert await asyncio.to_thread(got["Body"].read) == content
    assert url.startswith(f"{played.url}/kept/a%20b/")
    missing = await refusal(played.ask(s3, "get_object", Bucket="kept", Key="none"))
    assert missing[0] == "NoSuchKey"


async def test_other_services_answer(played: CheckedAWS) -> None:
    async def ask(service: str, operation: str, **params: Any) -> Any:
        return await played.ask(played.client(service), operation, **params)

    assert (await ask("sts", "get_caller_identity"))["Account"] == played.account.number
    repository = await ask("ecr", "create_repository", repositoryName="github/acme/web")
    assert repository["repository"]["repositoryName"] == "github/acme/web"
    await ask("ssm", "put_parameter", Name="/a", Value="1", Type="String")
    assert (await ask("ssm", "get_parameter", Name="/a"))["Parameter"]["Value"] == "1"
    await ask("logs", "create_log_group", logGroupName="ours")
    assert [group["logGroupName"] for group in (await ask("logs", "describe_log_groups"))["logGroups"]] == ["ours"]
    assert (await ask("events", "put_rule", Name="builds", EventPattern='{"source": ["aws.codebuild"]}'))["RuleArn"]


async def test_a_queue_is_polled_for_long_through_it(played: CheckedAWS) -> None:
    sqs = played.client("sqs")
    queue = await played.create_queue("notices")
    empty = await played.ask(sqs, "receive_message", QueueUrl=queue, WaitTimeSeconds=1)
    await played.ask(sqs, "send_message", QueueUrl=queue, MessageBody="hello")
    [message] = (await played.ask(sqs, "receive_message", QueueUrl=queue, WaitTimeSeconds=1))["Messages"]

    assert "Messages" not in empty
    assert message["Body"] == "hello"


@pytest.mark.parametrize("headers", [{"Origin": "https://example.com"}, {"Host": "evil.example"}])
async def test_web_pages_are_not_let_in(played: CheckedAWS, headers: dict[str, str]) -> None:
    sent = {"X-Amz-Target": "CodeBuild_20161006.ListBuilds", **headers}
    async with aiohttp.ClientSession() as session:
        for method in ("OPTIONS", "POST"):
            async with session.request(method, played.url, data=b"{}", headers=sent) as answer:
                assert (answer.status, "Access-Control-Allow-Origin" in answer.headers) == (403, False)
    assert played.asked == []


async def test_a_moto_server_that_does_not_start_says_where_its_words_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(MotoError, match=str(tmp_path / "moto.log")):
        await Moto(tmp_path, "us-east-1").__aenter__()
