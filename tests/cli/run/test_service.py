"""edge-run as a service: what systemd receives, and an end in good order whatever happens."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from edge.core.errors import SourceNotFound
from edge.core.sessions import SessionRecord
from edge.journal.reading import JournalReader
from tests.cli.conftest import Ask
from tests.timing import within

pytestmark = pytest.mark.timeout(300)

FAKE_RUN = Path(__file__).with_name("fake_camera_run.py")
Watch = Callable[..., subprocess.Popen[str]]


def sessions(home: Path) -> list[SessionRecord]:
    with JournalReader.open(home / "j.sqlite") as reader:
        return reader.sessions()


def has_windows(home: Path) -> bool:
    try:
        return any(session.windows for session in sessions(home))
    except SourceNotFound:  # not there yet, or being made
        return False


def until(process: subprocess.Popen[str], true: Callable[[], bool], most_s: float = 240) -> None:
    end_s = time.monotonic() + most_s
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end_s
        time.sleep(0.02)


class Manager:
    """The other end of $NOTIFY_SOCKET; it reads at once, as systemd does."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self.path, self.messages = path, list[str]()
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while message := self._socket.recv(4096):
            self.messages += message.decode().splitlines()

    def received(self, words: str, since: int = 0) -> bool:
        return any(words in line for line in self.messages[since:])

    def close(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", str(self.path))


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(tmp_path / "notify")
    yield manager
    manager.close()


@pytest.fixture
def watch(home: Path, environment: dict[str, str]) -> Iterator[Watch]:
    """Start `edge-run` on the fake camera of `home`."""
    running: list[subprocess.Popen[str]] = []

    def start(*words: str, **more: str) -> subprocess.Popen[str]:
        command = [
            sys.executable,
            str(FAKE_RUN),
            str(home),
            "--journal",
            str(home / "j.sqlite"),
            "--quiet",
            *words,
        ]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment | more, cwd=home
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[float, int, str]:
    """Ask a process to end: how long that took, its exit code, and what it said."""
    sent_s = time.monotonic()
    process.terminate()
    _, err = process.communicate(timeout=240)
    return time.monotonic() - sent_s, process.returncode, err


def test_the_messages_of_a_service_to_systemd(watch: Watch, manager: Manager, home: Path) -> None:
    process = watch("--window", "0.2", NOTIFY_SOCKET=str(manager.path), WATCHDOG_USEC="8000000")
    device = home / "video0"
    until(process, lambda: manager.received("STATUS=Waiting for camera"))
    assert not manager.received("READY=1"), "there is no camera yet"
    device.touch()
    until(process, lambda: manager.received("READY=1"))
    until(process, lambda: manager.received("frames a second"))
    device.unlink()
    until(process, lambda: manager.received("delivers no pictures"))
    before = len(manager.messages)
    device.touch()
    until(process, lambda: manager.received("Watching", before))
    second = watch()
    _, err = second.communicate(timeout=240)
    assert second.returncode == 69
    assert f"is being watched by another edge-run (process {process.pid})" in err
    took_s, code, err = ended(process)
    assert took_s < within(3)
    assert code == 0
    assert "STOPPING=1" in manager.messages[-3:]
    assert manager.received("WATCHDOG=1")
    assert "delivers pictures after" in err
    (session,) = sessions(home)
    assert session.state == "complete"
    assert session.summary is not None
    assert session.summary.gaps["camera_lost"] > 0
    health = json.loads((home / "j.health.json").read_text())
    assert (health["state"], health["exit_code"], health["absences"], health["restarts"]) == ("ended", 0, 1, 0)


def test_a_service_that_waits_for_its_camera_ends_at_a_signal(watch: Watch, home: Path) -> None:
    process = watch("--service")
    assert process.stderr is not None
    assert "does not exist: no camera is connected there. Trying again in 1 s." in process.stderr.readline()
    took_s, code, _ = ended(process)
    assert took_s < within(3)
    assert code == 0
    assert sessions(home) == []


def test_a_driver_that_hangs_does_not_hold_up_the_end(watch: Watch, home: Path) -> None:
    (home / "video0").touch()
    process = watch("--window", "0.2")
    until(process, lambda: has_windows(home))
    (home / "hangs").touch()
    time.sleep(0.3)
    took_s, code, err = ended(process)
    assert took_s < within(3), err
    assert code == 0
    assert [session.state for session in sessions(home)] == ["complete"]


def test_a_full_disk_does_not_hold_up_the_end(watch: Watch, manager: Manager, home: Path) -> None:
    (home / "video0").touch()
    process = watch("--window", "0.2", NOTIFY_SOCKET=str(manager.path))
    until(process, lambda: has_windows(home))
    (home / "full").touch()
    until(process, lambda: manager.received("summaries wait"))
    took_s, code, err = ended(process)
    assert took_s < within(3), err
    assert code == 74
    assert "were not kept" in err
    assert (home / "released").exists()


def test_after_a_kill_the_next_run_counts_it(watch: Watch, home: Path) -> None:
    (home / "video0").touch()
    health = home / "j.health.json"
    first = watch("--service")
    until(first, health.exists)
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = watch("--service")
    until(second, lambda: json.loads(health.read_text())["process"] == second.pid)
    reported = json.loads(health.read_text())
    assert (reported["restarts"], reported["before"]) == (1, "it was killed, or the power failed")


@pytest.mark.parametrize("line", ["source = 'clip.mp4'", "source = 'rtsp://camera.local/1'", ""])
def test_a_service_reads_no_other_peoples_videos(ask: Ask, home: Path, line: str) -> None:
    (home / "edge.toml").write_text(f"{line}\nservice = true\n")
    result = ask("edge-run", "--config", "edge.toml")
    assert result.exit_code == 78
    assert "A service watches a camera" in result.stderr


def test_under_systemd_every_run_is_a_service(ask: Ask, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(home / "absent"))
    assert ask("edge-run", "--source", "clip.mp4").exit_code == 78


def test_the_demo_may_be_tried_as_a_service(ask: Ask, home: Path) -> None:
    result = ask("edge-run", "--source", "demo:fast", "--duration", 1, "--service", "--quiet", "--journal", "j.sqlite")
    assert (result.exit_code, result.output) == (0, "")
    assert json.loads((home / "j.health.json").read_text())["source"] == "demo"
    assert os.stat(home / "j.health.json").st_mode & 0o077 == 0
