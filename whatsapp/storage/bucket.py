"""Files in a bucket of an S3 store, Amazon's or another's."""

import errno
import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

PIECE = 512 * 1024  # bytes; each is a request of its own, and in memory until a client has taken it
# A store that is away must not keep those who wait for it: they give up within half a minute.
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 4, 15, 2
CONNECTIONS_KEPT = 32  # as many as there are threads that answer requests
PART_BYTES = 8 * 1024 * 1024  # of a file that goes up in parts; one is in memory at a time
NOT_THERE = ("404", "NoSuchKey")  # a HEAD has no words
OCTETS = "application/octet-stream"

P = ParamSpec("P")
R = TypeVar("R")


class BucketPart:
    """The bytes of a file from `start`, `length` of them, in pieces.

    A client may take as long over a piece as it likes: no connection to the store is kept for it.
    """

    def __init__(self, piece: Callable[[int, int], bytes], start: int, length: int) -> None:
        self._piece = piece
        self._start, self._end = start, start + length

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._start >= self._end:
            raise StopIteration
        piece = self._piece(self._start, min(PIECE, self._end - self._start))
        self._start += len(piece)
        return piece

    def close(self) -> None:
        self._start = self._end


@dataclass(frozen=True, slots=True)
class BucketFile:
    """A file that is there, and its bytes."""

    size: int
    piece: Callable[[int, int], bytes]

    def part(self, start: int, length: int) -> BucketPart:
        return BucketPart(self.piece, start, length)


def told(method: Callable[P, R]) -> Callable[P, R]:
    """The method, whose errors are OSErrors that say neither key nor address."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "Unknown"))
            if code in NOT_THERE:
                raise FileNotFoundError(errno.ENOENT, "The file is not in the S3 store") from error
            raise OSError(errno.EIO, f"The S3 store refuses it ({code})") from error
        except BotoCoreError as error:
            raise OSError(errno.EIO, f"The S3 store can't be used ({type(error).__name__})") from error

    return call


class BucketStorage(S3Storage):
    """A `whatsapp.storage.FileStore` in a bucket, below `location`. The options are django-storages' own.

    S3 shows a file when all of it has arrived, and a large one goes there in parts.
    """

    def __init__(self, *, addressing_style: str = "auto", **options: Any) -> None:
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=CONNECTIONS_KEPT,
            # Not all stores know the checksums that Amazon's takes by default.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": addressing_style},
        )
        transfer = TransferConfig(
            multipart_threshold=2 * PART_BYTES, multipart_chunksize=PART_BYTES, use_threads=False
        )
        super().__init__(
            client_config=config,
            transfer_config=transfer,
            file_overwrite=True,
            max_memory_size=PART_BYTES,  # of a file that is read through `open`
            # By a file's name it would be guessed, and what is called .gz declared to be packed.
            object_parameters={"ContentType": OCTETS},
            **options,
        )
        self._resource: Any = None
        self._making = threading.Lock()

    @property
    def connection(self) -> Any:
        """One for all threads: its client is safe for that, and takes a while to make."""
        with self._making:
            if self._resource is None:
                self._resource = self._create_session().resource(
                    "s3",
                    region_name=self.region_name,
                    endpoint_url=self.endpoint_url,
                    config=self.client_config,
                )
        return self._resource

    @property
    def _client(self) -> Any:
        return self.connection.meta.client

    def _key(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket_name, "Key": self._normalize_name(name)}

    _open = told(S3Storage._open)
    _save = told(S3Storage._save)
    delete = told(S3Storage.delete)
    exists = told(S3Storage.exists)
    size = told(S3Storage.size)
    get_modified_time = told(S3Storage.get_modified_time)
    listdir = told(S3Storage.listdir)

    @told
    def read(self, name: str) -> bytes:
        data: bytes = self._client.get_object(**self._key(name))["Body"].read()
        return data

    def find(self, name: str) -> BucketFile:
        return BucketFile(self.size(name), functools.partial(self._piece, name))

    @told
    def _piece(self, name: str, start: int, length: int) -> bytes:
        answer = self._client.get_object(**self._key(name), Range=f"bytes={start}-{start + length - 1}")
        piece: bytes = answer["Body"].read()
        if len(piece) != length:
            raise OSError(errno.EIO, "The file in the S3 store is shorter than it was")
        return piece

    @told
    def renew(self, name: str) -> None:
        key = self._key(name)
        self._client.copy_object(**key, CopySource=key, MetadataDirective="REPLACE", ContentType=OCTETS)

    @told
    def remove_drafts(self, before: float) -> int:
        """A process that is killed leaves the parts that it has sent, and the store bills for them."""
        removed = 0
        pages = self._client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=self.bucket_name, Prefix=f"{self.location}/"):
            for upload in page.get("Uploads", ()):
                if upload["Initiated"].timestamp() < before:
                    self._client.abort_multipart_upload(
                        Bucket=self.bucket_name, Key=upload["Key"], UploadId=upload["UploadId"]
                    )
                    removed += 1
        return removed

    def trouble(self) -> str | None:
        try:
            self._look()
        except OSError as error:
            return f"Files can't be stored in the bucket {self.bucket_name!r}: {error.strerror}."
        return None

    @told
    def _look(self) -> None:
        self._client.list_objects_v2(Bucket=self.bucket_name, Prefix=f"{self.location}/", MaxKeys=1)

    def why_empty(self) -> str:
        return (
            f"The bucket {self.bucket_name!r} holds none of the files that were downloaded: is it the right "
            f"one, and have they been moved there (manage.py movemedia)?"
        )
