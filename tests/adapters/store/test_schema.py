"""Creating, migrating and refusing schemas, on both databases."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from syndicate.adapters.store import open_database, schema
from syndicate.adapters.store.engine import Database, open_engine
from syndicate.errors import StoreError


def picture(conn: sa.Connection) -> dict[str, Any]:
    """All that the database says of its tables."""
    inspector = sa.inspect(conn)
    found: dict[str, Any] = {}
    for name in inspector.get_table_names():
        found[name] = {
            "columns": [
                (c["name"], str(c["type"]), c["nullable"], c["default"])
                for c in inspector.get_columns(name)
            ],
            "key": inspector.get_pk_constraint(name)["constrained_columns"],
            "indexes": sorted(
                (str(i["name"]), str(i["column_names"]), bool(i["unique"]), where_of(i))
                for i in inspector.get_indexes(name)
            ),
            "unique": sorted(
                str(u["column_names"]) for u in inspector.get_unique_constraints(name)
            ),
            "options": inspector.get_table_options(name),
        }
    return found


def where_of(index: Any) -> str:
    """Of which rows it is; SQLite gives the condition as it was written, PostgreSQL in brackets."""
    options = index.get("dialect_options", {})
    where = options.get("sqlite_where", options.get("postgresql_where"))
    return "" if where is None else str(where).strip("()")


def test_an_index_of_a_few_rows_is_one_on_both(database_url: str) -> None:
    made = open_database(database_url)
    with made.read() as conn:
        indexes = {i["name"]: where_of(i) for i in sa.inspect(conn).get_indexes("entries")}
    assert indexes["entries_due"] == "due IS NOT NULL"
    made.close()


def test_tables_load_no_dialect_but_sqlite() -> None:
    code = "import sys; from syndicate.adapters.store import entries, placements, published; "
    code += "sys.exit('sqlalchemy.dialects.postgresql' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_all_migrations_in_a_row_make_the_tables_as_they_are(database_url: str) -> None:
    raw = Database(open_engine(database_url))
    with raw.begin() as conn:
        command.upgrade(schema.alembic_config(conn), "head")
    with raw.begin() as conn:
        migrated = picture(conn)
        if raw.is_sqlite:
            for name in migrated:
                conn.exec_driver_sql(f'DROP TABLE "{name}"')
        else:
            conn.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    schema.bring_up_to_date(raw)
    with raw.read() as conn:
        assert migrated == picture(conn)
        config = schema.alembic_config(conn)
        assert ScriptDirectory.from_config(config).get_heads() == [schema.VERSION]
    raw.close()


def test_an_older_database_is_migrated_when_it_is_opened(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_database(database_url).close()
    _add_migration(tmp_path, schema.VERSION)
    monkeypatch.setattr(schema, "MIGRATIONS", tmp_path / "migrations")
    monkeypatch.setattr(schema, "VERSION", "next")
    opened = open_database(database_url)
    with opened.read() as conn:
        columns = {c["name"] for c in sa.inspect(conn).get_columns("forgotten")}
        assert "why" in columns
    opened.close()
    open_database(database_url).close()  # nothing to do any more


def test_what_entries_state_is_counted_when_an_older_database_is_migrated(
    database_url: str,
) -> None:
    raw = Database(open_engine(database_url))
    said = '{"authors": [{"name": "周望舒"}], "licence": "CC0", "source": {"url": "https://a.example/"}}'
    texts = ("id", "source", "key", "guid", "title", "url", "content_html", "content_text", "summary",
             "language", "held_for", "story", "column", "content_hash")  # fmt: skip
    with raw.begin() as conn:
        command.upgrade(schema.alembic_config(conn), "0001")
        values = dict.fromkeys(texts, "x") | {
            "attribution": said, "received": 0, "sort_at": 0, "status": "published", "lead": True,
            **dict.fromkeys(("categories", "breadcrumb", "notices", "enclosures", "columns"), "[]"),
        }  # fmt: skip
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join(f":{name}" for name in values)
        conn.execute(sa.text(f"INSERT INTO entries ({names}) VALUES ({marks})"), values)
    schema.bring_up_to_date(raw)
    with raw.read() as conn:
        assert conn.execute(sa.text("SELECT stated FROM entries")).scalar() == 1 + 2 + 32
    raw.close()


def _add_migration(folder: Path, before: str) -> None:
    """The migrations as they are, and one more."""
    import shutil

    shutil.copytree(schema.MIGRATIONS, folder / "migrations")
    (folder / "migrations" / "versions" / "next.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision, down_revision = 'next', {before!r}\nbranch_labels = depends_on = None\n\n\n"
        "def upgrade():\n    with op.batch_alter_table('forgotten') as table:\n"
        "        table.add_column(sa.Column('why', sa.Text()))\n"
    )


def test_a_newer_database_is_refused(database_url: str) -> None:
    database = open_database(database_url)
    with database.begin() as conn:
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreError, match=r"version 9999, this program knows up to .*newer program"):
        open_database(database_url)


def test_several_start_at_once(database_url: str) -> None:
    failed: list[BaseException] = []

    def start() -> None:
        try:
            open_database(database_url).close()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
