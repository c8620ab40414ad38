"""Files in a bucket of an S3 store: over HTTP, on loopback."""

import os
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile, File

from tests.buckets import KEY_ID, SECRET, Bucket
from tests.servers import free_port
from whatsapp import storage, upkeep

NAME = "2024/05/01/file.jpg"
MEGABYTE = 1024 * 1024
NOTHING_WAS_BEGUN_BEFORE = 0.0  # moto says of all uploads that they were begun in 2010


def test_names_begin_with_the_prefix(bucket: Bucket) -> None:
    storage.media().save(NAME, ContentFile(b"x"))
    storage.outbox().save("draft/received", ContentFile(b"y"))
    assert bucket.names() == [f"hub/media/{NAME}", "hub/outbox/draft/received"]


def test_a_large_file_goes_in_parts_and_is_never_in_memory(bucket: Bucket, tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        for number in range(40):
            file.write(bytes([number]) * MEGABYTE)
    storage.media().exists(NAME)  # so that everything is loaded
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            storage.media().save(NAME, File(file))
        part = storage.media().find(NAME).part(0, 40 * MEGABYTE)
        assert sum(map(len, part)) == 40 * MEGABYTE
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * MEGABYTE
    head = bucket.client.head_object(Bucket=bucket.name, Key=f"hub/media/{NAME}")
    assert head["ETag"].strip('"').endswith("-5")  # as S3 marks what came in five parts
    assert bucket.content(f"hub/media/{NAME}") == path.read_bytes()


def test_what_is_called_as_if_it_were_packed_is_not_declared_to_be(bucket: Bucket) -> None:
    storage.media().save("2024/05/01/file.tar.gz", ContentFile(b"x"))
    head = bucket.client.head_object(Bucket=bucket.name, Key="hub/media/2024/05/01/file.tar.gz")
    assert head["ContentType"] == "application/octet-stream"
    assert not head.get("ContentEncoding")


def test_what_a_killed_process_has_sent_of_a_file_goes_after_an_hour(bucket: Bucket) -> None:
    for key in (f"hub/media/{NAME}", "somebody-else/file"):
        begun = bucket.client.create_multipart_upload(Bucket=bucket.name, Key=key)
        bucket.client.upload_part(
            Bucket=bucket.name, Key=key, UploadId=begun["UploadId"], PartNumber=1, Body=b"half"
        )
    assert storage.media().remove_drafts(NOTHING_WAS_BEGUN_BEFORE) == 0

    assert upkeep.remove_drafts() == 1

    left = bucket.client.list_multipart_uploads(Bucket=bucket.name)["Uploads"]
    assert [one["Key"] for one in left] == ["somebody-else/file"]


def test_a_store_that_is_away_is_said_to_be_in_a_sentence(bucket: Bucket, settings: Any) -> None:
    port = free_port()
    away = {name: dict(one) for name, one in bucket.storages.items()}
    away["media"]["OPTIONS"] = {**away["media"]["OPTIONS"], "endpoint_url": f"http://127.0.0.1:{port}"}
    settings.STORAGES = away
    began = time.monotonic()
    for ask in (storage.media().exists, storage.media().read, storage.media().delete):
        with pytest.raises(OSError, match="S3") as raised:
            ask(NAME)
        assert raised.value.strerror == "The S3 store can't be used (EndpointConnectionError)"
        assert not isinstance(raised.value, FileNotFoundError)
    trouble = storage.media().trouble() or ""
    assert trouble.startswith(f"Files can't be stored in the bucket '{bucket.name}': ")
    assert not any(secret in trouble for secret in (KEY_ID, SECRET, str(port)))
    assert time.monotonic() - began < 30


def test_a_bucket_that_is_not_there_is_no_empty_store(bucket: Bucket) -> None:
    assert storage.media().trouble() is None
    bucket.client.delete_bucket(Bucket=bucket.name)
    for ask in (storage.media().listdir, storage.media().read):
        with pytest.raises(OSError, match="NoSuchBucket") as raised:
            ask("2024")
        assert not isinstance(raised.value, FileNotFoundError)
    assert "NoSuchBucket" in (storage.media().trouble() or "")


def run_in_hub(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs Python with the hub's settings and these."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings", **environment},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )


ALL_THAT_IS_SAID = """
import django; django.setup()
from django.core.files.base import ContentFile
from whatsapp import storage
storage.media().save("2024/05/01/file.jpg", ContentFile(b"x"))
print(storage.media().read("2024/05/01/file.jpg"))
"""


def test_the_log_never_tells_who_has_opened_the_bucket(bucket: Bucket) -> None:
    done = run_in_hub(ALL_THAT_IS_SAID, **bucket.environment, LOG_LEVEL="trace")
    assert "b'x'" in done.stdout
    said = done.stdout + done.stderr
    assert not any(secret in said for secret in (KEY_ID, SECRET, "Signature"))


LOADED = """
import sys
import hub.asgi
from whatsapp import storage
storage.media().exists("x"), storage.outbox().exists("x")
print([name for name in ("boto3", "botocore", "storages") if name in sys.modules])
"""


def test_s3_is_loaded_only_where_there_is_a_bucket(bucket: Bucket) -> None:
    assert run_in_hub(LOADED).stdout.strip() == "[]"
    assert run_in_hub(LOADED, **bucket.environment).stdout.strip() == "['boto3', 'botocore', 'storages']"
