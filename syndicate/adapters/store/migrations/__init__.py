"""Migrations of the schema, by Alembic; `env.py` runs them within the caller's transaction."""
