"""Consent before capture: the gate at which sessions wait, and the watch that ends them."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import Final, Self

from edge.config import Config
from edge.consent.store import ConsentStore, consent_path
from edge.consent.types import Capture, Consent, ConsentState
from edge.consent.withdrawal import finish
from edge.core.errors import CannotWrite, DeviceUnavailable, EdgeError, NoConsent
from edge.core.summaries import Summary
from edge.core.text import capitalised
from edge.run.heartbeat import Heartbeat
from edge.run.keeper import Keeper
from edge.run.keeping import Keeping
from edge.sources.lease import Lease

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 0.25
_AGAIN_S: Final = 1.0
_ERASE_S: Final = 30.0  # for whoever erases at the same moment

OpenKeeping = Callable[[str | None], AbstractContextManager[Keeping]]
RunSession = Callable[[str, Keeper, Event], Summary | None]


class Watch:
    """Looks four times a second whether a session's consent still holds; `over` is set as soon as it does not.

    A consent that cannot be read is none. `over` is also set with `stop`, and whatever becomes of this thread.
    """

    def __init__(self, store: ConsentStore, session: str, stop: Event) -> None:
        self.over = Event()
        self._store, self._session, self._stop = store, session, stop
        self._thread = Thread(target=self._look, name="consent", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._thread.join()

    def state(self) -> ConsentState | None:
        """What has become of the consent by now; None where that cannot be read."""
        try:
            if (consent := self._store.find(self._session)) is not None:
                return consent.state
            log.error("The session ends: its consent is not in %s any more.", self._store.path)
        except EdgeError as error:
            log.error("The session ends: %s", error.happened)
        return None

    def _look(self) -> None:
        try:
            while self.state() is ConsentState.GRANTED and not self.over.is_set():
                if self._stop.wait(LOOK_EVERY_S):
                    return
        finally:
            self.over.set()


class ConsentedKeeper:
    """Keeps a session's summaries for as long as nobody took the consent back; then nothing of it is written any more.

    Asked before each of them: what was seen just before a withdrawal is not committed after it.
    """

    def __init__(self, keeping: Keeping, watch: Watch) -> None:
        self._keeping, self._watch = keeping, watch

    def begin(self, started_at: datetime) -> None:
        """As Keeping."""
        if self.allowed():
            self._keeping.begin(started_at)

    def write(self, summary: Summary) -> None:
        """As Keeping."""
        if self.allowed():
            self._keeping.write(summary)

    def catch_up(self) -> None:
        """As Keeping."""
        if not self._watch.over.is_set():
            self._keeping.catch_up()

    def allowed(self) -> bool:
        """Whether anything may still be written; where not, what waits is dropped."""
        if self._watch.state() in (None, ConsentState.WITHDRAWN):
            self._keeping.forget()
            return False
        return True


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a session under a consent ended."""

    whole: Summary | None
    state: ConsentState | None  # what became of the consent; None where it cannot be read
    erased: bool = False  # whether nothing of the session is kept any more


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets sessions through whose consent is valid, and records them in one journal and one file of JSON lines."""

    store: ConsentStore
    journal: Path
    jsonl: Path | None
    source: str  # its display name
    lease: Lease  # the sessions' hold on the source's device

    def pass_one(self, session: str, keep: OpenKeeping, run: RunSession, stop: Event, *, patient: bool) -> Outcome:
        """Run a session until it ends, `stop` is set, or its consent is over. Raises NoConsent before it begins.

        With `patient` a consent outlives `stop`: the program is started again, and the session goes on. What was
        recorded under a consent that was withdrawn is erased before this returns, or with `patient` in the next `wait`;
        where the camera cannot be released, by whoever withdrew it, once this process has ended.
        """
        with keep(session) as keeping:
            self._begin(session)
            with Watch(self.store, session, stop) as watch:
                keeper = ConsentedKeeper(keeping, watch)
                try:
                    whole = run(session, keeper, watch.over)
                finally:
                    self._note(session)
                    keeper.allowed()
                state = watch.state()
            if state is ConsentState.GRANTED and not (patient and stop.is_set()):
                state = self.store.end(session, ConsentState.ENDED).state
            keeper.allowed()
        erased = False
        if state is ConsentState.WITHDRAWN and self.lease.released and not patient:
            finish(self.store, session, wait_s=_ERASE_S)
            erased = self.store.find(session) is None
        return Outcome(whole, state, erased)

    def pass_all(self, keep: OpenKeeping, run: RunSession, stop: Event, heartbeat: Heartbeat) -> None:
        """As a service: wait for a consent, run its session, and so on until `stop` is set.

        Raises DeviceUnavailable where a session is over and its camera cannot be released.
        """
        while (consent := self.wait(stop, heartbeat)) is not None:
            try:
                self.pass_one(consent.session, keep, run, stop, patient=True)
            except NoConsent as error:  # taken back just now, or what cannot be noted may not begin
                log.warning("A session did not begin: its consent is not valid, or cannot be noted.")
                log.debug("%s", error.fix)
                stop.wait(_AGAIN_S)
            if not self.lease.released:
                raise DeviceUnavailable(
                    f"{capitalised(self.source)} hangs in its driver, and nobody may be watched now.",
                    fix="The program ends, which releases it.",
                )

    def wait(self, stop: Event, heartbeat: Heartbeat) -> Consent | None:
        """Wait until somebody agreed, and finish meanwhile what withdrawals left; None where `stop` was set."""
        told = ""
        while not stop.is_set():
            try:
                if (found := self._next()) is not None:
                    return found
                trouble = ""
            except EdgeError as error:
                trouble = error.happened
            if trouble != told and (told := trouble):
                log.error("%s", trouble)
            heartbeat.waiting_for_consent(trouble)
            stop.wait(_AGAIN_S if trouble else LOOK_EVERY_S)
        heartbeat.stopping()
        return None

    def _next(self) -> Consent | None:
        """The consent whose session was interrupted, or else the oldest that is valid.

        Raises CannotWrite where there is none, and something is left of a session that should not be there any more.
        """
        known, left = self.store.consents(), False
        for one in known:
            if one.state is ConsentState.WITHDRAWN and one.journal in (None, self.journal):
                try:
                    finish(self.store, one.session, wait_s=0)
                except CannotWrite:
                    left = True
        valid = [one for one in known if one.valid and one.fits(self.journal, self.jsonl)]
        if left and not valid:
            raise CannotWrite(
                f"A session whose consent was withdrawn is not erased from {self.journal} yet.",
                fix="Run edge-consent withdraw again; it says why.",
            )
        return min(valid, key=lambda one: one.journal is None, default=None)

    def _begin(self, session: str) -> None:
        try:
            self.store.begin(session, self.journal, self.jsonl)
        except CannotWrite as error:
            raise NoConsent(f"Nothing may begin: {error.happened}", fix=error.fix) from error

    def _note(self, session: str) -> None:
        with suppress(EdgeError):  # the store may be what failed
            self.store.note(session, Capture.OVER if self.lease.released else Capture.HANGS)


def opened_gate(config: Config, keep: OpenKeeping, source: str, lease: Lease) -> Gate:
    """The gate of a run; the journal is opened once, so that what is wrong with it is said before anybody is asked.

    Raises what `keep` raises.
    """
    with keep(None) as keeping:
        journal = keeping.path.absolute()
    lines = None if config.jsonl in (None, "-") else Path(config.jsonl or "").absolute()
    return Gate(ConsentStore(consent_path(journal)), journal, lines, source, lease)
