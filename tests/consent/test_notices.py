"""The notices: which one is the newest, what is hashed, and which files are refused."""

import hashlib
import os
from pathlib import Path

import pytest

from edge.consent.notices import languages, newest_notice, read_notice, shipped_notices, versions
from edge.core.errors import BadConfiguration, UsageError


def test_versions_are_in_natural_order_and_names_come_before_numbers(tmp_path: Path) -> None:
    for name in ("10.txt", "9.txt", "draft.txt", "2026-03.txt", "_old.txt", "a b.txt", ".txt", "notes.md", "é.txt"):
        (tmp_path / name).write_text("We record you.")
    (tmp_path / f"{'x' * 33}.txt").write_text("We record you.")
    assert versions(tmp_path) == ["_old", "draft", "9", "10", "2026-03"]
    assert newest_notice(tmp_path).version == "2026-03"
    assert versions(tmp_path / "none") == []


def test_what_is_hashed_are_the_bytes_and_what_is_shown_is_their_text(tmp_path: Path) -> None:
    content = "\ufeffWe record you.\r\n\tFor 1 hour, für 1 h.\r\n".encode()
    (tmp_path / "1.txt").write_bytes(content)
    (tmp_path / "link.txt").symlink_to(tmp_path / "1.txt")
    for version in ("1", "link"):
        notice = read_notice(tmp_path, version)
        assert notice.version == version
        assert notice.text == "We record you.\n\tFor 1 hour, für 1 h.\n"
        assert notice.sha256 == hashlib.sha256(content).hexdigest()


def test_the_shipped_notice_can_be_read() -> None:
    notice = newest_notice(shipped_notices())
    assert notice.version == versions(shipped_notices())[0]
    german = newest_notice(shipped_notices(), "de")
    assert (german.version, languages(shipped_notices())) == (f"{notice.version}.de", ["de"])
    assert newest_notice(shipped_notices(), "xx") == notice
    assert "record" in notice.text


@pytest.mark.parametrize("version", ["2", "../1", "", "1\n", "x" * 33, "-1", ".1"])
def test_a_version_that_is_not_there_names_those_that_are(tmp_path: Path, version: str) -> None:
    for known in ("1", "10"):
        (tmp_path / f"{known}.txt").write_text("We record you.")
    with pytest.raises(UsageError, match="There is no notice") as caught:
        read_notice(tmp_path, version)
    assert str(tmp_path) in str(caught.value)
    assert caught.value.fix == "There are: 1, 10."


def test_a_long_version_is_cut_in_the_message(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_notice(tmp_path, "y" * 500)
    assert "y" * 40 in str(caught.value)
    assert "y" * 41 not in str(caught.value)
    assert caught.value.fix == "There are: none."


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"Agree!\x1b[2J", r"holds '\x1b', which would steer a terminal"),
        (b"Agree!\r", r"holds '\r', which would steer a terminal"),
        (b"\x07\x1b", r"holds '\x07', which would steer a terminal"),
        (b"x" * (64 * 1024 + 1), "larger than"),
    ],
)
def test_a_file_that_cannot_be_shown_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "1.txt").write_bytes(content)
    with pytest.raises(BadConfiguration) as caught:
        read_notice(tmp_path, "1")
    assert f"The notice {tmp_path / '1.txt'} " in str(caught.value)
    assert why in str(caught.value)
    assert caught.value.fix == "Correct the file, or name another version."


def test_64_kib_are_not_too_much(tmp_path: Path) -> None:
    (tmp_path / "1.txt").write_bytes(b"x" * 64 * 1024)
    assert len(read_notice(tmp_path, "1").text) == 64 * 1024


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "1.txt")
    (tmp_path / "2.txt").mkdir()
    (tmp_path / "3.txt").symlink_to(tmp_path / "none")
    for version, why in (("1", ""), ("2", ""), ("3", "is a link to no file")):
        with pytest.raises(BadConfiguration) as caught:
            read_notice(tmp_path, version)
        assert f"The notice {tmp_path / version}.txt {why}" in str(caught.value)


def test_without_a_notice_nothing_can_be_shown(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="There is no notice in") as caught:
        newest_notice(tmp_path)
    assert "1.txt" in caught.value.fix
