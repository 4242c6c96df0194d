"""Everything that is written is its owner's alone, whatever the umask; no link is followed, no name is a path."""

import csv
import io
import os
import signal
import stat
import subprocess
import sys
import time

import cv2
import pytest
from typer.testing import CliRunner

from edge.cli import run
from edge.cli.booth import consent, keys
from edge.cli.journals import purge, report
from edge.sources.recorded.demo import picture
from tests.privacy.commands import invoke
from tests.privacy.traced import FAKE_RUN

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("unconfined")]

OPEN_TO_ALL = ("sh", "-c", 'umask 000; exec "$@"', "sh", sys.executable)
DEMO = ("--source", "demo:fast", "--duration", "1", "--quiet")


def modes(folder):
    """Of a folder and everything below it."""
    return {place: stat.S_IMODE(place.lstat().st_mode) for place in (folder, *folder.rglob("*"))}


def test_everything_is_private_under_an_open_umask(home, environment):
    """The service with a camera and JSON lines, killed and gone on; consent, a report and a key."""
    (home / "video0").touch()
    state, lines = home / "state" / "edge", home / "state" / "lines" / "l"

    def start(*words):
        command = [*OPEN_TO_ALL, *words]
        return subprocess.Popen([str(w) for w in command], cwd=home, env=environment, stderr=subprocess.PIPE, text=True)

    def check():
        found = modes(home / "state")
        unsafe = {f"{place} {mode:o}" for place, mode in found.items() if mode & 0o077}
        assert unsafe == set()
        return {str(place.relative_to(home / "state")) for place in found}

    watching = (FAKE_RUN, home, "--service", "--quiet", "--window", "0.2", "--session", "s", "--jsonl", lines)
    for end in (signal.SIGKILL, signal.SIGTERM):
        before, since = (lines.stat().st_size if lines.exists() else 0), time.monotonic()
        service = start(*watching)
        while not (lines.exists() and lines.stat().st_size > before + 1000):
            assert service.poll() is None, service.communicate()
            assert time.monotonic() - since < 60
            time.sleep(0.02)
        there = check()
        journal = {f"edge/journal.sqlite{side}" for side in ("", "-wal", "-shm", ".lock", ".reserve")}
        assert {*journal, "edge/journal.health.json", "lines/l", "edge", "lines"} <= there
        assert any(place.startswith("edge/locks/") for place in there)  # of the camera
        service.send_signal(end)
        service.communicate()
    for words in (
        ("edge.cli.booth.consent", "grant", "t", "--notice-version", "1"),
        ("edge.cli.journals.report", "-o", state / "report.csv", "--format", "csv"),
        ("edge.cli.booth.keys", "new", state / "key"),
        ("edge.cli.journals.purge", "--before", "2020-01-01"),
    ):
        done = start("-m", *words)
        _, said = done.communicate()
        assert done.returncode == 0, said
    assert {"edge/consent.sqlite", "edge/report.csv", "edge/key"} <= check()
    assert list(home.glob("*.sqlite*")) == []


@pytest.fixture
def elsewhere(tmp_path):
    """A file of another user that links lead to."""
    victim = tmp_path / "elsewhere" / "victim"
    victim.parent.mkdir()
    victim.write_text("mine")
    return victim


REFUSED = ("j", "j-wal", "j-shm", "j.lock", "l")
GONE_ON = ("j.reserve", "j.health.json", "j.health.json.new")


@pytest.mark.parametrize("dangling", [False, True])
@pytest.mark.parametrize("name", [*REFUSED, *GONE_ON])
def test_no_link_is_followed_in_place_of_any_file(tmp_path, elsewhere, name, dangling):
    state = tmp_path / "state"
    state.mkdir()
    target = elsewhere.with_name("absent") if dangling else elsewhere
    (state / name).symlink_to(target)
    refused = name in REFUSED
    words = (*DEMO, "--service", "--journal", state / "j", "--jsonl", state / "l")
    answer = invoke(run.app, *words, code=78 if refused else 0)
    assert (f"{state / name} is a symbolic link." in answer.stderr) is refused
    assert elsewhere.read_text() == "mine"
    assert os.listdir(elsewhere.parent) == ["victim"]


