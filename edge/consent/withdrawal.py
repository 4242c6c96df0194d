"""A consent that is over: what a withdrawal stops and erases, and which names are forgotten."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.consent.store import ConsentStore
from edge.consent.types import Capture, Consent, ConsentState
from edge.core.errors import CannotWrite, EdgeError, SourceNotFound, UsageError
from edge.host.locks import is_locked
from edge.host.private_files import DiskFull
from edge.journal.deletion import Deleted, delete_session, is_kept
from edge.journal.reading import has_session
from edge.journal.reserve import Reserve

_STOP_S: Final = 10.0  # a program that has not said so by then does not answer
_ERASE_S: Final = 30.0
_SILENT_S: Final = 2.0  # one that watches without a journal, because its disk is full, has no lock on it
_ASK_EVERY_S: Final = 0.02


def end(store: ConsentStore, session: str) -> Iterator[str]:
    """End a session in good order: what was recorded stays. Says what happens; raises NoConsent."""
    consent = store.end(session, ConsentState.ENDED)
    yield f"Session {session} is over: {consent.state}."
    yield from _stopped(store, consent)


def withdraw(store: ConsentStore, consent: Consent) -> Iterator[str]:
    """What follows from a consent that was just noted as withdrawn: the camera stops, the session is erased.

    Says each step once it is done. A program that watches the session stops, erases it and looks for it; where none
    does, this does. Raises CannotWrite where something can still be read afterwards, or the program does not answer.
    """
    session = consent.session
    yield f"The consent for session {session} is withdrawn."
    yield from _stopped(store, consent)
    until_s = time.monotonic() + _ERASE_S
    while (still := store.find(session)) and _is_watched(still) and time.monotonic() < until_s:
        time.sleep(_ASK_EVERY_S)
    finish(store, session, wait_s=_ERASE_S)
    if store.find(session) is not None or is_kept(session, consent.journal, consent.jsonl):
        raise CannotWrite(f"Session {session} is not erased yet.", fix="Withdraw it again.")
    if consent.journal is None:
        yield "Nothing had been recorded."
    else:
        places = [str(consent.journal), *([] if consent.jsonl is None else [str(consent.jsonl)])]
        yield f"Erased it, and looked for it in {' and '.join(places)}: it is gone."


def _stopped(store: ConsentStore, was: Consent) -> Iterator[str]:
    """Wait until the program that watches a session, if any, says that it stopped; say what it said."""
    begun_s, session = time.monotonic(), was.session
    now = store.find(session)
    while now is not None and now.capture is Capture.RUNNING and _is_watched(now, begun_s):
        if time.monotonic() - begun_s > _STOP_S:
            raise CannotWrite(
                f"The program that watches session {session} does not answer.",
                fix="End that program, then do this again.",
            )
        time.sleep(_ASK_EVERY_S)
        now = store.find(session)
    if was.capture is not Capture.RUNNING:
        return
    if now is None or now.capture is Capture.OVER:
        yield "The camera is released."
    elif now.capture is Capture.HANGS:
        yield "No frame is looked at any more; the camera's driver hangs, and the camera is released with its program."
    else:
        yield "No program watches it."


def _is_watched(consent: Consent, begun_s: float | None = None) -> bool:
    """Whether a program may be at it: it holds the journal's lock, or did not have the time to say that it stopped."""
    if begun_s is not None and time.monotonic() - begun_s < _SILENT_S:
        return True
    return consent.journal is not None and is_locked(consent.journal)


def finish(store: ConsentStore, session: str, *, wait_s: float) -> Deleted | None:
    """Erase a session whose consent was withdrawn, look for it, and forget its name; None where another does or did.

    Raises CannotWrite where something of it can still be read; then it may be tried again.
    """
    with store.erasing(wait_s) as free:
        if not free:
            return None
        if (consent := store.find(session)) is None:
            return None
        erased = Deleted()
        if consent.journal is not None:
            try:
                erased = delete_session(session, consent.journal, consent.jsonl)
            except DiskFull:  # deleting takes room too
                if not Reserve(consent.journal).give_back():
                    raise
                erased = delete_session(session, consent.journal, consent.jsonl)
        store.forget(session)
        return erased


def tidy(store: ConsentStore) -> None:
    """Forget the names of sessions that are over and of which nothing is kept any more, as after their time."""
    for consent in store.consents():
        if consent.valid or consent.state is ConsentState.WITHDRAWN:
            continue
        store.end(consent.session, consent.state)
        with suppress(EdgeError):  # what cannot be read may hold something of it
            if not is_kept(consent.session, consent.journal, consent.jsonl):
                store.forget(consent.session)


def refuse_used_name(store: ConsentStore, session: str, journal: Path) -> None:
    """Raise UsageError for an impossible name, and for one that was recorded or consented to before.

    A name belongs to one person: what a withdrawal erases is what was recorded under it.
    """
    tidy(store)
    used = store.find(session) is not None
    with suppress(SourceNotFound):  # a journal that cannot be read now
        used = used or has_session(session, journal)
    if used:
        raise UsageError(f"There is a session called {session} already.", fix="Give each session a name of its own.")
