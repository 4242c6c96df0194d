"""How much room on the disk the reserve takes."""

import os
from types import SimpleNamespace

import pytest

from edge.journal.file.reserve import RESERVE_BYTES, SEALED_RESERVE_BYTES, Reserve, reserves_in
from edge.journal.store import Journal


@pytest.fixture
def free(monkeypatch):
    """free(bytes): so much room has the disk from then on."""

    def has(free_bytes):
        monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=free_bytes // 512, f_frsize=512))

    return has


def size_of(reserve):
    return reserve.path.stat().st_size if reserve.held else None


@pytest.mark.parametrize(("sealed", "most"), [(False, RESERVE_BYTES), (True, SEALED_RESERVE_BYTES)])
def test_on_a_disk_with_room_it_has_its_whole_size(tmp_path, free, sealed, most):
    reserve = Reserve(tmp_path / "j", sealed=sealed)
    free(2**40)
    assert reserve.make()
    assert size_of(reserve) == most
    assert size_of(Reserve(tmp_path / "other")) is None


def test_of_little_room_it_takes_an_eighth_and_of_very_little_none(tmp_path, free):
    reserve = Reserve(tmp_path / "j")
    free(2**19 - 512)
    assert not reserve.make()
    free(2**19)
    assert reserve.make()
    assert size_of(reserve) == 2**16


def test_it_grows_with_the_room_and_never_shrinks(tmp_path, free):
    reserve = Reserve(tmp_path / "j")
    free(2**20)
    reserve.make()
    free(2**20 - 2**17)  # what it holds itself counts as room
    assert reserve.make()
    assert size_of(reserve) == 2**17
    free(2**20)
    reserve.make()
    assert size_of(reserve) == 2**17 + 2**14
    free(0)
    assert reserve.make()
    assert size_of(reserve) == 2**17 + 2**14
    assert reserve.give_back()
    assert not reserve.held
    assert not reserve.give_back()


def test_only_the_reserves_of_journals_are_found_in_a_folder(tmp_path):
    for name in ("b", "a"):
        with Journal.open(tmp_path / name):
            Reserve(tmp_path / name).make()
    (tmp_path / "photographs.reserve").write_bytes(b"of another program")
    (tmp_path / "gone.lock").write_bytes((tmp_path / "a.lock").read_bytes())
    assert [reserve.journal.name for reserve in reserves_in(tmp_path)] == ["a", "b"]
