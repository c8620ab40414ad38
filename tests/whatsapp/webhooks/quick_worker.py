"""The worker with a day made short: retries come within a second, an attempt may take one."""

import os
import sys

import django

if __name__ == "__main__":
    django.setup()

    from django.core.management import call_command

    from whatsapp.webhooks import leases, schedule, sending

    schedule.DELAYS = tuple(float(word) for word in os.environ.get("DELAYS", "0.3").split(","))  # type: ignore[assignment]
    sending.ATTEMPT_SECONDS = float(os.environ.get("ATTEMPT_SECONDS", "1"))
    leases.LEASE_MS = 3000
    from whatsapp.webhooks import results

    results.LEASE_MS = 3000
    results.PAUSE_SECONDS = schedule.PAUSE_SECONDS = int(os.environ.get("PAUSE_SECONDS", "86400"))
    sys.argv = ["manage.py", "run_huey", "--quiet"]
    call_command("run_huey", quiet=True)
