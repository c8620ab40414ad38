"""One hub for all attacks that need a running one, and the table of what is tried."""

from tests.api.conftest import hub, impatient  # noqa: F401  (fixtures)
