"""Practice: question after question, a marker for each, and afterwards what each was like."""

import tomllib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.core.errors import EdgeError, UsageError
from edge.core.summaries import Kind, Summary
from edge.host.files.small_files import UnfitFile, read_small
from edge.journal.reading import JournalReader
from edge.run.markers import send_mark

_FOLDER: Final = Path(__file__).resolve().parent / "questions"
_MOST_QUESTIONS: Final = 50
_MOST_LETTERS: Final = 300
_OF_A_NAME: Final = 100  # letters of a marker


@dataclass(frozen=True, slots=True)
class Results:
    """A session by question, and the sessions before it."""

    by_question: Sequence[tuple[str, Summary]] = ()
    earlier: Sequence[float] = ()  # mean scores, the oldest first


class Practice:
    """The questions of a session, one after another.

    Args:
        questions: The questions.
        journal: The journal of the sessions.
        mark: Marks the present moment in the session that is being recorded.
    """

    def __init__(self, questions: Sequence[str], journal: Path, mark: Callable[[Path, str], None] = send_mark) -> None:
        self.questions, self._journal, self._mark = tuple(questions), journal, mark
        self._session, self._place, self._marked = "", 0, -1

    def place(self, session: str) -> int:
        """Return the place of the present question of a session; its marker is sent once the session can take it."""
        if session != self._session:
            self._session, self._place, self._marked = session, 0, -1
        if self._marked != self._place:
            with suppress(EdgeError):  # the session has only just begun
                self._mark(self._journal, self._name(self._place))
                self._marked = self._place
        return self._place

    def go_on(self, session: str, place: int) -> None:
        """Go on to the next question, if `place` is that of the present one and there is a next."""
        if self.place(session) == place and place + 1 < len(self.questions):
            self._place += 1
            self.place(session)

    def results(self, session: str) -> Results:
        """Return what was kept of a session by question.

        Raises:
            EdgeError: The journal cannot be read.
        """
        with JournalReader.open(self._journal) as reader:
            records = reader.sessions()
            known = {self._name(place): question for place, question in enumerate(self.questions)}
            parts = [
                (known[part.segment], part)
                for record in records
                if record.name == session
                for part in reader.rows(record.id, Kind.SEGMENT)
                if isinstance(part, Summary) and part.segment in known
            ]
        scores = [one.summary.score_mean for one in records if one.name != session and one.summary is not None]
        return Results(parts, [score for score in scores if score is not None])

    def _name(self, place: int) -> str:
        return f"{place + 1}. {self.questions[place]}"[:_OF_A_NAME]


def read_questions(file: Path | None, language: str) -> list[str]:
    """Read a TOML file with a list `questions`.

    Args:
        file: The file; None for the questions that are shipped.
        language: Of the shipped ones, two letters.

    Raises:
        UsageError: The file cannot be read, or holds no such list.
    """
    place = file or _FOLDER / f"{language}.toml"
    try:
        questions = tomllib.loads(read_small(place, follow_link=True).content.decode("utf-8-sig")).get("questions")
    except (OSError, UnfitFile, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{place} cannot be read as questions: {error}.", fix="Check the file.") from None
    if not isinstance(questions, list) or not 0 < len(questions) <= _MOST_QUESTIONS or not all(map(_fits, questions)):
        raise UsageError(
            f"{place} has no list of questions.",
            fix=f'Write questions = ["...", "..."], at most {_MOST_QUESTIONS}, each in one line.',
        )
    return [str(question).strip() for question in questions]


def _fits(question: object) -> bool:
    return isinstance(question, str) and 0 < len(question.strip()) <= _MOST_LETTERS and question.isprintable()
