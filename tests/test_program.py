"""A whole run from Python, without a command line."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from edge import program
from edge.config import Config
from edge.consent.gate import Gate
from edge.core.errors import BadConfiguration, EdgeError, NoConsent
from edge.journal.reading import JournalReader
from edge.run.events import Consumer, SessionEvent
from tests.timing import eventually


class Recorder:
    """A screen that keeps what it is shown."""

    def __init__(self) -> None:
        self.events: list[SessionEvent] = []
        self.warnings: list[str] = []

    def consented_session(self, gate: Gate, stop: Event) -> str:
        raise NotImplementedError

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    @contextmanager
    def opened(self) -> Iterator[list[Consumer]]:
        yield [self.events.append]


@pytest.fixture(autouse=True)
def unconfined(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """The filter would last for the other tests."""
    monkeypatch.setattr(program, "confine", lambda *_, **__: None)
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))


def config(tmp_path: Path, **settings: object) -> Config:
    return Config.model_validate(
        {
            "source": "demo:fast",
            "duration": 2,
            "window": 1,
            "journal": tmp_path / "j.sqlite",
            "session": "a",
            **settings,
        }
    )


def test_a_run_keeps_its_summaries_and_shows_its_events(tmp_path: Path) -> None:
    screen = Recorder()
    result = program.run(config(tmp_path), Event(), screen)
    assert (result.journal, result.outcome) == (tmp_path / "j.sqlite", None)
    assert result.summary is not None
    assert (result.summary.session, result.summary.frames_read) == ("a", 50)
    with JournalReader.open(result.journal) as reader:
        (session,) = reader.sessions()
        assert session.summary == result.summary
        assert len(list(reader.windows(session.id))) == 2
    kinds = Counter(type(event).__name__ for event in screen.events)
    assert kinds == {"SessionStarted": 1, "FrameRead": 50, "WindowClosed": 2, "SessionEnding": 1, "SessionEnded": 1}


def _windows(journal: Path) -> int:
    """How many a run has kept so far, which may not have begun yet."""
    try:
        with JournalReader.open(journal) as reader:
            return sum(len(list(reader.windows(session.id))) for session in reader.sessions())
    except EdgeError:
        return 0


def test_a_run_without_a_screen_ends_when_it_is_stopped(tmp_path: Path) -> None:
    stop = Event()

    def stopped() -> None:
        eventually(lambda: _windows(tmp_path / "j.sqlite"))
        stop.set()

    Thread(target=stopped, daemon=True).start()
    result = program.run(config(tmp_path, source="demo", duration=600, window=0.5), stop)
    assert result.summary is not None
    assert 0 < result.summary.length_s < 60


def test_without_a_screen_no_consent_can_be_given_and_nothing_is_recorded(tmp_path: Path) -> None:
    with pytest.raises(NoConsent):
        program.run(config(tmp_path, require_consent=True), Event())
    with JournalReader.open(tmp_path / "j.sqlite") as reader:
        assert reader.sessions() == []


def test_what_a_service_must_not_watch_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="A service watches a camera"):
        program.run(config(tmp_path, source="clip.mp4", service=True), Event())
    assert list(tmp_path.glob("j.*")) == []


def test_crops_are_written_with_a_warning(tmp_path: Path) -> None:
    screen = Recorder()
    program.run(config(tmp_path, save_crops=tmp_path / "crops", duration=0.2), Event(), screen)
    assert screen.warnings == [f"WRITING PICTURES of every face that is read to {tmp_path / 'crops'}."]
    assert any((tmp_path / "crops").glob("*.png"))
