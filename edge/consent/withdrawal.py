"""A consent that is over: what a withdrawal stops and erases, and which names are forgotten."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.consent.store import ConsentStore
from edge.consent.types import CaptureState, Consent, ConsentState
from edge.core.errors import CannotWrite, EdgeError, SourceNotFound, UsageError
from edge.host.files.locks import is_locked
from edge.host.files.private_files import DiskFull
from edge.journal.deletion import Deleted, delete_session, is_kept
from edge.journal.file.reserve import Reserve
from edge.journal.one_session import has_session

_STOP_S: Final = 10.0  # a program that has not noted its end by then does not respond
_ERASE_S: Final = 30.0
_UNLOCKED_S: Final = 2.0  # a program without a journal, because its disk is full, holds no lock on it
_POLL_S: Final = 0.02


def end(store: ConsentStore, session: str) -> Iterator[str]:
    """End a session in good order; what was recorded stays.

    Yields:
        A sentence for each step, once it is done.

    Raises:
        NoConsent: There is no consent for the session.
        CannotWrite: The program that records the session does not respond.
    """
    consent = store.end(session, ConsentState.ENDED)
    yield f"Session {session} is over: {consent.state}."
    yield from _stopped(store, consent)


def withdraw(store: ConsentStore, consent: Consent) -> Iterator[str]:
    """Carry out a withdrawal that was just noted: the camera stops and the session is erased.

    The program that records the session stops, erases it and verifies that; where there is none, this does.

    Args:
        store: The consents.
        consent: As the store returned it when the withdrawal was noted.

    Yields:
        A sentence for each step, once it is done.

    Raises:
        CannotWrite: Something can still be read afterwards, or the program does not respond.
    """
    session = consent.session
    yield f"The consent for session {session} is withdrawn."
    yield from _stopped(store, consent)
    until_s = time.monotonic() + _ERASE_S
    while (now := store.find(session)) and _may_be_recorded(now) and time.monotonic() < until_s:
        time.sleep(_POLL_S)
    finish(store, session, wait_s=_ERASE_S)
    if store.find(session) is not None or is_kept(session, consent.journal, consent.jsonl):
        raise CannotWrite(f"Session {session} is not erased yet.", fix="Withdraw it again.")
    if consent.journal is None:
        yield "Nothing had been recorded."
    else:
        places = [str(consent.journal), *([] if consent.jsonl is None else [str(consent.jsonl)])]
        yield f"Erased it, and looked for it in {' and '.join(places)}: it is gone."


def finish(store: ConsentStore, session: str, *, wait_s: float) -> Deleted | None:
    """Erase a session whose consent was withdrawn, verify that, and forget its name.

    Args:
        store: The consents.
        session: The session's name.
        wait_s: For how long to wait for another process that erases, in seconds.

    Returns:
        What was erased; None where another process erases it, or did so before.

    Raises:
        CannotWrite: Something of it can still be read; it may be tried again.
    """
    with store.erasing(wait_s) as free:
        if not free or (consent := store.find(session)) is None:
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
    """Forget the names of sessions that are over and of which nothing is kept any more."""
    for consent in store.consents():
        if consent.valid or consent.state is ConsentState.WITHDRAWN:
            continue
        store.end(consent.session, consent.state)
        with suppress(EdgeError):  # a file that cannot be read may hold something of it
            if not is_kept(consent.session, consent.journal, consent.jsonl):
                store.forget(consent.session)


def refuse_used_name(store: ConsentStore, session: str, journal: Path) -> None:
    """Refuse a name under which something was recorded: a withdrawal would erase another person's session.

    Raises:
        UsageError: The name is impossible, or was recorded or consented to before.
    """
    tidy(store)
    used = store.find(session) is not None
    with suppress(SourceNotFound):  # a journal that cannot be read now
        used = used or has_session(session, journal)
    if used:
        raise UsageError(f"There is a session called {session} already.", fix="Give each session a name of its own.")


def _stopped(store: ConsentStore, before: Consent) -> Iterator[str]:
    """Wait until the program that records a session, if any, has noted its end; yield what it noted."""
    begun_s, session = time.monotonic(), before.session
    now = store.find(session)
    while now is not None and now.capture is CaptureState.RUNNING and _may_be_recorded(now, begun_s):
        if time.monotonic() - begun_s > _STOP_S:
            raise CannotWrite(
                f"The program that watches session {session} does not answer.",
                fix="End that program, then do this again.",
            )
        time.sleep(_POLL_S)
        now = store.find(session)
    if before.capture is not CaptureState.RUNNING:
        return
    if now is None or now.capture is CaptureState.OVER:
        yield "The camera is released."
    elif now.capture is CaptureState.HANGS:
        yield "No frame is looked at any more; the camera's driver hangs, and the camera is released with its program."
    else:
        yield "No program watches it."


def _may_be_recorded(consent: Consent, begun_s: float | None = None) -> bool:
    """Whether a program may record it: it holds the journal's lock, or had no time yet to note its end."""
    if begun_s is not None and time.monotonic() - begun_s < _UNLOCKED_S:
        return True
    return consent.journal is not None and is_locked(consent.journal)
