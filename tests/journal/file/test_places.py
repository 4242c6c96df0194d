"""Where a journal may lie: never behind a symbolic link or in another user's folder, always private."""

import os
import stat
from datetime import UTC, datetime

import pytest

from edge.consent.store import ConsentStore
from edge.core.errors import BadConfiguration, CannotWrite
from edge.host import boot
from edge.journal.file.reserve import Reserve
from edge.journal.lines.jsonl import JsonLines
from edge.journal.store import Journal


def refused(path, match):
    with pytest.raises(BadConfiguration, match=match) as caught, Journal.open(path):
        pass
    assert caught.value.exit_code == 78
    assert caught.value.fix


def test_a_symbolic_link_in_place_of_the_folder_or_of_any_file_is_refused(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "state").symlink_to(elsewhere)
    refused(tmp_path / "state" / "journal.sqlite", "state is a symbolic link")
    for name in ("", "-wal", "-shm", ".lock"):
        folder = tmp_path / f"with{name}"
        folder.mkdir()
        (folder / f"journal.sqlite{name}").symlink_to(elsewhere / "target")
        refused(folder / "journal.sqlite", "is a symbolic link")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    refused(tmp_path / "dangling" / "journal.sqlite", "is a symbolic link")
    assert os.listdir(elsewhere) == []


def test_a_link_as_the_reserve_is_not_followed(tmp_path):
    (tmp_path / "journal.sqlite.reserve").symlink_to(tmp_path / "victim")
    reserve = Reserve(tmp_path / "journal.sqlite")
    assert not reserve.make()
    assert not (tmp_path / "victim").exists()


def test_another_users_folder_and_file_are_refused(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can make what another user owns")
    for name, owned in (("folder", "."), ("file", "journal.sqlite"), ("lock", "journal.sqlite.lock")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / owned).touch()
        os.chown(folder / owned, 65534, 65534)
        refused(folder / "journal.sqlite", "belongs to another user")


@pytest.mark.parametrize("mode", [0o2775, 0o777, 0o1777])
def test_a_folder_that_others_can_write_is_refused(tmp_path, mode):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(mode)
    refused(tmp_path / "shared" / "journal.sqlite", "Other users may write to the folder")
    with pytest.raises(BadConfiguration, match="Other users may write"):
        ConsentStore(tmp_path / "shared" / "consent.sqlite").grant("kim", "1", "ab" * 32, 60)
    assert os.listdir(tmp_path / "shared") == []


@pytest.mark.parametrize("side", ["journal.sqlite-wal", "journal.sqlite-shm", "consent.sqlite-journal"])
def test_a_planted_side_file_is_refused(tmp_path, side):
    if os.geteuid() != 0:
        pytest.skip("only root can make what another user owns")
    store = ConsentStore(tmp_path / "consent.sqlite")
    store.grant("kim", "1", "ab" * 32, 60)
    (tmp_path / side).touch()
    os.chown(tmp_path / side, 65534, 65534)
    if side.startswith("journal"):
        refused(tmp_path / "journal.sqlite", f"{side} belongs to another user")
    else:
        with pytest.raises(BadConfiguration, match=f"{side} belongs to another user"):
            store.of("kim")


def test_a_read_only_folder_is_reported(ordinary_user):
    ordinary_user.chmod(0o500)
    with pytest.raises(CannotWrite, match="may not be written") as caught, Journal.open(ordinary_user / "j.sqlite"):
        pass
    assert caught.value.exit_code == 74
    assert os.listdir(ordinary_user) == []


def test_what_was_open_to_others_is_private_afterwards(tmp_path, summaries):
    path, before = tmp_path / "journal.sqlite", os.umask(0)
    try:
        path.touch(0o666)
        path.with_name("journal.sqlite.lock").touch(0o644)
        with Journal.open(path) as journal, JsonLines.open(str(tmp_path / "lines.jsonl")) as lines:
            journal.begin("s", started_at=datetime.now(UTC), window_s=2.0, software="0")
            journal.write(summaries("s", 1)[0])
            lines.write(summaries("s", 1)[0])
            Reserve(path).make()
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    finally:
        os.umask(before)
    ends = ("", "-wal", "-shm", ".lock", ".reserve")
    assert modes == dict.fromkeys([*(f"journal.sqlite{end}" for end in ends), "lines.jsonl"], 0o600)


def test_the_reserve_takes_room_and_gives_it_back(tmp_path):
    reserve = Reserve(tmp_path / "journal.sqlite")
    assert (reserve.held, reserve.give_back()) == (False, False)
    assert reserve.make()
    seen = reserve.path.stat()
    assert seen.st_blocks * 512 >= seen.st_size >= 2**16
    assert (reserve.give_back(), reserve.held) == (True, False)


def test_this_boot_has_an_id_and_a_clock(tmp_path):
    boot_id = boot.boot_id()
    assert boot_id is None or len(boot_id) == 36
    assert boot.boot_id(tmp_path / "hidden") is None
    assert boot.clock_synchronised(tmp_path / "never") in (True, False, None)
    (tmp_path / "synchronized").touch()
    assert boot.clock_synchronised(tmp_path / "synchronized") is True


@pytest.mark.parametrize(("status", "said"), [(0x40, False), (0x2001, True), (0x2041, False), (None, None)])
def test_the_kernels_status_shows_whether_the_clock_is_set(tmp_path, monkeypatch, status, said):
    monkeypatch.setattr(boot, "_kernels_status", lambda: status)
    assert boot.clock_synchronised(tmp_path / "never") is said
