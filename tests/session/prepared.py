"""What session processes are forked from: the hub's modules, with settings as tests mostly have them."""

import os

import django

from tests.session.quick_session import USUAL

OWN = ("SIMULATOR", "REACHED")  # variables that may be each process's own
OF_OTHERS = ("PYTEST_CURRENT_TEST", "LINES", "COLUMNS")


def holds(environment: dict[str, str]) -> bool:
    """Whether a process with this environment would have the same settings."""
    return without_own(environment) == without_own(dict(os.environ))


def without_own(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in OWN + OF_OTHERS}


def take(environment: dict[str, str]) -> None:
    from django.conf import settings

    os.environ.update(environment)
    settings.SIMULATOR = environment["SIMULATOR"]


os.environ.update(USUAL)
django.setup()
