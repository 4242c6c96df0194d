"""A booth as the tests of consent meet it: its camera, its files, its commands, and a person at a terminal."""

import fcntl
import hashlib
import os
import pty
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select

from typer.testing import CliRunner, Result

from edge.cli.booth.consent import app
from edge.consent.notices import shipped_notices
from edge.core.errors import SourceNotFound
from edge.core.sessions import SessionRecord
from edge.core.summaries import Summary
from edge.journal.reading import JournalReader

WATCHED = Path(__file__).with_name("watched.py")
SHIPPED_SHA256 = hashlib.sha256((shipped_notices() / "1.txt").read_bytes()).hexdigest()


@dataclass
class Booth:
    """A folder with a camera, a journal and JSON lines, and the commands that are used on it."""

    home: Path
    environment: dict[str, str]
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def journal(self) -> Path:
        return self.home / "j.sqlite"

    def start(self, *words: str, under: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Start edge-run on the camera that notes what is done to it."""
        command = [*under, sys.executable, str(WATCHED), str(self.home), "--journal", str(self.journal), "--quiet"]
        process = subprocess.Popen(
            [*command, "--require-consent", "--window", "0.3", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            cwd=self.home,
        )
        self.running.append(process)
        return process

    def service(self, *words: str) -> subprocess.Popen[str]:
        """As a service that writes JSON lines too."""
        return self.start("--service", "--jsonl", "lines.jsonl", *words)

    def consent(self, *words: str) -> Result:
        """Run edge-consent, in this process."""
        result = CliRunner().invoke(app, [*words, "--journal", str(self.journal)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def withdraw(self, session: str) -> subprocess.CompletedProcess[str]:
        """Withdraw a consent as a person does, by a process that has to start first."""
        command = [
            sys.executable,
            "-m",
            "edge.cli.booth.consent_main",
            "withdraw",
            session,
            "--journal",
            str(self.journal),
        ]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=240, env=self.environment, cwd=self.home, check=False
        )

    def grant(self, session: str, *words: str) -> str:
        """Record a consent; return what is printed."""
        done = self.consent("grant", session, "--notice-version", "1", *words)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    def events(self, what: str = "") -> list[float]:
        """When something was done to the camera, by the monotonic clock."""
        file = self.home / "events"
        lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        return [float(at) for name, at in lines if name == what or not what]

    def sessions(self) -> list[SessionRecord]:
        try:
            with JournalReader.open(self.journal) as reader:
                return reader.sessions()
        except SourceNotFound:
            return []

    def windows(self, session: str) -> int:
        return sum(record.windows for record in self.sessions() if record.name == session)

    def summaries(self, session: str) -> list[Summary]:
        with JournalReader.open(self.journal) as reader:
            return [
                summary
                for record in reader.sessions()
                if record.name == session
                for summary in reader.windows(record.id)
            ]

    def holding(self, words: str) -> list[str]:
        """The files in which words can be read, whatever those files are."""
        found = (path for path in self.home.rglob("*") if path.is_file() and path.name != "events")
        return [path.name for path in found if words.encode() in path.read_bytes()]

    def until(self, true: Callable[[], object], most_s: float = 240) -> float:
        """Wait until something is so; how long that took."""
        begun_s = time.monotonic()
        while not true():
            assert time.monotonic() - begun_s < most_s, [process.poll() for process in self.running]
            time.sleep(0.01)
        return time.monotonic() - begun_s


@contextmanager
def opened_booth(home: Path) -> Iterator[Booth]:
    (home / "video0").touch()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "NOTIFY_", "DISPLAY"))}
    booth = Booth(home, kept | {"HOME": str(home), "TMPDIR": str(home), "COLUMNS": "200"})
    yield booth
    for process in booth.running:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.terminate()
    _, err = process.communicate(timeout=240)
    return process.returncode, err


class Terminal:
    """A person at a terminal of their own."""

    def __init__(self, booth: Booth, *command: str) -> None:
        self.own, theirs = pty.openpty()
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=booth.environment,
            cwd=booth.home,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        booth.running.append(self.process)
        os.close(theirs)
        self.shown = ""

    def reads(self, words: str, most_s: float = 240) -> None:
        end_s = time.monotonic() + most_s
        while words not in self.shown:
            assert time.monotonic() < end_s, self.shown
            if select([self.own], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self.own, 4096).decode()
                except OSError:  # the other end is closed
                    assert words in self.shown, self.shown

    def types(self, words: str) -> None:
        os.write(self.own, words.encode())

    def close(self) -> int:
        code = self.process.wait(240)
        os.close(self.own)
        return code
