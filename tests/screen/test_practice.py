"""Practice: questions one after another, a marker for each, and what is shown of them afterwards."""

import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from edge.config import Config
from edge.consent.context import ConsentContext
from edge.consent.notices import newest_notice, shipped_notices
from edge.consent.types import CaptureState
from edge.core.errors import SourceNotFound, UsageError
from edge.core.windowing.segments import Mark
from edge.run.outputs.keeping import opened_keeping
from edge.screen.booth import Booth, Stage
from edge.screen.figures import Figures
from edge.screen.page import Page
from edge.screen.practice import Practice, read_questions
from tests.fakes import Recording, observe, record
from tests.timing import eventually

NOTICE = newest_notice(shipped_notices())
QUESTIONS = ["Who are you?", "Why here?", "What else?"]


class Marks:
    """Stands for the running session: takes markers once it can."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.ready = False

    def __call__(self, journal: Path, name: str) -> None:
        if not self.ready:
            raise SourceNotFound("No session is recorded.", fix="")
        self.names.append(name)


@pytest.fixture
def marks() -> Marks:
    return Marks()


@pytest.fixture
def practice(context: ConsentContext, marks: Marks) -> Practice:
    return Practice(QUESTIONS, context.journal, marks)


@pytest.fixture
def practising(context: ConsentContext, hands, practice: Practice) -> Booth:
    return Booth(context, 30.0, hands.tick_s, practice=practice)


def recorded(context: ConsentContext, session: str) -> None:
    """Six seconds of a session, of which the second question begins at three."""
    context.store.begin(session, context.journal, None)
    given = [Mark(0.0, "1. Who are you?"), Mark(3.0, "2. Why here?")]

    def due(tick_s: float) -> list[Mark]:
        ready = [mark for mark in given if mark.tick_s <= tick_s]
        given[:] = given[len(ready) :]
        return ready

    with opened_keeping(Config(journal=context.journal, session=session), "camera 7") as keeping:
        frames = Recording([tick / 10 for tick in range(60)])
        record(session, frames, observe, keeping, stop=Event(), window_s=2.0, markers=due)


def test_each_question_is_marked_once_and_a_second_touch_leaves_none_out(practising, context, marks) -> None:
    practising.agree(NOTICE.version, NOTICE.sha256, "en")
    session = practising.shown().session
    recorded(context, session)
    assert practising.shown().place == 0  # the session cannot take a marker yet
    marks.ready = True
    assert (practising.shown().place, marks.names) == (0, ["1. Who are you?"])
    practising.go_on(session, 0)
    practising.go_on(session, 0)
    assert (practising.shown().place, marks.names) == (1, ["1. Who are you?", "2. Why here?"])
    practising.go_on("another", 1)
    practising.go_on(session, 1)
    practising.go_on(session, 2)  # there is none after the last
    assert practising.shown().place == 2
    assert len(marks.names) == 3


def test_afterwards_each_answer_has_its_line_and_earlier_practice_is_named(practising, context) -> None:
    page = Page("en", 30.0, phone=False)
    for earlier in ("", "Earlier practice: "):
        practising.agree(NOTICE.version, NOTICE.sha256, "en")
        session = practising.shown().session
        recorded(context, session)
        context.store.note(session, CaptureState.OVER)
        practising.end(session)
        shown = practising.shown()
        assert shown.stage is Stage.OVER
        written = page.written(shown, Figures(), "en", None, "t", QUESTIONS)
        for question in ("Who are you?", "Why here?"):
            assert f'<th scope="row">{question}</th><td>much expression</td>' in written
        assert "What else?" not in written  # it was not reached
        assert ("Earlier practice: " in written) is bool(earlier)
        practising.begin_anew()


@pytest.mark.parametrize("language", ["en", "de"])
def test_twelve_questions_are_shipped(language: str) -> None:
    assert len(read_questions(None, language)) == 12


@pytest.mark.parametrize(
    "content", ["", "questions = []", "questions = [1]", "questions = 'a'", "x", 'questions = ["\\n"]']
)
def test_a_file_without_questions_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "q.toml").write_text(content)
    with pytest.raises(UsageError, match="questions"):
        read_questions(tmp_path / "q.toml", "en")


def test_the_command_ends_the_program_that_it_began(tmp_path: Path) -> None:
    journal = tmp_path / "practice" / "j.sqlite"
    command = [
        sys.executable,
        "-m",
        "edge.cli.booth.practice",
        "--camera",
        "demo",
        "--journal",
        str(journal),
        "--port",
        "0",
    ]
    process = subprocess.Popen([*command, "--no-browser"], stderr=subprocess.PIPE, text=True)
    assert eventually(lambda: (journal.parent / "j.health.json").exists(), 120)
    process.terminate()
    _, said = process.communicate(timeout=240)
    assert "The page is at http://127.0.0.1:" in said
    assert process.returncode == 0
    assert not (journal.parent / "figures").exists()
    assert '"exit_code": 0' in (journal.parent / "j.health.json").read_text()
