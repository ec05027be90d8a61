from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient
from still import Still, settings_in

from syndicate.adapters.store.engine import Database


@pytest.fixture
def site(tmp_path: Path, sqlite_database: Database) -> Still:
    return Still(settings_in(tmp_path), sqlite_database)


@pytest.fixture
def client(site: Still) -> TestClient:
    return site.client()
