"""Which hubs can go on with a database: those that know all migrations that it has had."""

from collections.abc import Iterable

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def migrations_of_database() -> list[str]:
    """All that it has had; none where it has no tables yet."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def pending(migrations: Iterable[str]) -> list[str]:
    """Those that this hub has and the database has not had yet."""
    return sorted(ours() - set(migrations))


def unknown(migrations: Iterable[str]) -> list[str]:
    """Those that this hub doesn't have: whoever made them is newer."""
    return sorted(set(migrations) - ours())


def ours() -> set[str]:
    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
