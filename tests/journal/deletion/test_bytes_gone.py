"""Deletion reaches the bytes: lines are overwritten on the disk, and no date in a journal is overlooked."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from edge.core.errors import CannotWrite
from edge.host.files.atomic import part_of
from edge.journal.deletion import delete_expired, delete_session, is_kept
from edge.journal.deletion.verification import is_readable
from edge.journal.file.opening import OpenFile
from edge.journal.lines.jsonl import JsonLines
from edge.journal.store import Journal
from tests.host.conftest import synchronised as synchronised

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STAMP = b"2026-03-01T12:00:00.000000Z"
KIM, ANN = '{"session": "kim"}\n', '{"session": "ann"}\n'


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "l.jsonl"
    path.write_text(KIM + ANN)
    return path


@pytest.fixture
def read_at_fsync(lines: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What the former file holds, as one who has it open reads it, each time that it is synchronised."""
    found, fsync = [], os.fsync
    former = os.open(lines, os.O_RDONLY)

    def note(descriptor: int) -> None:
        fsync(descriptor)
        if os.path.samestat(os.fstat(descriptor), os.fstat(former)):
            found.append(os.pread(former, 1000, 0))

    monkeypatch.setattr(os, "fsync", note)
    yield found
    os.close(former)


def test_erased_lines_are_overwritten_on_the_disk(tmp_path: Path, lines: Path, read_at_fsync: list[bytes]) -> None:
    assert delete_session("kim", tmp_path / "no-journal", lines).lines == 1
    assert read_at_fsync == [bytes(len(KIM + ANN))]


def test_a_reader_of_the_former_file_finds_it_empty(tmp_path: Path, lines: Path) -> None:
    with lines.open("rb") as former:
        delete_session("kim", tmp_path / "no-journal", lines)
        assert former.read() == b""


def test_lines_that_are_still_there_afterwards_are_an_error(
    tmp_path: Path, lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "edge.journal.deletion.lines.replace", lambda path, content: path.unlink() or path.write_text(KIM)
    )
    with pytest.raises(CannotWrite, match="can still be read there"):
        delete_session("kim", tmp_path / "no-journal", lines)


def test_the_other_lines_are_on_the_disk_before_the_erased_ones_are_gone(tmp_path: Path, lines: Path, synchronised):
    seen = synchronised(lines)
    delete_session("kim", tmp_path / "no-journal", lines)
    assert seen[:2] == [("file", (KIM + ANN).encode()), ("folder", ANN.encode())]


def test_what_an_erasure_that_was_killed_left_is_erased_too(tmp_path: Path, lines: Path) -> None:
    lines.write_text(ANN)
    part_of(lines).write_text(KIM)
    delete_session("kim", tmp_path / "no-journal", lines)
    assert [*tmp_path.iterdir()] == [lines]


def test_what_a_killed_erasure_left_beside_no_file_is_found_and_erased(tmp_path: Path, lines: Path) -> None:
    lines.rename(part_of(lines))
    assert is_kept("kim", None, lines)
    assert delete_session("kim", tmp_path / "no-journal", lines).lines == 0
    assert not is_kept("kim", None, lines)
    assert [*tmp_path.iterdir()] == []


def test_a_line_is_on_the_disk_before_write_returns(tmp_path: Path, summaries, synchronised) -> None:
    path = tmp_path / "new.jsonl"
    with JsonLines.open(str(path)) as file:
        seen = synchronised(path)
        file.write(summaries("s", 1)[0])
        ((kind, content),) = seen
    assert kind == "file"
    assert content == path.read_bytes() != b""


@pytest.mark.parametrize("side", ["", "-wal"])
def test_a_date_is_found_wherever_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: str) -> None:
    monkeypatch.setattr("edge.journal.deletion.verification._CHUNK_BYTES", 32)
    path = tmp_path / "j"
    path.touch()
    for offset in range(64):
        path.with_name(f"j{side}").write_bytes(bytes(offset) + STAMP + bytes(5))
        with path.open("rb") as file:
            opened = cast(OpenFile, SimpleNamespace(path=path, descriptor=file.fileno()))
            assert is_readable(frozenset({STAMP}), opened), offset
            assert not is_readable(frozenset({STAMP.replace(b"12:", b"13:")}), opened)


def test_dates_across_two_reads_are_rewritten_away(tmp_path: Path, summaries, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter than a date, so that each of them lies across two."""
    monkeypatch.setattr("edge.journal.deletion.verification._CHUNK_BYTES", 20)
    path = tmp_path / "j"
    with Journal.open(path) as journal:
        journal.begin("s", started_at=NOON, window_s=2.0, software="0", clock_synchronised=True)
        journal.write(*summaries("s", 3))
        journal._connection.execute("PRAGMA secure_delete = OFF")
        delete_expired(journal, NOON + timedelta(days=1), NOON + timedelta(days=2))
    assert b"2026-03-01T12" not in path.read_bytes()


def test_a_damaged_journal_might_hold_any_session(tmp_path: Path, lines: Path) -> None:
    journal = tmp_path / "j"
    assert is_kept("kim", journal, lines)
    assert not is_kept("bob", journal, lines)
    assert not is_kept("bob", None, None)
    (tmp_path / "j.corrupt.20260301T000000Z").write_text("damaged")
    assert is_kept("bob", journal, lines)


def test_lines_that_cannot_be_read_are_an_error(tmp_path: Path, lines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(CannotWrite, match="may not be written"):
        is_kept("kim", None, lines)
