"""What is counted across the App, in Prometheus' form at `/metrics`."""

from prometheus_client import Counter

GITHUB_REQUESTS = Counter(
    "interlock_github_requests", "Requests to GitHub by what was asked.", ["method", "path", "status"]
)


def count_github_request(method: str, path: str, status: int) -> None:
    """`path` is the template, without names or numbers; `status` is 0 when there was no answer."""
    GITHUB_REQUESTS.labels(method, path, str(status)).inc()
