"""Whose fault it is that an event could not be handled."""

from django.db import OperationalError

TOO_LARGE = "54"  # PostgreSQL's class of errors "Program Limit Exceeded"


def is_of_database(error: Exception) -> bool:
    """Whether the database failed, so that all is tried again; not what it was given."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return isinstance(error, OperationalError) and not state.startswith(TOO_LARGE)
