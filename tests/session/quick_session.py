"""`manage.py runsession` with short delays: the tests' session process."""

import os
import sys


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
    from whatsapp.session import verdicts

    quick = {"first": 0.2, "longest": 2.0, "after_replaced": 1.0, "when_outdated": 1.0, "patience": 1.5}
    verdicts.Delays.__init__.__defaults__ = tuple(quick.values())  # type: ignore[misc]

    from django.core.management import execute_from_command_line

    execute_from_command_line([sys.argv[0], "runsession"])


if __name__ == "__main__":
    main()
