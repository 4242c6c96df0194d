"""The words of `edge-consent` and its files: hostile names, links, modes, and notices that cannot be shown."""

import hashlib
import os
from pathlib import Path

import pytest

from .booths import SHIPPED_SHA256, Booth


@pytest.fixture(autouse=True)
def in_the_booth(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)


@pytest.mark.parametrize("name", ["../kim", "kim;x", "", "k" * 65, "kim\n", "-"])
def test_hostile_names_reach_nothing(booth: Booth, name: str) -> None:
    for words in (["grant", "--notice-version", "1"], ["withdraw"], ["end"], ["show"]):
        done = booth.consent(*words, "--", name) if name != "-" else booth.consent(*words, "a/b")
        assert done.exit_code == 2, done
    assert [path.name for path in booth.home.iterdir()] == ["video0"]


def test_the_store_is_private_and_follows_no_link(booth: Booth) -> None:
    old = os.umask(0)
    try:
        booth.grant("kim")
    finally:
        os.umask(old)
    store = booth.home / "consent.sqlite"
    for path in booth.home.glob("consent.sqlite*"):
        assert path.stat().st_mode & 0o777 == 0o600, path
    store.chmod(0o644)
    booth.consent("show")
    assert store.stat().st_mode & 0o777 == 0o600
    elsewhere = booth.home / "elsewhere"
    store.rename(elsewhere)
    store.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    for words in (["grant", "bob", "--notice-version", "1"], ["withdraw", "kim"], ["show"]):
        done = booth.consent(*words)
        assert (done.exit_code, "is a symbolic link" in done.stderr) == (78, True), done
    process = booth.start("--session", "kim")
    assert process.wait(240) == 78
    assert elsewhere.read_bytes() == before
    assert booth.events() == []


def test_a_notice_that_cannot_be_shown_cannot_be_agreed_to(booth: Booth) -> None:
    folder = booth.home / "notices"
    folder.mkdir()
    (folder / "2.txt").write_bytes(b"\xff\xfe")
    (folder / "3.txt").write_text("Agree!\x1b[2J")
    (folder / "4.txt").write_text(" \n")
    (folder / "5.txt").write_text("x" * 65_537)
    os.mkfifo(folder / "6.txt")
    (folder / "7.txt").mkdir()
    (folder / "10.txt").write_text("We watch you.\n")
    (booth.home / "passwd.txt").write_text("not a notice")
    for version in ("1", "../passwd", "/etc/passwd", ""):
        done = booth.consent("grant", "kim", "--notice-version", version, "--notices", "notices")
        assert (done.exit_code, done.stderr.count("\n")) == (2, 1), done
        assert "There is no notice" in done.stderr
    for version in ("2", "3", "4", "5", "6", "7"):
        done = booth.consent("grant", "kim", "--notice-version", version, "--notices", "notices")
        assert (done.exit_code, done.stderr.count("\n")) == (78, 1), done
    wrong = booth.consent("grant", "kim", "--notice-version", "10", "--notices", "notices", "--shown-sha256", "0" * 64)
    assert (wrong.exit_code, "was changed since it was shown" in wrong.stderr) == (2, True)
    assert not (booth.home / "consent.sqlite").exists()
    right = hashlib.sha256(b"We watch you.\n").hexdigest()
    (booth.home / "edge.toml").write_text(f"notices = '{folder}'\nwindow = 10\n")
    words = ["--notice-version", "10", "--config", "edge.toml", "--shown-sha256", right]
    assert right in booth.consent("grant", "kim", *words).stdout


def test_the_page_shows_the_notice_that_is_shipped(booth: Booth) -> None:
    page = (Path(__file__).parents[3] / "docs/consent.md").read_text()
    assert SHIPPED_SHA256 in page
    shown = booth.grant("kim-7", "--for", "30").splitlines()
    assert [line.split("  ")[0] for line in shown] == ["Receipt", "Granted", "Notice", "State", "Session"]
    assert all(line in page for line in shown[2:])
