"""The whole job on PostgreSQL, by `storage.database` alone; killed and gone on with."""

from __future__ import annotations

import re
import shutil
import signal
import time
import uuid
from pathlib import Path

import sqlalchemy as sa
from sites import Site

ROOT = Path(__file__).resolve().parents[2]


def test_a_killed_run_is_gone_on_with(tmp_path: Path, postgresql_url: str) -> None:
    shutil.copytree(ROOT / "articles", tmp_path / "articles")
    text = (ROOT / "config.toml").read_text("utf-8")
    (tmp_path / "config.toml").write_text(
        text.replace('database = "sqlite:var/syndicate.db"', f'database = "{postgresql_url}"')
    )
    site = Site(tmp_path)
    site.run("subscribers", "add", "reader@mail.example", "--consent", "card")
    assert not (tmp_path / "var" / "syndicate.db").exists()
    process = site.process("run")
    time.sleep(0.8)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    began = time.monotonic()
    site.run("run")
    assert time.monotonic() - began < 10  # what it held is free: it is dead
    published = site.published()
    again = site.json("run")
    assert site.published() == published
    assert (again["feeds"]["written"], again["pages"]["written"]) == (0, 0)
    sent = site.json("run", at="2026-11-26T09:00:00+08:00")
    assert sent["digests"]["sent"] == 1
    assert site.json("run", at="2026-11-26T09:00:00+08:00")["digests"]["sent"] == 0
    site.run("verify", at="2026-11-26T09:00:00+08:00")


def test_a_role_that_may_create_nothing_is_told(tmp_path: Path, postgresql_url: str) -> None:
    role = f"r{uuid.uuid4().hex[:12]}"
    server = sa.create_engine(postgresql_url.replace("postgresql:", "postgresql+psycopg:"))
    with server.begin() as conn:
        conn.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        conn.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
    url = re.sub(r"//[^@/]*@", f"//{role}@", postgresql_url)
    site = Site(tmp_path).config(f'[storage]\ndatabase = "{url}"\n')
    ran = site.run("list", status=1)
    assert "permission denied" in ran.err
    with server.begin() as conn:
        conn.exec_driver_sql(f"DROP ROLE {role}")
    server.dispose()
