"""SQLite and PostgreSQL with one code: engine, migrations, one module per family of tables."""
