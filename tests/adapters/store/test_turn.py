"""Publishing is for one at a time, between processes and within one, on both databases."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from syndicate.adapters.store import turn
from syndicate.adapters.store.engine import Database
from syndicate.errors import OutputError, StoreError

HOLDER = """
import sys
from pathlib import Path
from syndicate.adapters.store import open_database, turn
with turn.publishing(open_database(sys.argv[1])):
    print("mine", flush=True)
    sys.stdin.read()
"""


def holder(url: str) -> subprocess.Popen[str]:
    """A process that publishes until its standard input is closed."""
    made = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert made.stdout is not None
    assert made.stdout.readline() == "mine\n"
    return made


def test_who_waits_no_more_is_told(database: Database) -> None:
    second = turn.publishing(database, stop=lambda: True)
    with turn.publishing(database), pytest.raises(OutputError, match="another process"), second:
        pass
    with turn.publishing(database) as ours:
        assert ours()


def test_it_comes_when_the_other_is_done(database: Database, database_url: str) -> None:
    other = holder(database_url)
    asked = []

    def stop() -> bool:
        asked.append(1)
        assert other.stdin is not None
        other.stdin.close()
        return False

    with turn.publishing(database, stop) as ours:
        assert ours()
    assert asked
    assert other.stdout is not None
    other.stdout.close()
    assert other.wait() == 0


def test_it_is_taken_over_from_one_that_was_killed(database: Database, database_url: str) -> None:
    other = holder(database_url)
    other.kill()
    other.communicate()
    with turn.publishing(database) as ours:
        assert ours()


def test_a_database_that_is_away_is_no_reason_to_wait() -> None:
    from syndicate.adapters.store.engine import open_engine

    away = Database(open_engine("postgresql://nobody@127.0.0.1:1/none"))
    with pytest.raises(StoreError), turn.publishing(away):
        pass


def test_where_no_lock_can_be_had_is_said(sqlite_database: Database, tmp_path: Path) -> None:
    (tmp_path / "test.db-publishing").mkdir()
    with pytest.raises(OutputError, match="publishing"), turn.publishing(sqlite_database):
        pass
