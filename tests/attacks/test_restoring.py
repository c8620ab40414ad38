"""A backup that somebody else has made: nothing gets out of its place, and none fills memory or disk."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pyrage
import pytest
from django.db import connection

from tests.attacks.table import tried
from whatsapp.backup import archive, restoring

MANIFEST = {
    "format": 1,
    "version": "0.1.0",
    "made_at": "2026-01-01T00:00:00+00:00",
    "database": connection.vendor,
    "migrations": [],
    "accounts": ["default"],
    "has_files": True,
    "has_secrets": False,
}
PASSPHRASE = "correct horse battery"
MEGABYTE = 1 << 20


@pytest.fixture
def drafts(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_DIR = tmp_path / "media"
    (tmp_path / "drafts").mkdir()
    return tmp_path / "drafts"


def entry(name: str, data: bytes = b"x", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    made = tarfile.TarInfo(name)
    made.size = len(data)
    for field, value in fields.items():
        setattr(made, field, value)
    return made, data


def tar_of(*entries: tuple[tarfile.TarInfo, bytes], manifest: Any = MANIFEST, sums: bytes = b"{}") -> bytes:
    out = io.BytesIO()
    text = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for one, data in (entry("manifest.json", text), *entries, entry("sha256.json", sums)):
            tar.addfile(one, io.BytesIO(data))
    return out.getvalue()


def unpacked(tar: bytes, drafts: Path) -> str:
    """Why it is not restored."""
    path = drafts.with_name("hostile.tar")
    path.write_bytes(tar)
    with (
        pytest.raises((archive.BadArchive, restoring.NotRestored)) as refused,
        archive.reading(path, None) as tarred,
    ):
        restoring.unpack(tarred, drafts)
    return str(refused.value)


def files_beside(drafts: Path) -> list[str]:
    """What was written outside of the folders that are meant."""
    allowed = (drafts, drafts.with_name("media"), drafts.with_name("hostile.tar"))
    return [
        str(path)
        for path in drafts.parent.rglob("*")
        if not any(path == place or place in path.parents for place in allowed)
    ]


NAMES = [
    "../outside", "media/../../outside", "auth/../../outside", "/tmp/outside-of-the-hub", "//outside",
    "media//../../outside", "./../outside", "etc/passwd", "Media/x", "", ".", "./.", "media\\..\\outside",
    "manifest.json", "x" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@tried("path traversal in a backup", fields=lambda: ["names of its parts"])
def test_a_name_leads_nowhere_else(drafts: Path, name: str) -> None:
    why = unpacked(tar_of(entry(name)), drafts)
    assert "which is no part of a backup" in why or "damaged" in why
    assert files_beside(drafts) == []


@tried("names that no file system takes", fields=lambda: ["names of its parts"])
def test_a_name_that_no_file_can_have_is_refused(drafts: Path) -> None:
    hostile = entry("x", pax_headers={"path": "media/a\0b"})
    assert "no part of a backup" in unpacked(tar_of(hostile), drafts)
    assert "no part of a backup" in unpacked(tar_of(entry("media/" + "y" * 300)), drafts)


KINDS = {
    "symlink": tarfile.SYMTYPE,
    "hard link": tarfile.LNKTYPE,
    "character device": tarfile.CHRTYPE,
    "block device": tarfile.BLKTYPE,
    "pipe": tarfile.FIFOTYPE,
    "folder": tarfile.DIRTYPE,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["media/x", "auth/default", "outbox", "database"])
@tried("links, devices and pipes in a backup", fields=lambda: list(KINDS))
def test_what_is_no_file_is_refused(drafts: Path, kind: str, name: str) -> None:
    hostile = entry(
        name, b"", type=KINDS[kind], linkname=str(drafts.parent / "outside"), devmajor=1, devminor=3
    )
    assert "which is no file" in unpacked(tar_of(hostile, entry(f"{name}/more")), drafts)
    assert files_beside(drafts) == []
    assert not any(path.is_symlink() for path in drafts.parent.rglob("*"))


@tried("a bomb in a backup: a file of holes", fields=lambda: ["sparse files"])
def test_a_file_of_holes_is_refused(drafts: Path) -> None:
    """1 TB that takes a few hundred bytes."""
    size = 1 << 40
    holes = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "media/x",
        "GNU.sparse.realsize": str(size),
    }
    table = f"1\n{size - 1}\n1\n".encode().ljust(512, b"\0") + b"x"
    assert "which is no file" in unpacked(tar_of(entry("media/x", table, pax_headers=holes)), drafts)
    assert sum(path.stat().st_size for path in drafts.parent.rglob("*") if path.is_file()) < MEGABYTE


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b'{"format":' * 50_000,
        b"null",
        b"\xff\xfe",
        json.dumps(MANIFEST | {"format": "1"}).encode(),
        json.dumps(MANIFEST | {"format": {}}).encode(),
        json.dumps(MANIFEST | {"migrations": 5}).encode(),
        json.dumps(MANIFEST | {"migrations": [[]]}).encode(),
        json.dumps(MANIFEST | {"accounts": "x"}).encode(),
    ],
)
@tried("malformed and deeply nested JSON in a backup", fields=lambda: ["manifest.json", "sha256.json"])
def test_a_strange_description_is_refused(drafts: Path, text: bytes) -> None:
    assert "no backup of a hub" in unpacked(tar_of(manifest=text), drafts)
    if not text.startswith(b'{"format": '):
        assert "damaged" in unpacked(tar_of(sums=text), drafts)


@pytest.mark.parametrize("part", ["manifest", "sums"])
@tried("a bomb in a backup: endless JSON", fields=lambda: ["manifest.json", "sha256.json"])
def test_a_description_without_end_is_not_read(drafts: Path, part: str) -> None:
    before = psutil.Process().memory_info().rss
    unpacked(tar_of(**{part: b" " * (80 * MEGABYTE)}), drafts)
    assert psutil.Process().memory_info().rss - before < 300 * MEGABYTE  # most of it the test's own


def zip_of(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in parts.items():
            zipped.writestr(f"{name}.age", data)
    return out.getvalue()


def key_bomb() -> bytes:
    return zip_of(key=bytes(100 * MEGABYTE), **{"backup.tar": b"x"})


def body_bomb() -> bytes:
    sealed = pyrage.passphrase.encrypt(str(pyrage.x25519.Identity.generate()).encode(), PASSPHRASE)
    return zip_of(key=sealed, **{"backup.tar": bytes(100 * MEGABYTE)})


@pytest.mark.parametrize("made", [key_bomb, body_bomb])
@tried("a zip bomb as an encrypted backup", fields=lambda: ["key.age", "backup.tar.age"])
def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, made: Callable[[], bytes]) -> None:
    path = tmp_path / "hostile.zip"
    path.write_bytes(made())
    assert path.stat().st_size < MEGABYTE
    peak = psutil.Process().memory_info().rss
    with pytest.raises(archive.BadArchive, match="packed"), archive.reading(path, PASSPHRASE):
        pass
    assert psutil.Process().memory_info().rss - peak < 50 * MEGABYTE
    assert [one.name for one in tmp_path.iterdir()] == ["hostile.zip"]
