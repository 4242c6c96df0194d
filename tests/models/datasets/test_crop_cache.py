"""Face crops from clips are kept privately, for a week, or not at all."""

import os
import stat
import time
from pathlib import Path

import numpy as np
import pytest

from models.datasets import crop_cache

CROPS = np.arange(2 * 48 * 48, dtype=np.uint8).reshape(2, 48, 48)


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> crop_cache.CachedCrops:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return crop_cache.of_clip(tmp_path / "clip.mp4", "settings")


def test_crops_are_for_their_owner_alone(cached: crop_cache.CachedCrops) -> None:
    before = os.umask(0)
    try:
        cached.write(CROPS)
    finally:
        os.umask(before)
    assert stat.S_IMODE(cached.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(cached.path.parent.stat().st_mode) == 0o700
    found = cached.read()
    assert found is not None
    np.testing.assert_array_equal(found, CROPS)


def test_a_folder_that_others_can_write_is_not_used(cached: crop_cache.CachedCrops) -> None:
    cached.path.parent.mkdir(parents=True)
    cached.path.parent.chmod(0o777)
    cached.write(CROPS)
    assert list(cached.path.parent.iterdir()) == []


def test_crops_are_deleted_after_a_week(cached: crop_cache.CachedCrops) -> None:
    cached.write(CROPS)
    crop_cache.delete_old()
    assert cached.read() is not None
    old_s = time.time() - crop_cache.KEPT_S - 60
    os.utime(cached.path, (old_s, old_s))
    crop_cache.delete_old()
    assert list(cached.path.parent.iterdir()) == []


def test_without_the_cache_nothing_is_read_or_written(cached: crop_cache.CachedCrops) -> None:
    with crop_cache.switched(on=False):
        cached.write(CROPS)
        assert not cached.path.parent.exists()
    cached.write(CROPS)
    with crop_cache.switched(on=False):
        assert cached.read() is None
    assert cached.read() is not None
