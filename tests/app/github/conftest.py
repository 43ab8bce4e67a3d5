"""A scripted GitHub on loopback, and the gateway pointed at it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.github.auth import AppKey
from app.github.client import Client
from app.github.clock import Clock
from app.github.lane import Limits
from app.github.repository import RepositoryCalls
from app.github.transport import Transport
from checks.repository import Repository
from tests.app.github.endpoint import CheckRuns, Endpoint, TestClock
from tests.app.github.local import Local, open_local

APP = 4711


@pytest.fixture(scope="session")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def pem(private_key: rsa.RSAPrivateKey) -> str:
    return private_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture
def time() -> TestClock:
    return TestClock()


@pytest.fixture
def clock(time: TestClock) -> Clock:
    return Clock(now=time.now, elapsed=time.now, sleep=time.sleep, jitter=lambda: 0.5)


@pytest.fixture
async def endpoint(time: TestClock) -> AsyncIterator[Endpoint]:
    endpoint = Endpoint(time)
    server = web.Server(endpoint.handle)
    runner = web.ServerRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield endpoint
    endpoint.hanging.set()
    await runner.cleanup()


@pytest.fixture
def counted() -> list[tuple[str, str, int]]:
    return []


@pytest.fixture
def key(pem: str, clock: Clock) -> AppKey:
    return AppKey(APP, pem, clock)


@pytest.fixture
def make_client(
    endpoint: Endpoint, key: AppKey, clock: Clock, counted: list[tuple[str, str, int]]
) -> Callable[..., Client]:
    def make(path: str = "", limits: Limits | None = None, timeout: float = 10.0) -> Client:
        def on_request(method: str, template: str, status: int) -> None:
            counted.append((method, template, status))

        return Client(Transport(endpoint.url + path, on_request, timeout), key, limits=limits, clock=clock)

    return make


@pytest.fixture
async def client(make_client: Callable[..., Client]) -> AsyncIterator[Client]:
    async with make_client() as client:
        yield client


@pytest.fixture
def calls(client: Client) -> RepositoryCalls:
    return RepositoryCalls(client)


@pytest.fixture
def runs(endpoint: Endpoint) -> CheckRuns:
    return CheckRuns(endpoint, APP)


@pytest.fixture
def web_repository() -> Repository:
    return Repository(id=42, full_name="acme/web", installation=7)


@pytest.fixture
async def local(tmp_path: Path, private_key: rsa.RSAPrivateKey, pem: str) -> AsyncIterator[Local]:
    async with open_local(tmp_path / "github", private_key, pem) as opened:
        yield opened
