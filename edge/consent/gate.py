"""Consent before capture: sessions begin once their consent is valid, and end with it."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Final

from edge.config import Config
from edge.consent.monitor import POLL_S, ConsentedKeeper, ConsentMonitor
from edge.consent.notices import read_notice, shipped_notices
from edge.consent.services import Service
from edge.consent.store import ConsentStore, consent_path
from edge.consent.types import CaptureState, Consent, ConsentState
from edge.consent.withdrawal import finish
from edge.core.errors import CannotWrite, DeviceUnavailable, EdgeError, NoConsent
from edge.core.summaries import Summary
from edge.core.text import capitalised
from edge.journal.one_session import last_tick_s
from edge.run.heartbeat import Heartbeat
from edge.run.outputs.keeper import Keeper
from edge.run.outputs.keeping import Keeping
from edge.sources.lease import Lease

log = logging.getLogger(__name__)

_RETRY_S: Final = 1.0
_ERASE_S: Final = 30.0  # for another process that erases at the same time

OpenKeeping = Callable[[str | None], AbstractContextManager[Keeping]]
RunSession = Callable[[str, Keeper, Event], Summary | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a session under a consent ended."""

    summary: Summary | None  # of the session; None where no frame arrived
    state: ConsentState | None  # of the consent; None where it cannot be read
    erased: bool = False  # whether nothing of the session is kept any more


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets sessions begin whose consent is valid, and records them in one journal and one file of JSON lines."""

    store: ConsentStore
    journal: Path
    jsonl: Path | None
    source: str  # its display name
    lease: Lease  # the sessions' hold on the source's device
    service: Service | None = None  # the settings about consents; None: any notice may have been agreed to
    absence_ends_s: float = inf  # after so long without a record an interrupted session does not go on

    def announce(self) -> None:
        """Note which notices are shown here, so that consents are given for those.

        Raises:
            EdgeError: The file of consents cannot be read or written.
        """
        if self.service is not None:
            self.store.services.announce(self.journal, self.service)

    def record(self, session: str, keep: OpenKeeping, run: RunSession, stop: Event, *, patient: bool) -> Outcome:
        """Record a session until it ends, `stop` is set, or its consent is over.

        What was recorded under a consent that was withdrawn is erased before this returns, or with `patient` while the
        next consent is waited for. Where the device cannot be released, the process that withdrew the consent erases
        it, once this one has ended.

        Args:
            session: The session's name.
            keep: Opens what keeps its summaries.
            run: Records the session; the event that it is given ends it.
            stop: Ends the session in good order.
            patient: As a service: the consent outlives `stop`, for the session goes on when the program is restarted.

        Raises:
            NoConsent: There is no valid consent, or it cannot be noted that the session begins.
        """
        with keep(session) as keeping:
            self._begin(session)
            with ConsentMonitor(self.store, session, stop) as monitor:
                keeper = ConsentedKeeper(keeping, monitor)
                try:
                    summary = run(session, keeper, monitor.over)
                finally:
                    self._note_end(session)
                    keeper.may_write()
                state = monitor.state()
            if state is ConsentState.GRANTED and not (patient and stop.is_set()):
                state = self.store.end(session, ConsentState.ENDED).state
            keeper.may_write()  # closing `keeping` writes what waits
        erased = False
        if state is ConsentState.WITHDRAWN and self.lease.released and not patient:
            finish(self.store, session, wait_s=_ERASE_S)
            erased = self.store.find(session) is None
        return Outcome(summary, state, erased)

    def record_by_turns(self, keep: OpenKeeping, run: RunSession, stop: Event, heartbeat: Heartbeat) -> None:
        """As a service: wait for a consent, record its session, and so on until `stop` is set.

        Args:
            keep: As in `record`.
            run: As in `record`.
            stop: Ends the session and the waiting.
            heartbeat: Reports the waiting.

        Raises:
            DeviceUnavailable: A session is over, and its device cannot be released.
        """
        while (consent := self._wait(stop, heartbeat)) is not None:
            try:
                self.record(consent.session, keep, run, stop, patient=True)
            except NoConsent as error:  # withdrawn just now, or the disk is full
                log.warning("A session did not begin: its consent is not valid, or cannot be noted.")
                log.debug("%s", error.fix)
                stop.wait(_RETRY_S)
            if not self.lease.released:
                raise DeviceUnavailable(
                    f"{capitalised(self.source)} hangs in its driver, and no session can be recorded now.",
                    fix="The program ends, which releases it.",
                )

    def _wait(self, stop: Event, heartbeat: Heartbeat) -> Consent | None:
        """Wait for a valid consent and finish withdrawals meanwhile; None where `stop` was set."""
        logged = ""
        while not stop.is_set():
            try:
                if (found := self._next()) is not None:
                    return found
                trouble = ""
            except EdgeError as error:
                trouble = error.happened
            if trouble != logged and (logged := trouble):
                log.error("%s", trouble)
            heartbeat.waiting_for_consent(trouble)
            stop.wait(_RETRY_S if trouble else POLL_S)
        heartbeat.stopping()
        return None

    def _next(self) -> Consent | None:
        """The consent whose session was interrupted, or else the oldest that is valid.

        Raises CannotWrite where there is none, and something is left of a session that was to be erased.
        """
        self.announce()
        consents, left = self.store.consents(), False
        for consent in consents:
            if consent.state is ConsentState.WITHDRAWN and consent.journal in (None, self.journal):
                try:
                    finish(self.store, consent.session, wait_s=0)
                except CannotWrite:
                    left = True
        fitting = [consent for consent in consents if consent.valid and consent.fits(self.journal, self.jsonl)]
        valid = [consent for consent in fitting if not self._was_left(consent)]
        for consent in valid:
            if consent.journal is None:
                self._refuse_other_notice(consent)
        if left and not valid:
            raise CannotWrite(
                f"A session whose consent was withdrawn is not erased from {self.journal} yet.",
                fix="Run edge-consent withdraw again; it says why.",
            )
        return min(valid, key=lambda consent: consent.journal is None, default=None)

    def _was_left(self, consent: Consent) -> bool:
        """End a session that was interrupted for longer than an absence: who sits there now is not known."""
        if consent.journal is None:
            return False
        last_s = last_tick_s(consent.session, self.journal)
        if last_s is None or monotonic() - last_s < self.absence_ends_s:
            return False
        log.warning("A session does not go on: nothing was recorded of it for %.0f s.", monotonic() - last_s)
        self.store.end(consent.session, ConsentState.ENDED)
        return True

    def _refuse_other_notice(self, consent: Consent) -> None:
        """Raise NoConsent where a person agreed to a text that is not shown here."""
        if self.service is None:
            return
        version = consent.receipt.notice_version
        with suppress(EdgeError):
            if read_notice(self.service.notices, version).sha256 == consent.receipt.notice_sha256:
                return
        raise NoConsent(
            f"A consent was given to a notice {version} that is not the one in {self.service.notices}.",
            fix=f"End it, show that one, and ask again: edge-consent end {consent.session}.",
        )

    def _begin(self, session: str) -> None:
        try:
            if (consent := self.store.of(session)).journal is None:
                self._refuse_other_notice(consent)
            self.store.begin(session, self.journal, self.jsonl)
        except CannotWrite as error:
            raise NoConsent(f"Nothing may begin: {error.happened}", fix=error.fix) from error

    def _note_end(self, session: str) -> None:
        with suppress(EdgeError):  # the store may be what failed
            self.store.note(session, CaptureState.OVER if self.lease.released else CaptureState.HANGS)


def opened_gate(config: Config, keep: OpenKeeping, source: str, lease: Lease) -> Gate:
    """Make the gate of a run. The journal is opened once, so that its errors are reported before any question.

    Args:
        config: The run's settings.
        keep: Opens what keeps the summaries of a session, or of none yet.
        source: The source's display name.
        lease: The sessions' hold on the source's device.

    Raises:
        EdgeError: What `keep` raises.
    """
    with keep(None) as keeping:
        journal = keeping.path.absolute()
    lines = Path(config.jsonl).absolute() if config.jsonl and config.jsonl != "-" else None
    service = Service((config.notices or shipped_notices()).absolute(), config.second_consent)
    store = ConsentStore(consent_path(journal))
    most_s = config.absence_ends_s + config.window  # the window that was open when a program ended is lost
    return Gate(store, journal, lines, source, lease, service, most_s)
