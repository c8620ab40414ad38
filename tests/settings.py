"""The hub's settings for tests: a data folder of their own, made anew for each run.

With TEST_DATABASE=postgresql in the environment, on a PostgreSQL that is started for them.
"""

import os
import tempfile
from pathlib import Path

_folder = Path(tempfile.mkdtemp(prefix="hub-tests-"))
for name in (
    *("PORT", "HOST", "PROXIES", "MEDIA_DIR", "SIMULATOR", "SESSION_NAME", "CORS_ORIGINS", "MAX_LISTENERS"),
    *("WEBHOOK_URLS", "WEBHOOK_SECRET", "ENCRYPTION_KEY", "EVENT_RETENTION_DAYS", "ACTION_RETENTION_DAYS"),
    *("DELIVERY_RETENTION_DAYS", "REQUESTS_PER_MINUTE", "SEND_RATE_PER_MINUTE", "SEND_JITTER_SECONDS"),
    *("WEB_PROCESSES", "DATABASE_URL", "REDIS_URL", "OUTBOX_DIR"),
    *("S3_BUCKET", "S3_ENDPOINT_URL", "S3_REGION", "S3_PREFIX"),
    *("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "S3_ADDRESSING_STYLE"),
):
    os.environ.pop(name, None)
os.environ |= {
    "ENV_FILE": str(_folder / "none"),
    "API_KEY": "test-key-0123456789abcdef",
    "DATA_DIR": str(_folder),
    "LOG_LEVEL": "info",
}
import redis  # noqa: E402, F401  (before the settings, which keep it out where it is not used)

from tests import servers  # noqa: E402

if servers.is_tested_on_postgresql():
    os.environ["DATABASE_URL"] = servers.database_url("hub")

from hub.settings import *  # noqa: E402, F403
from hub.settings import DATABASES  # noqa: E402

# The file that a process with these settings uses: tests and the processes they start see one database.
DATABASES["default"]["TEST"] = {"NAME": str(DATABASES["default"]["NAME"])}

# Each test's client makes the middleware anew, which would list all static files each time.
WHITENOISE_AUTOREFRESH = True
