"""Django's settings. Everything that an owner may choose comes from the environment (see `.env.example`)."""

import hashlib
import hmac
import os
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from hub.env import Environment
from hub.stores import storages_of
from whatsapp.log_levels import levels_of_loggers

BASE_DIR = Path(__file__).resolve().parent.parent
ENV_FILE = Path(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
env = Environment.read(ENV_FILE)
VERSION = "0.1.0"

# What the owner chooses

PORT = env.integer("PORT", 3100, 1, 65535, "the port that the hub listens on")
HOST = env.text("HOST", "127.0.0.1")
WEB_PROCESSES = env.integer(
    "WEB_PROCESSES", 0, 0, 64, "processes that answer requests; 0 is one for each core, four at most"
) or min(4, len(os.sched_getaffinity(0)))
CORS_ORIGINS = env.origins("CORS_ORIGINS")
MAX_LISTENERS = env.integer("MAX_LISTENERS", 2000, 1, 100_000, "WebSockets and event streams of a process")
PROXIES = env.integer("PROXIES", 0, 0, 10, "reverse proxies between clients and the hub")
API_KEY = env.secret("API_KEY", least=16)
DATA_DIR = env.folder("DATA_DIR", BASE_DIR / "data", BASE_DIR)
POSTGRESQL = env.database("DATABASE_URL")  # Django's settings of it; None: a file in DATA_DIR
REDIS_URL = env.redis("REDIS_URL")  # where the queue, wake-ups and counts are shared; empty: nowhere
MEDIA_DIR = env.folder("MEDIA_DIR", DATA_DIR / "media", BASE_DIR)
OUTBOX_DIR = env.folder("OUTBOX_DIR", DATA_DIR / "outbox", BASE_DIR, mode=0o700)
STORAGES = storages_of(env)
AUTO_DOWNLOAD_MEDIA = env.boolean("AUTO_DOWNLOAD_MEDIA", default=True)
TRACK_PRESENCE = env.boolean("TRACK_PRESENCE", default=True)
PRESENCE_RETENTION_DAYS = env.integer("PRESENCE_RETENTION_DAYS", 90, 0, 36_500, "days; 0 keeps it for ever")
MAX_MEDIA_SIZE_MB = env.integer("MAX_MEDIA_SIZE_MB", 100, 0, 10_000, "megabytes; 0 is unlimited")
ALLOW_PRIVATE_URLS = env.boolean("ALLOW_PRIVATE_URLS", default=False)
LOG_LEVEL = env.log_level("LOG_LEVEL", "info")
SESSION_NAME = env.slug("SESSION_NAME", "default")
WEBHOOK_URLS = env.urls("WEBHOOK_URLS", most=2048)
WEBHOOK_SECRET = env.text("WEBHOOK_SECRET")
# Seals secrets at rest; without one, a random key in DATA_DIR/encryption.key does.
ENCRYPTION_KEY = env.secret_or_none("ENCRYPTION_KEY", least=16)

EVENT_RETENTION_DAYS = env.integer("EVENT_RETENTION_DAYS", 0, 0, 36_500, "days; 0 keeps it for ever")
# For ever, unless the owner says otherwise: an act that is forgotten could be asked for again by its key.
DELIVERY_RETENTION_DAYS = env.integer("DELIVERY_RETENTION_DAYS", 30, 0, 36_500, "days; 0 keeps them for ever")
ACTION_RETENTION_DAYS = env.integer("ACTION_RETENTION_DAYS", 0, 0, 36_500, "days; 0 keeps them for ever")
REQUESTS_PER_MINUTE = env.integer(
    "REQUESTS_PER_MINUTE", 6000, 0, 1_000_000, "requests of each key; 0 is no limit"
)
SEND_RATE_PER_MINUTE = env.integer("SEND_RATE_PER_MINUTE", 20, 0, 10_000, "messages; 0 is no limit")
SEND_JITTER_SECONDS = env.number("SEND_JITTER_SECONDS", 2.0, 0, 300, "seconds; 0 is none")

# The simulator's `simulator.json`; set by `make demo` and by tests, never in normal use. The session then
# trusts that simulator and does not talk to WhatsApp.
SIMULATOR = env.text("SIMULATOR")
DEMO_HASTE = env.integer("DEMO_HASTE", 1, 1, 100, "how many times faster than people the demo's people are")

# Django

# One secret to keep: whoever replaces the API key also ends every signed-in session.
SECRET_KEY = hmac.digest(API_KEY.encode(), b"django secret key", hashlib.sha256).hex()
DEBUG = False
ALLOWED_HOSTS = ["*"]  # A self-hosted service does not know its names; every route but a few needs a key.

INSTALLED_APPS = [
    "hub.admin_app.HubAdminConfig",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "channels",
    "huey.contrib.djhuey",
    "hub",
    "whatsapp",
    "api",
    "dashboard",
]
MIDDLEWARE = [
    "hub.monitoring.CountRequests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hub.pages.PageFormSizeMiddleware",
    "hub.pages.PageSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "hub.pages.PageCsrfMiddleware",
    "hub.pages.PageAuthenticationMiddleware",
    "hub.pages.PageMessageMiddleware",
    "hub.pages.PageFrameOptionsMiddleware",
    "hub.pages.PageHtmxMiddleware",
]
if CORS_ORIGINS:
    MIDDLEWARE.insert(0, "corsheaders.middleware.CorsMiddleware")
    INSTALLED_APPS.append("corsheaders")
CORS_URLS_REGEX = r"^/(api/|health$)"
CORS_ALLOW_ALL_ORIGINS = "*" in CORS_ORIGINS
CORS_ALLOWED_ORIGINS = [origin for origin in CORS_ORIGINS if origin != "*"]
CORS_ALLOW_HEADERS = ["authorization", "content-type", "idempotency-key", "last-event-id", "x-api-key"]
CORS_EXPOSE_HEADERS = ["retry-after"]
ROOT_URLCONF = "hub.urls"
ASGI_APPLICATION = "hub.asgi.application"
WSGI_APPLICATION = "hub.wsgi.application"
APPEND_SLASH = False
# Of a body without a file: JSON takes thirty times as much memory when it is read. Files have a limit of
# their own (api/uploads.py), and are never in memory.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.shell.shell",
            ]
        },
    }
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # served from where they are: nothing has to be collected first

