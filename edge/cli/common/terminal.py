"""A run at a terminal: the notice and the question before it, the live line and the preview during it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from edge.config import Config
from edge.core.errors import SourceNotFound
from edge.display.messages import closing_message, opening_message
from edge.journal.file.location import default_journal
from edge.run.events import Consumer

if TYPE_CHECKING:
    from edge.consent.gate import Gate
    from edge.program import RunResult


class Terminal:
    """The screen of `edge-run`, as edge.program.Screen.

    Standard output is left to the summaries where `jsonl` is `-`.

    Args:
        config: The settings.
        stop: Set where a person closes the preview.
    """

    def __init__(self, config: Config, stop: Event) -> None:
        self._config, self._stop = config, stop
        self._out = sys.stderr if config.jsonl == "-" else sys.stdout

    def consented_session(self, gate: "Gate", stop: Event) -> str:
        """The session that may start: its consent is recorded, or is given at this terminal now.

        Raises:
            NoConsent: Neither is so.
        """
        from edge.consent.dialogue import consented_session

        return consented_session(gate, self._config.notices, self._config.session, stop, self._out)

    def warn(self, text: str) -> None:
        """Print a warning, also with `quiet`."""
        print(text, file=sys.stderr)

    @contextmanager
    def opened(self) -> Iterator[list[Consumer]]:
        """Print what the purpose switches off, and lend preview and live line as the settings say."""
        if text := opening_message(self._config.purpose):
            self.warn(text)
        with ExitStack() as stack:
            consumers: list[Consumer] = []
            if self._config.preview or self._config.preview_booth:
                from edge.display.booth_picture import booth_picture
                from edge.display.preview import Preview
                from edge.display.window import screen_present, toolkit_present

                if not toolkit_present():
                    self.warn("--preview needs Tk: run `sudo apt install python3-tk`. Going on without it.")
                elif screen_present():
                    booth = self._config.preview_booth
                    draw = booth_picture if booth else None
                    mark = _marker(self._config.journal)
                    preview = Preview(self._stop, draw=draw, whole_screen=booth, mark=mark)
                    consumers.append(stack.enter_context(preview))
                else:
                    self.warn("There is no screen for --preview here; going on without it.")
            sealed = self._config.seal_to is not None
            if not self._config.quiet and (not sealed or self._out.isatty()):  # what is sealed reaches no log
                from edge.display.live_line import LiveLine  # rich, which a quiet run does without

                consumers.append(stack.enter_context(LiveLine(self._out, most_s=self._config.duration)))
            yield consumers

    def close(self, result: "RunResult") -> None:
        """Print what the session was like, unless `quiet`.

        Raises:
            NoConsent: The session ended because its consent could not be read any more.
        """
        text = self._closing(result)
        if not self._config.quiet:
            print(text, file=self._out)

    def _closing(self, result: "RunResult") -> str:
        if result.by_turns:
            return "No session is recorded any more."
        if result.outcome is not None:
            from edge.consent.dialogue import outcome_text

            if text := outcome_text(result.outcome):
                return text
        sealed, usual = self._config.seal_to is not None, self._config.journal is None
        baseline_s = self._config.baseline
        return closing_message(result.summary, result.journal, sealed=sealed, usual=usual, baseline_s=baseline_s)


def _marker(journal: Path | None) -> Callable[[], str]:
    """What marks the present moment of the session, under a number, and returns what is shown of it."""
    from edge.run.markers import send_mark

    numbers = count(1)

    def mark() -> str:
        name = f"mark {next(numbers)}"
        try:
            send_mark(journal or default_journal(), name)
        except SourceNotFound:
            return "No marker: a recording has --segments"
        return f"Set: {name}"

    return mark
