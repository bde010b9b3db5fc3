"""Alembic migrations of the library's database, run when a library is opened."""
