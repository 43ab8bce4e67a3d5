"""What an operator makes in an AWS account for Interlock, made in the local AWS: a project, buckets, a queue."""

from collections.abc import Mapping

from app.demo.aws import bus
from app.demo.aws.server import LocalAWS

PROJECT, BUCKET, QUEUE = "interlock", "interlock-sources", "interlock-notices"
CODE = "interlock-code"
TOLD = {"PRX_APPLICATION_CODE_BUCKET": CODE}
"""What the project says to builds that publish."""


async def prepare(aws: LocalAWS) -> Mapping[str, object]:
    """The settings that the App needs to build there, by the names of their fields."""
    aws.create_project(PROJECT)
    await aws.create_bucket(BUCKET)
    queue = await aws.create_queue(QUEUE)
    aws.send_events_to(bus.Queue(url=queue))
    return {
        "runner": "codebuild",
        "codebuild_project": PROJECT,
        "codebuild_source_bucket": BUCKET,
        "codebuild_untrusted_role": aws.account.role_arn("untrusted"),
        "codebuild_untrusted_log_group": f"/{PROJECT}/untrusted",
        "aws_notifications_queue_url": queue,
    }


async def publish(aws: LocalAWS) -> Mapping[str, object]:
    """The settings by which what builds publish is found there."""
    await aws.create_bucket(CODE)
    return {"publish_buckets": {aws.account.region: CODE}}
