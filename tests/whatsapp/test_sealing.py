"""Secrets at rest."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from whatsapp import sealing
from whatsapp.random_texts import random_text_in


def test_what_is_sealed_is_opened_and_looks_like_nothing() -> None:
    one, two = sealing.seal("hush-hush ☕"), sealing.seal("hush-hush ☕")
    assert one != two
    assert "hush" not in one
    assert sealing.unseal(one) == sealing.unseal(two) == "hush-hush ☕"


def test_another_key_opens_nothing(settings: Any, tmp_path: Path) -> None:
    settings.ENCRYPTION_KEY = "a key of sixteen and more"
    sealed = sealing.seal("hush")
    assert sealing.unseal(sealed) == "hush"
    assert not (tmp_path / sealing.KEY_FILE).exists()
    for key in ("another of sixteen and more", ""):
        settings.ENCRYPTION_KEY = key
        with pytest.raises(sealing.Unsealable, match="another key"):
            sealing.unseal(sealed)
    for text in ("", "nonsense", sealed[:-5]):
        with pytest.raises(sealing.Unsealable):
            sealing.unseal(text)


def test_the_key_is_made_once_for_this_user_alone(settings: Any, tmp_path: Path) -> None:
    settings.ENCRYPTION_KEY, settings.DATA_DIR = "", tmp_path
    path = tmp_path / sealing.KEY_FILE
    sealed = sealing.seal("hush")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    random_text_in.cache_clear()  # as after a restart
    assert sealing.unseal(sealed) == "hush"
    assert list(tmp_path.iterdir()) == [path]


def test_those_who_make_the_key_at_once_have_the_same(tmp_path: Path) -> None:
    path = tmp_path / sealing.KEY_FILE
    with ThreadPoolExecutor(16) as threads:
        keys = set(threads.map(random_text_in.__wrapped__, [path] * 200))
    assert keys == {path.read_text()}
    assert len(keys.pop()) >= 40
