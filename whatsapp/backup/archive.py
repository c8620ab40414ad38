"""The file of a backup: a tar; an encrypted one, a zip of two files in age's format (age-encryption.org).

`backup.tar.age` is the tar, encrypted with a key of its own; `key.age` is that key, encrypted with the
passphrase. So the tool `age` opens it, too. Neither is ever in memory, or on a disk unencrypted, as a whole.
"""

import contextlib
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import pyrage

KEY, BODY = "key.age", "backup.tar.age"
LONGEST_KEY = 4096  # bytes


class BadArchive(Exception):
    """The file can't be read as a backup; the message says why in a sentence."""


@contextlib.contextmanager
def writing(path: Path, passphrase: str | None) -> Iterator[tarfile.TarFile]:
    """A tar to add to. The file is there, for this user alone, once all of it is on disk. Raises OSError."""
    draft = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
            with contextlib.ExitStack() as stack:
                body = stack.enter_context(encrypted(file, passphrase)) if passphrase else file
                yield stack.enter_context(tarfile.open(fileobj=body, mode="w|"))
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)  # which fails where there is a file by now
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def encrypted(file: IO[bytes], passphrase: str) -> Iterator[IO[bytes]]:
    """What is written goes into the zip `file`, encrypted."""
    key = pyrage.x25519.Identity.generate()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr(KEY, pyrage.passphrase.encrypt(str(key).encode(), passphrase))
        with (
            zipped.open(BODY, "w", force_zip64=True) as body,
            pumped(lambda plain: pyrage.encrypt_io(plain, body, [key.to_public()])) as stream,
        ):
            yield stream


@contextlib.contextmanager
def reading(path: Path, passphrase: str | None) -> Iterator[tarfile.TarFile]:
    """The backup's tar, to be read once from its beginning to its end. Raises BadArchive and OSError."""
    try:
        if not is_encrypted(path):
            with tarfile.open(path, "r|") as tar:
                yield tar
            return
        with zipfile.ZipFile(path) as zipped, zipped.open(BODY) as body:
            require_unpacked(zipped)
            key = key_in(zipped, passphrase)
            with (
                drained(lambda plain: pyrage.decrypt_io(body, plain, [key])) as stream,
                tarfile.open(fileobj=stream, mode="r|") as tar,
            ):
                yield tar
    except (tarfile.TarError, zipfile.BadZipFile, KeyError, pyrage.DecryptError) as error:
        raise BadArchive(f"It is no backup, or is damaged: {error}.") from error


def is_encrypted(path: Path) -> bool:
    return zipfile.is_zipfile(path)


def require_unpacked(zipped: zipfile.ZipFile) -> None:
    """Raises BadArchive for a zip that grows when it is read, as no backup does: it may have no end."""
    for name in (KEY, BODY):
        if zipped.getinfo(name).compress_type != zipfile.ZIP_STORED:
            raise BadArchive(f"{name} is packed, which it is in no backup.")
    if zipped.getinfo(KEY).file_size > LONGEST_KEY:
        raise BadArchive(f"{KEY} is too large for a key.")


def key_in(zipped: zipfile.ZipFile, passphrase: str | None) -> Any:
    if not passphrase:
        raise BadArchive("The backup is encrypted: it needs its passphrase.")
    try:
        return pyrage.x25519.Identity.from_str(
            pyrage.passphrase.decrypt(zipped.read(KEY), passphrase).decode()
        )
    except pyrage.DecryptError as error:
        raise BadArchive("The passphrase is not the one that the backup was encrypted with.") from error


# age's library asks for bytes, and hands bytes on, by itself; tarfile does too. So one of them has a thread.


@contextlib.contextmanager
def pumped(work: Callable[[IO[bytes]], None]) -> Iterator[IO[bytes]]:
    """A stream to write to, which `work` reads from."""
    source, target = os.pipe()

    def run() -> None:
        with os.fdopen(source, "rb") as plain:  # once it is closed, whoever writes on is told
            work(plain)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(run)
        try:
            with os.fdopen(target, "wb") as stream:
                yield stream
        except BrokenPipeError:
            done.result()  # raises what went wrong
            raise
        done.result()


@contextlib.contextmanager
def drained(work: Callable[[IO[bytes]], None]) -> Iterator[IO[bytes]]:
    """A stream to read from, which `work` writes to."""
    source, target = os.pipe()

    def run() -> None:
        with os.fdopen(target, "wb") as plain:
            work(plain)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(run)
        with os.fdopen(source, "rb") as stream:
            yield stream
            while stream.read(1 << 16):
                pass  # what comes after the tar's end is checked, too
        done.result()
