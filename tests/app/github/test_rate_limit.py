import pytest

from app.github.exchange import Answer
from app.github.rate_limit import Limit, limit_of

NOW = 1_800_000_000.0
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
USED_UP = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 600)}


@pytest.mark.parametrize(
    ("status", "headers", "data", "limit"),
    [
        (403, {"retry-after": "60"}, SECONDARY, Limit(60)),
        (429, {"retry-after": "60"}, SECONDARY, Limit(60)),
        (429, {"retry-after": "0"}, None, Limit(1)),
        (429, {"retry-after": "Fri, 15 Jan 2027 08:00:30 GMT", "date": DATE}, None, Limit(30)),
        (429, {"retry-after": "Fri, 15 Jan 2027 07:00:00 GMT", "date": DATE}, None, Limit(1)),
        (403, {**USED_UP, "retry-after": "5"}, None, Limit(5)),
        (403, USED_UP, {"message": "API rate limit exceeded for installation ID 7."}, Limit(601)),
        (429, USED_UP, None, Limit(601)),
        (403, {**USED_UP, "date": "Fri, 15 Jan 2027 08:09:50 GMT"}, None, Limit(11)),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}, None, Limit(1)),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999"}, None, Limit(3601)),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, None, Limit(60, stated=False)),
        (403, {"x-ratelimit-remaining": "4999"}, SECONDARY, Limit(60, stated=False)),
        (403, {}, {"message": "You have triggered an abuse detection mechanism."}, Limit(60, stated=False)),
        (429, {"retry-after": "soon"}, None, Limit(60, stated=False)),
        (429, {}, None, Limit(60, stated=False)),
        (403, {"x-ratelimit-remaining": "4999"}, {"message": "Resource not accessible by integration"}, None),
        (403, {}, None, None),
        (200, USED_UP, None, None),
        (404, {"x-ratelimit-remaining": "0"}, None, None),
    ],
)
def test_a_limit_is_read_in_all_its_forms(
    status: int, headers: dict[str, str], data: object, limit: Limit | None
) -> None:
    assert limit_of(Answer(status=status, headers=headers, data=data), NOW) == limit
