"""`make migration MESSAGE="what changes"`: the next migration, from what the tables say now.

Compares the tables of the program with a database that all migrations so far have made, and
writes the difference to `syndicate/adapters/store/migrations/versions/`. Read it before it is
kept: a renamed column looks like one that goes and one that comes. Then raise `schema.VERSION`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from syndicate.adapters.store import schema
from syndicate.adapters.store.engine import Database, open_engine


def main(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(open_engine(f"sqlite:{Path(folder) / 'empty.db'}"))
        with database.begin() as conn:
            config = schema.alembic_config(conn)
            command.upgrade(config, "head")
            known = ScriptDirectory.from_config(config)
            number = f"{len(list(known.walk_revisions())) + 1:04}"
            made = command.revision(config, message, autogenerate=True, rev_id=number)
        database.close()
    print(f"{getattr(made, 'path', '')}: now set schema.VERSION to {number!r}")


if __name__ == "__main__":
    main(sys.argv[1])