@pytest.mark.parametrize(
    "words",
    [
        (run.app, *DEMO, "--journal", "link/j"),
        (run.app, *DEMO, "--journal", "j", "--jsonl", "link/l"),
        (purge.app, "--before", "2020-01-01", "--journal", "link/j"),
        (consent.app, "grant", "s", "--notice-version", "1", "--journal", "link/j"),
    ],
)
def test_no_link_is_followed_in_place_of_the_folder(tmp_path, elsewhere, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(elsewhere.parent)
    assert "link is a symbolic link" in invoke(*words, code=78).stderr
    assert os.listdir(elsewhere.parent) == ["victim"]


@pytest.mark.parametrize("dangling", [False, True])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("consent.sqlite", (consent.app, "grant", "s", "--notice-version", "1", "--journal", "state/j")),
        ("consent.sqlite-journal", (consent.app, "grant", "s", "--notice-version", "1", "--journal", "state/j")),
        ("consent.sqlite.lock", (consent.app, "withdraw", "s", "--journal", "state/j")),
        ("report", (report.app, "j", "-o", "state/report")),
        ("key", (keys.app, "new", "state/key")),
    ],
)
def test_nor_by_the_other_commands(tmp_path, elsewhere, monkeypatch, name, words, dangling):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "state").mkdir()
    invoke(run.app, *DEMO, "--journal", "j")
    if "withdraw" in words:
        invoke(consent.app, "grant", "s", "--notice-version", "1", "--journal", "state/j")
    (tmp_path / "state" / name).symlink_to(elsewhere.with_name("absent") if dangling else elsewhere)
    answer = CliRunner().invoke(words[0], list(words[1:]))
    assert answer.exit_code in (74, 78), answer.output
    assert elsewhere.read_text() == "mine"
    assert os.listdir(elsewhere.parent) == ["victim"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make what another user owns")
@pytest.mark.parametrize("name", [".", "j", "j.lock", "l"])
def test_what_another_user_owns_is_left_alone(tmp_path, name):
    state = tmp_path / "state"
    state.mkdir()
    if name != ".":
        (state / name).touch()
    os.chown(state / name, 65534, 65534)
    answer = invoke(run.app, *DEMO, "--journal", state / "j", "--jsonl", state / "l", code=78)
    assert "belongs to another user" in answer.stderr


@pytest.mark.parametrize(
    "name", ["", "../up", "/etc/passwd", "a/b", "a b", "a" * 65, "é", "a\n", "=1+1", "a;b", "%s", "."]
)
def test_a_sessions_name_is_never_a_path(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.parent.rglob("*"))
    for app, *words in (
        (run.app, *DEMO, "--journal", "j", "--session", name),
        (purge.app, "--journal", "j", "--session", name),
        (report.app, "j", "--session", name),
        (consent.app, "grant", "--notice-version", "1", "--journal", "j", "--", name),
    ):
        assert "cannot be called" in invoke(app, *words, code=2).stderr
    assert sorted(tmp_path.parent.rglob("*")) == before


def test_no_cell_of_a_table_is_a_formula(tmp_path, monkeypatch):
    """The longest way round: what a source is called comes from outside."""
    monkeypatch.chdir(tmp_path)
    pictures = tmp_path / "=cmd|calc"
    pictures.mkdir()
    cv2.imwrite(str(pictures / "1.png"), picture(30)[..., ::-1])
    invoke(run.app, "--source", pictures.name, "--quiet", "--journal", "j", "--session", "-s")
    (row,) = csv.DictReader(io.StringIO(invoke(report.app, "j", "--format", "csv").stdout))
    assert (row["recording"], row["session"]) == ("'=cmd|calc", "'-s")
    assert float(row["length_s"]) >= 0  # a number stays one
