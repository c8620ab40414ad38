#!/usr/bin/env python3
"""Runs the hub's commands: `python manage.py help` lists them."""

import os
import secrets
import sys


def main() -> None:
    os.umask(0o077)  # what is stored is for this user's eyes alone
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    if sys.argv[1:2] == ["restore"]:  # where there is no hub yet, there is no key
        os.environ.setdefault("API_KEY", secrets.token_urlsafe(32))
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.configured or settings.INSTALLED_APPS  # noqa: B018  (reads the environment)
    except ImproperlyConfigured as error:
        sys.exit(f"The hub can't start: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
