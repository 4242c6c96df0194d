"""What a booth's screen shows, and what its buttons do; without a browser and without a web server."""

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from threading import Lock
from typing import Final

from edge.consent import dialogue, withdrawal
from edge.consent.context import ConsentContext
from edge.consent.notices import Notice, newest_notice
from edge.consent.types import CaptureState, Consent, ConsentState
from edge.core.errors import EdgeError
from edge.core.summaries import Summary
from edge.journal.reading import JournalReader
from edge.screen.practice import Practice, Results

log = logging.getLogger(__name__)


class Stage(StrEnum):
    """What is on the screen."""

    NOTICE = "notice"
    WAITING = "waiting"  # a consent is given, and the camera is not open yet
    RECORDING = "recording"
    OVER = "over"  # the person's own summary
    KEPT = "kept"
    ERASED = "erased"
    DECLINED = "declined"
    TROUBLE = "trouble"


_SHOWN_S: Final = {Stage.OVER: 90.0, Stage.KEPT: 20.0, Stage.ERASED: 15.0, Stage.DECLINED: 10.0, Stage.TROUBLE: 30.0}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is on the screen, and about what."""

    stage: Stage
    session: str = ""
    left_s: float = 0.0  # of the consent
    summary: Summary | None = None
    sealed: bool = False
    text: str = ""  # the key of a sentence about what went wrong
    place: int = 0  # of the question, in practice
    results: Results | None = None  # by question, after a practice

    @property
    def state(self) -> str:
        """What changes where a page has to be loaded anew."""
        return f"{self.stage}-{self.session}-{self.place}-{self.text}"


class Booth:
    """One person at a time, from the notice to what is left of the session.

    A session that is not ended at this screen, as by the absence of its person, leaves nothing on it.

    Args:
        context: Where consents are given.
        minutes: For how long a consent holds at most.
        tick_s: Gives monotonic seconds.
        practice: The questions of a person who practises; None: none are asked.
    """

    def __init__(
        self,
        context: ConsentContext,
        minutes: float,
        tick_s: Callable[[], float] = time.monotonic,
        *,
        practice: Practice | None = None,
    ) -> None:
        self.context, self.minutes, self.practice = context, minutes, practice
        self._tick_s, self._lock = tick_s, Lock()
        self._after, self._until_s = Shown(Stage.NOTICE), 0.0

    def notice(self, language: str) -> Notice:
        """Return the newest notice, in a language where it is translated.

        Raises:
            EdgeError: It cannot be shown.
        """
        return newest_notice(self.context.notices, language)

    def shown(self) -> Shown:
        """Return what is to be on the screen now."""
        try:
            consent = self._current()
        except EdgeError as error:
            log.error("%s", error.happened)
            return Shown(Stage.TROUBLE, text="trouble_grant")
        if consent is not None:
            recording = consent.journal is not None and consent.capture is CaptureState.RUNNING
            if not recording:
                return Shown(Stage.WAITING, consent.session, consent.left_s)
            place = 0 if self.practice is None else self.practice.place(consent.session)
            return Shown(Stage.RECORDING, consent.session, consent.left_s, text=self._failure(), place=place)
        if self._after.stage is not Stage.NOTICE and self._tick_s() < self._until_s:
            return self._after
        self._after = Shown(Stage.NOTICE)
        return self._after

    def _failure(self) -> str:
        """The sentence about what a button could not do, for as long as it is shown."""
        is_shown = self._after.stage is Stage.TROUBLE and self._tick_s() < self._until_s
        return self._after.text if is_shown else ""

    def agree(self, version: str, sha256: str, language: str) -> None:
        """Record a consent to the notice that was shown, unless it was changed since or a session runs already."""
        with self._lock:
            try:
                if self._current() is not None:
                    return  # touched twice, or in two windows
                notice = self.notice(language)
                if (notice.version, notice.sha256) != (version, sha256):
                    self._show(Shown(Stage.TROUBLE, text="changed"))
                    return
                withdrawal.tidy(self.context.store)
                dialogue.grant(self.context, secrets.token_hex(6), notice, self.minutes)
            except EdgeError as error:
                self._failed(error, "trouble_grant")

    def decline(self) -> None:
        """Record nothing."""
        with self._lock:
            self._show(Shown(Stage.DECLINED))

    def end(self, session: str) -> None:
        """End a session that is on the screen in good order, and show what was kept of it."""
        with self._lock:
            if not self._is_current(session):
                return
            try:
                for _ in withdrawal.end(self.context.store, session):
                    pass
                summary, sealed = self._read(session)
                results = None if self.practice is None else self.practice.results(session)
            except EdgeError as error:
                self._failed(error, "trouble")
                return
            self._show(Shown(Stage.OVER, session, summary=summary, sealed=sealed, results=results))

    def take_back(self, session: str) -> None:
        """Withdraw the consent of the session that is on the screen, or was just ended on it, and erase the session."""
        with self._lock:
            if not (self._is_current(session) or (self._after.stage is Stage.OVER and self._after.session == session)):
                return
            try:
                store = self.context.store
                for _ in withdrawal.withdraw(store, store.end(session, ConsentState.WITHDRAWN)):
                    pass
            except EdgeError as error:
                self._failed(error, "trouble_erase")
                return
            self._show(Shown(Stage.ERASED))

    def go_on(self, session: str, place: int) -> None:
        """Go on to the next question of a practice."""
        with self._lock:
            if self.practice is not None and self._is_current(session):
                self.practice.go_on(session, place)

    def keep(self, session: str) -> None:
        """Keep what was recorded, and show the name by which it can be erased later."""
        with self._lock:
            if self._after.stage is Stage.OVER and self._after.session == session:
                self._show(Shown(Stage.KEPT, session))

    def begin_anew(self) -> None:
        """Show the first page, unless a session runs."""
        with self._lock:
            self._after = Shown(Stage.NOTICE)

    def _current(self) -> Consent | None:
        """The consent that holds now."""
        mine = (None, self.context.journal)
        valid = [consent for consent in self.context.store.consents() if consent.valid and consent.journal in mine]
        return next(iter(valid), None)

    def _is_current(self, session: str) -> bool:
        try:
            consent = self._current()
        except EdgeError:
            return False
        return consent is not None and consent.session == session

    def _read(self, session: str) -> tuple[Summary | None, bool]:
        with JournalReader.open(self.context.journal) as reader:
            records = [record for record in reader.sessions() if record.name == session]
        if not records:
            return None, False
        return records[-1].summary, bool(records[-1].sealed)

    def _failed(self, error: EdgeError, text: str) -> None:
        log.error("%s", error.happened)
        self._show(Shown(Stage.TROUBLE, text=text))

    def _show(self, shown: Shown) -> None:
        alone = self.practice is not None and shown.stage is Stage.OVER  # at home nobody comes next
        self._after, self._until_s = shown, self._tick_s() + (inf if alone else _SHOWN_S[shown.stage])
