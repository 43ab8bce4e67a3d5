import asyncio
from collections.abc import Callable

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from app.github.auth import AppKey
from app.github.client import Client
from app.github.clock import Clock
from app.github.exchange import Request
from checks.errors import Transient
from tests.app.github.conftest import APP
from tests.app.github.endpoint import Asked, Endpoint, Reply, TestClock

AS_THE_APP = Request(method="GET", path="/app")
TOO_FAR = "'Expiration time' claim ('exp') is too far in the future"


def claims(token: str, key: rsa.RSAPrivateKey) -> dict[str, object]:
    decoded: dict[str, object] = jwt.decode(
        token, key.public_key(), algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
    )
    return decoded


async def test_the_jwt_is_what_github_asks_for(key: AppKey, private_key: rsa.RSAPrivateKey, time: TestClock) -> None:
    now = int(time.now())
    assert claims(key.token().secret.reveal(), private_key) == {"iss": str(APP), "iat": now - 60, "exp": now + 540}


async def test_a_jwt_is_used_until_shortly_before_its_end(key: AppKey, time: TestClock) -> None:
    first = key.token()
    time.time += 419
    assert key.token() is first
    time.time += 1
    assert key.token() is not first


def strict_about_time(endpoint: Endpoint, key: rsa.RSAPrivateKey) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        theirs = endpoint.clock.now() + endpoint.ahead
        said = claims(asked.token, key)
        assert isinstance(said["exp"], int)
        assert isinstance(said["iat"], int)
        if said["exp"] > theirs + 600 or said["iat"] > theirs:
            return Reply(401, {"message": TOO_FAR})
        if said["exp"] <= theirs:
            return Reply(401, {"message": "'Expiration time' claim ('exp') must be a numeric value"})
        return Reply(200, {"slug": "interlock"})

    return answer


@pytest.mark.parametrize("ahead", [-86400, -3600, -61, 0, 61, 3600])
async def test_a_clock_that_is_wrong_is_mended_from_githubs_date(
    client: Client, endpoint: Endpoint, private_key: rsa.RSAPrivateKey, ahead: float
) -> None:
    endpoint.ahead = ahead
    endpoint.on("GET /app", strict_about_time(endpoint, private_key))
    assert (await client.send(AS_THE_APP)).data == {"slug": "interlock"}
    before = len(endpoint.asked)
    await client.send(AS_THE_APP)
    assert len(endpoint.asked) == before + 1


async def test_a_crowd_with_a_wrong_clock_is_mended_as_one(
    client: Client, endpoint: Endpoint, private_key: rsa.RSAPrivateKey
) -> None:
    endpoint.ahead = -3600
    endpoint.on("GET /app", strict_about_time(endpoint, private_key))
    answers = await asyncio.gather(*(client.send(AS_THE_APP) for _ in range(5)))
    assert [answer.data for answer in answers] == [{"slug": "interlock"}] * 5


async def test_a_key_that_github_does_not_know_is_named(client: Client, endpoint: Endpoint) -> None:
    endpoint.on("GET /app", Reply(401, {"message": "A JSON web token could not be decoded"}))
    with pytest.raises(Transient) as refused:
        await client.send(AS_THE_APP)
    assert str(refused.value) == (
        "GitHub does not accept the App's key (A JSON web token could not be decoded): "
        "check GITHUB_APP_ID and GITHUB_PRIVATE_KEY"
    )
    assert endpoint.lines == ["GET /app"]


async def test_a_clock_error_that_githubs_date_does_not_explain_ends(client: Client, endpoint: Endpoint) -> None:
    endpoint.on("GET /app", Reply(401, {"message": TOO_FAR}))
    with pytest.raises(Transient, match="check GITHUB_APP_ID"):
        await client.send(AS_THE_APP)
    assert endpoint.lines == ["GET /app"]


def damaged(pem: str) -> str:
    lines = pem.splitlines()
    return "\n".join([lines[0], "A" * 64, *lines[2:]])


def encrypted(_: str) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()


def elliptic(_: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public(_: str) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("spoil", [damaged, encrypted, elliptic, public, lambda pem: "", lambda pem: "/etc/key.pem"])
def test_a_bad_key_stops_the_start_with_its_setting_and_without_its_text(
    pem: str, clock: Clock, spoil: Callable[[str], str]
) -> None:
    text = spoil(pem)
    with pytest.raises(ValueError, match=r"^GITHUB_PRIVATE_KEY ") as refused:
        AppKey(1, text, clock)
    assert not [line for line in text.splitlines() if len(line) > 20 and line in str(refused.value)]
    assert refused.value.__context__ is None


def test_a_key_with_written_line_breaks_is_read(pem: str, clock: Clock) -> None:
    assert AppKey(1, pem.replace("\n", "\\n"), clock).token().secret.reveal().count(".") == 2
