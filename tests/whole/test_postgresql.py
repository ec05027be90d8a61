"""The whole job on PostgreSQL, by `storage.database` alone; killed and gone on with."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path

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
