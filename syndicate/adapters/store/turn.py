"""Publishing is for one at a time: whoever comes second waits until the first is done.

On PostgreSQL the turn is an advisory lock (leader.py). On SQLite it is a lock of the operating
system (flock) on a file beside the database; both are given back by whoever holds them, or by
the system the moment its process is gone, so that nothing is left behind by one that was killed.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.leader import Leader
from syndicate.errors import OutputError

_LOG = logging.getLogger(__name__)
_PATIENCE = 600.0  # seconds: a whole rebuild of a large site
_PAUSE = 0.2
_SAID_AFTER = 1.0
Stop = Callable[[], bool]


@contextmanager
def publishing(database: Database, stop: Stop = lambda: False) -> Iterator[Stop]:
    """The turn to write the published tree, for as long as the block lasts.

    Gives what tells whether it is still ours: of a PostgreSQL server that went away it may not
    be. OutputError where another process has not come to an end in ten minutes, or `stop` says
    that nobody waits any more.
    """
    holder = _File(database) if database.is_sqlite else Leader(database, "publish")
    try:
        _wait(database, holder, stop)
        yield holder.leads
    finally:
        holder.resign()


def _wait(database: Database, holder: _File | Leader, stop: Stop) -> None:
    started, said = time.monotonic(), False
    while not holder.leads():
        with database.read() as conn:  # a database that is away is an error, and no reason to wait
            conn.execute(sa.select(1))
        waited = time.monotonic() - started
        if waited > _PATIENCE or stop():
            raise OutputError(
                "another process is publishing this site",
                remedy="nothing is lost: what changed is published the next time",
            )
        if waited > _SAID_AFTER and not said:
            _LOG.warning("another process is publishing this site; waiting until it is done")
            said = True
        time.sleep(_PAUSE)


class _File:
    """The turn of an SQLite database, by a lock on `DATABASE-publishing`."""

    def __init__(self, database: Database) -> None:
        name = database.engine.url.database
        self._path = Path(f"{name}-publishing") if name and name != ":memory:" else None
        self._opened: int | None = None

    def leads(self) -> bool:
        if self._path is None or self._opened is not None:
            return True
        opened = None
        try:
            opened = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if opened is not None:
                os.close(opened)
            if isinstance(error, BlockingIOError):
                return False
            why = error.strerror or str(error)
            raise OutputError(f"no lock for publishing: {why}", where=str(self._path)) from error
        self._opened = opened
        return True

    def resign(self) -> None:
        if self._opened is not None:
            os.close(self._opened)  # which unlocks; the file stays, as removing it would race
            self._opened = None
