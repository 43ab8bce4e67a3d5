"""What is counted across the App, in Prometheus' form at `/metrics`."""

from prometheus_client import Counter

GITHUB_REQUESTS = Counter(
    "interlock_github_requests", "Requests to GitHub by what was asked.", ["method", "path", "status"]
)

AWS_REQUESTS = Counter("interlock_aws_requests", "Requests to AWS by what was asked.", ["service", "operation"])

AWS_REFUSALS = Counter(
    "interlock_aws_refusals", "Requests that AWS refused or did not answer.", ["service", "operation", "code"]
)

SLACK_REQUESTS = Counter(
    "interlock_slack_requests", "Requests to Slack by what was asked and what came of it.", ["method", "outcome"]
)


def count_github_request(method: str, path: str, status: int) -> None:
    """`path` is the template, without names or numbers; `status` is 0 when there was no answer."""
    GITHUB_REQUESTS.labels(method, path, str(status)).inc()


def count_aws_request(service: str, operation: str) -> None:
    """Each attempt counts."""
    AWS_REQUESTS.labels(service, operation).inc()


def count_aws_refusal(service: str, operation: str, code: str) -> None:
    """`code` is AWS's own, or the name of the error where there was no answer."""
    AWS_REFUSALS.labels(service, operation, code).inc()


def count_slack_request(method: str, outcome: str) -> None:
    """`outcome` is `ok`, Slack's own word for what is wrong, `later`, or `no_answer`."""
    SLACK_REQUESTS.labels(method, outcome).inc()
