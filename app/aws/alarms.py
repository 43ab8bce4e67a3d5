"""CloudWatch alarms, as promotions ask for them."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from app.aws.errors import explained
from deploy.promotion import Alarm

MOST = 100
"""Names that one request takes.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html"""


async def alarms(cloudwatch: Any, names: Sequence[str]) -> Mapping[str, Alarm]:
    """Those that exist, metric alarms and composite ones, by name. `cloudwatch` is boto3's client of the region."""
    found: dict[str, Alarm] = {}
    for start in range(0, len(names), MOST):
        found |= await asyncio.to_thread(_described, cloudwatch, list(names[start : start + MOST]))
    return found


def _described(cloudwatch: Any, names: list[str]) -> dict[str, Alarm]:
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415  half a second, and only where AWS is asked

    try:
        told = cloudwatch.describe_alarms(
            AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=MOST
        )
    except (BotoCoreError, ClientError) as error:
        raise explained(error, "DescribeAlarms") from None
    return {
        each["AlarmName"]: Alarm(
            state=each["StateValue"],
            # The first is when it changed, the second also moves with the reason; not every stand-in for AWS has both.
            since=each.get("StateTransitionedTimestamp") or each["StateUpdatedTimestamp"],
        )
        for each in (*told.get("MetricAlarms", ()), *told.get("CompositeAlarms", ()))
    }
