"""A booth that another process keeps, as the page's process sees it: see edge.screen.door."""

import json
import logging
import socket
from pathlib import Path
from typing import Any, Final

from edge.consent.notices import Notice
from edge.core.errors import BadConfiguration, EdgeError, ServiceUnavailable
from edge.core.labels import Level
from edge.core.readings import Unreadable
from edge.core.summaries import from_json
from edge.screen.booth import Shown, Stage
from edge.screen.door import MOST_BYTES
from edge.screen.figures import Figures

log = logging.getLogger(__name__)

_PATIENCE_S: Final = 90.0  # a session that is erased from a full disk takes its time


class RemoteBooth:
    """What `Booth` is for the page, by requests to a Unix socket; it holds nothing of a person.

    Args:
        path: The socket.
    """

    practice = None

    def __init__(self, path: Path) -> None:
        self._path = path
        self.now = Figures()  # as of the last `shown`

    @property
    def minutes(self) -> float:
        """For how long a consent holds at most.

        Raises:
            EdgeError: The booth does not answer.
        """
        return float(self._asked(look="minutes")["minutes"])

    def notice(self, language: str) -> Notice:
        """Return the newest notice; as `Booth.notice`."""
        return Notice(*self._asked(look="notice", language=language)["notice"])

    def shown(self) -> Shown:
        """Return what is to be on the screen now."""
        try:
            answer = self._asked(look="shown")
            level, why = answer["figures"]["level"], answer["figures"]["unreadable"]
            self.now = Figures(None if level is None else Level(level), None if why is None else Unreadable(why))
            values = answer["shown"]
            summary = None if values["summary"] is None else from_json(values["summary"])
            return Shown(**(values | {"stage": Stage(values["stage"]), "summary": summary}))
        except (EdgeError, ValueError, KeyError, TypeError) as error:
            log.error("%s", error)
            return Shown(Stage.TROUBLE, text="trouble_grant")

    def agree(self, version: str, sha256: str, language: str) -> None:
        """As `Booth.agree`; the following are as those of `Booth` too."""
        self._press("agree", version=version, sha256=sha256, language=language)

    def decline(self) -> None:
        """Record nothing."""
        self._press("decline")

    def end(self, session: str) -> None:
        """End a session."""
        self._press("end", session=session)

    def take_back(self, session: str) -> None:
        """Withdraw a consent, and erase its session."""
        self._press("take_back", session=session)

    def keep(self, session: str) -> None:
        """Keep what was recorded."""
        self._press("keep", session=session)

    def begin_anew(self) -> None:
        """Show the first page, unless a session runs."""
        self._press("begin_anew")

    def go_on(self, session: str, place: int) -> None:
        """There are no questions in a booth."""

    def _press(self, button: str, **values: str) -> None:
        try:
            self._asked(press=button, **values)
        except EdgeError as error:
            log.error("%s", error)  # the page then shows what is so, or that nothing is known

    def _asked(self, **request: str) -> dict[str, Any]:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(_PATIENCE_S)
                line.connect(str(self._path))
                line.sendall(json.dumps(request).encode() + b"\n")
                with line.makefile("rb") as answered:
                    answer: dict[str, Any] = json.loads(answered.readline(MOST_BYTES))
        except (OSError, ValueError) as error:
            raise ServiceUnavailable(f"{self._path} does not answer: {error}.", fix="Start edge-booth@.") from None
        if error_text := answer.get("error"):
            raise BadConfiguration(error_text[0], fix=error_text[1])
        return answer