AUTHENTICATION_BACKENDS = ["hub.owner.OwnerBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "/login"
SESSION_ENGINE = "hub.browsers"
SESSION_COOKIE_NAME = f"hub_session_{PORT}"  # browsers keep no cookies apart for two hubs on one machine
# What a proxy that speaks TLS says of its client. Without it no form could be sent through one; who makes
# it up deceives nobody but themself.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SQLITE = {
    "ENGINE": "hub.sqlite",
    "NAME": DATA_DIR / "whatsapp-hub.db",
    "OPTIONS": {
        # A reader never waits for a writer. NORMAL survives the death of any process; the inbox, which
        # must survive a power cut too, asks for FULL on its own connection (whatsapp/ingest/inbox.py).
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; "
            "PRAGMA cache_size=-16000; PRAGMA mmap_size=268435456; PRAGMA recursive_triggers=ON;"
        ),
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds, for a connection to be made; then see hub/sqlite/base.py
    },
}
if POSTGRESQL is not None:
    # A connection that is lost with the machine is noticed in some ten seconds, and before it is used again.
    POSTGRESQL["OPTIONS"] = {
        "connect_timeout": 5,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,  # milliseconds
        **POSTGRESQL.get("OPTIONS", {}),
    }
    POSTGRESQL["CONN_HEALTH_CHECKS"] = True
DATABASES = {"default": {**(POSTGRESQL or SQLITE), "CONN_MAX_AGE": None}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

# huey loads the clients of every queue that it knows, where they are installed: 20 MB in each process.
for client, is_used in (("redis", REDIS_URL), ("psycopg", POSTGRESQL)):
    if not is_used:
        sys.modules.setdefault(client, None)  # type: ignore[arg-type]  # Python's way to keep one out

HUEY_FILE = {"huey_class": "whatsapp.queue.PromptHuey", "filename": str(DATA_DIR / "queue.db")}
HUEY_REDIS = {"huey_class": "whatsapp.queue.SharedHuey"}
HUEY = {
    **(HUEY_REDIS if REDIS_URL else HUEY_FILE),
    "name": "whatsapp-hub",
    "immediate": False,
    "consumer": {"workers": 8, "worker_type": "thread", "check_worker_health": True},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.ApiKeyAuthentication",
        "api.browsing.SignedIn",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["api.access.MayCall"],
    "DEFAULT_RENDERER_CLASSES": ["api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "api.schema.ExactCalls",
    "EXCEPTION_HANDLER": "api.errors.handle_exception",
    "DEFAULT_THROTTLE_CLASSES": ["api.throttles.KeyRate"],
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "WhatsApp Hub",
    "DESCRIPTION": (BASE_DIR / "api" / "description.md").read_text(),
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api",
    "AUTHENTICATION_WHITELIST": ["api.authentication.ApiKeyAuthentication"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENFORCE_NON_BLANK_FIELDS": True,
    # Forms are taken as well, but a generated client would not know which of the two to send.
    "PARSER_WHITELIST": ["api.parsers.JSONParser"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "whatsapp.log_lines.OneLine",
            "format": "{asctime} {levelname:<7} {name}: {message}",
            "datefmt": "%Y-%m-%d %H:%M:%S",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": levels_of_loggers(LOG_LEVEL)[""]},
    "loggers": {name: {"level": level} for name, level in levels_of_loggers(LOG_LEVEL).items() if name},
}

if MEDIA_DIR in DATA_DIR.parents:
    raise ImproperlyConfigured(
        f"MEDIA_DIR is {str(MEDIA_DIR)!r}, which contains DATA_DIR: it must be a folder of its own."
    )
if OUTBOX_DIR in (DATA_DIR, MEDIA_DIR, *DATA_DIR.parents, *MEDIA_DIR.parents):
    raise ImproperlyConfigured(
        f"OUTBOX_DIR is {str(OUTBOX_DIR)!r}, which is or contains DATA_DIR or MEDIA_DIR: it must be a folder "
        f"of its own."
    )
