"""Where files are stored, as the S3_ variables say: Django's STORAGES."""

import importlib.util
import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from hub.env import Environment

BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
REGION = re.compile(r"[A-Za-z0-9-]{1,64}")
PREFIX = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
STYLES = ("auto", "path", "virtual")
NEED_A_BUCKET = (
    *("S3_ENDPOINT_URL", "S3_REGION", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "S3_PREFIX"),
    "S3_ADDRESSING_STYLE",
)
PACKAGES = ("boto3", "storages")


def storages_of(env: Environment) -> dict[str, dict[str, Any]]:
    """Files of messages, and those to be sent: in a bucket where one is named, else in folders."""
    options = bucket_of(env)
    if options is None:
        backend = "whatsapp.storage.folder.FolderStorage"
        ours = {"media": {"setting": "MEDIA_DIR"}, "outbox": {"setting": "OUTBOX_DIR"}}
    else:
        backend = "whatsapp.storage.bucket.BucketStorage"
        prefix = prefix_of(env)
        ours = {name: {**options, "location": f"{prefix}{name}"} for name in ("media", "outbox")}
    return {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},  # unused; Django wants one
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        **{name: {"BACKEND": backend, "OPTIONS": own} for name, own in ours.items()},
    }


def bucket_of(env: Environment) -> dict[str, Any] | None:
    """The options of `whatsapp.storage.bucket.BucketStorage`; None where no bucket is named."""
    bucket = env.text("S3_BUCKET")
    if not bucket:
        if alone := next(filter(env.text, NEED_A_BUCKET), None):
            raise ImproperlyConfigured(
                f"S3_BUCKET is not set, but {alone} is: name the bucket that files go into, or take the "
                f"other away."
            )
        return None
    if not BUCKET.fullmatch(bucket):
        raise ImproperlyConfigured(
            f"S3_BUCKET is {bucket!r}: it must be 3 to 255 letters, digits, dots, hyphens or underscores, "
            f"with a letter or digit at each end."
        )
    if not all(map(importlib.util.find_spec, PACKAGES)):
        raise ImproperlyConfigured(
            "S3_BUCKET is set, but what it needs is not installed: "
            "run .venv/bin/python -m pip install -r requirements-s3.txt"
        )
    style = env.text("S3_ADDRESSING_STYLE", "auto")
    if style not in STYLES:
        raise ImproperlyConfigured(
            f"S3_ADDRESSING_STYLE is {style!r}: it must be one of {', '.join(STYLES)}."
        )
    return {
        "bucket_name": bucket,
        "endpoint_url": endpoint_of(env),
        "region_name": region_of(env),
        **credentials_of(env),
        "addressing_style": style,
    }


def endpoint_of(env: Environment) -> str | None:
    """The store's address; None is Amazon's. As there may be a password in a bad one, it is not shown."""
    url = env.text("S3_ENDPOINT_URL")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if (
        not host
        or parts.scheme not in ("http", "https")
        or "@" in parts.netloc
        or parts.query
        or parts.fragment
    ):
        raise ImproperlyConfigured(
            "S3_ENDPOINT_URL is no address of an S3 store: it must be http:// or https:// with a host and "
            "perhaps a port, and no user name."
        )
    return url


def region_of(env: Environment) -> str:
    names = ("S3_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")
    name = next(filter(env.text, names), names[0])
    region = env.text(name, "us-east-1")
    if not REGION.fullmatch(region):
        raise ImproperlyConfigured(
            f"{name} is {region!r}: it must be a region's name, such as eu-central-1; some stores say auto."
        )
    return region


def credentials_of(env: Environment) -> dict[str, str | None]:
    """The key of S3_ variables, else of the AWS_ ones; without any, boto3 looks where it always does: in
    `~/.aws`, and at the machine's role."""
    for owner, token in (("S3", None), ("AWS", "AWS_SESSION_TOKEN")):
        names = (f"{owner}_ACCESS_KEY_ID", f"{owner}_SECRET_ACCESS_KEY")
        found = [name for name in names if env.text(name)]
        if len(found) == 1:
            missing = next(name for name in names if name not in found)
            raise ImproperlyConfigured(
                f"{missing} is not set, but {found[0]} is: set both, or neither where the machine has a role."
            )
        if found:
            key, secret = map(env.text, names)
            return {
                "access_key": key,
                "secret_key": secret,
                "security_token": (env.text(token) or None) if token else None,
            }
    return {"access_key": None, "secret_key": None, "security_token": None}


def prefix_of(env: Environment) -> str:
    """What all names in the bucket begin with: empty, or with a slash at its end."""
    prefix = env.text("S3_PREFIX").strip("/")
    if prefix and (not PREFIX.fullmatch(prefix) or len(prefix) > 200):
        raise ImproperlyConfigured(
            f"S3_PREFIX is {prefix!r}: it must be a path such as hub/files, of letters, digits, dots, "
            f"hyphens and underscores, and 200 characters at the most."
        )
    return f"{prefix}/" if prefix else ""
