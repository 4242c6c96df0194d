"""Consent at a terminal: the notice, the question, and ending or withdrawing while the session runs."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from select import select
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from edge.consent import withdrawal
from edge.consent.context import ConsentContext
from edge.consent.notices import Notice, newest_notice
from edge.consent.types import CaptureState, Consent, ConsentState, Receipt
from edge.core.errors import NoConsent

if TYPE_CHECKING:
    from edge.consent.gate import Gate, Outcome

_BY_HAND_MINUTES = 60.0


def grant(context: ConsentContext, session: str, notice: Notice, minutes: float) -> Consent:
    """Record that a person agreed.

    Args:
        context: Where consents are given.
        session: The session's name.
        notice: The notice that was shown.
        minutes: For how long at most.

    Raises:
        UsageError: The name is impossible, or was used before; or another text was agreed to as this version.
        NoConsent: Another session is being recorded, and the program that does it ends none for a second consent.
    """
    withdrawal.refuse_used_name(context.store, session, context.journal)
    return context.store.grant(session, notice.version, notice.sha256, 60 * minutes, context.journal)


def ask_for_consent(
    context: ConsentContext,
    notice: Notice,
    session: str | None,
    minutes: float,
    stop: Event,
    out: TextIO | None = None,
) -> Consent:
    """Show a notice on this terminal, ask, and record the answer.

    Args:
        context: Where consents are given.
        notice: What to show.
        session: The session's name; None for the present moment.
        minutes: For how long at most.
        stop: Ends the waiting for an answer.
        out: Where to print; None for standard output.

    Raises:
        NoConsent: There is no terminal, or the answer is not yes; or as `grant`.
        UsageError: As `grant`.
    """
    if not sys.stdin.isatty():
        raise NoConsent(
            "Consent cannot be given here: this is no terminal.",
            fix="Record the answer with edge-consent grant NAME --notice-version VERSION, and give the same --session.",
        )
    session = session or _now_as_name()
    withdrawal.refuse_used_name(context.store, session, context.journal)
    context.store.refuse_second(context.journal)
    print(f"\n{notice.text.strip()}\n", file=out)
    question = f"Do you agree, for at most {minutes:g} minutes? Type yes and press Enter, or just press Enter for no: "
    print(question, end="", file=out, flush=True)
    answer = _line(stop)
    if answer is None or answer.strip().lower() != "yes":
        raise NoConsent("No consent was given, so nothing is recorded.", fix="Ask again when a person wants to.")
    consent = grant(context, session, notice, minutes)
    print(f"\n{receipt_text(consent)}\n", file=out)
    return consent


def consented_session(
    gate: "Gate", notices: Path | None, session: str | None, stop: Event, out: TextIO | None = None
) -> str:
    """Return the name of a session with a valid consent, which is recorded already or given at this terminal now.

    Args:
        gate: The gate of the run.
        notices: The folder of the notices; None for the shipped one.
        session: The name; None for the present moment.
        stop: Ends the waiting for an answer.
        out: Where to print; None for standard output.

    Raises:
        NoConsent: Neither is so.
    """
    context = ConsentContext(gate.store, gate.journal, notices)
    if session is not None and (context.store.find(session) is not None or not sys.stdin.isatty()):
        consent = context.store.of(session)
        if not consent.valid:
            raise consent.refusal()
        return session
    return ask_for_consent(context, newest_notice(context.notices), session, _BY_HAND_MINUTES, stop, out).session


def offer_withdrawal(context: ConsentContext, session: str, stop: Event) -> None:
    """Let the person at the terminal end the session or withdraw the consent, until the session is over.

    Args:
        context: Where the consent was given.
        session: The session's name.
        stop: Ends the session.

    Raises:
        CannotWrite: The session could not be erased, or its program does not respond.
    """
    print("Enter ends the session. w and Enter takes your consent back and erases the session.", flush=True)
    while (consent := context.store.find(session)) is not None and consent.valid:
        line = _line(stop, 1.0)
        if line is not None and line.strip().lower() == "w":
            print_lines(withdrawal.withdraw(context.store, context.store.end(session, ConsentState.WITHDRAWN)))
        elif line is not None or stop.is_set():
            print_lines(withdrawal.end(context.store, session))
        else:
            continue
        return
    print(f"The session is over: {'withdrawn' if consent is None else consent.state}.")


def outcome_text(outcome: "Outcome") -> str:
    """Return what to show of a session whose consent was withdrawn; empty for one that lasted to its end.

    Raises:
        NoConsent: Its consent could not be read any more.
    """
    if outcome.state is None:
        raise NoConsent("The session ended: its consent cannot be read any more.", fix="See the log.")
    if outcome.state is ConsentState.WITHDRAWN:
        return "The consent was withdrawn" + (", and the session is erased." if outcome.erased else ".")
    return ""


def receipt_text(consent: Consent | Receipt) -> str:
    """Return a receipt for a person, with the session where it is known."""
    receipt = consent.receipt if isinstance(consent, Consent) else consent
    state = f"{consent.state}"
    if receipt.state is not ConsentState.GRANTED:
        state += f" {receipt.changed_at:%Y-%m-%d %H:%M:%S} UTC"
    if receipt.erased_at is not None:
        state += f", erased {receipt.erased_at:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(consent, Consent) and consent.valid:
        state += f", for {consent.left_s / 60:.0f} more minutes"
    lines = [
        f"Receipt  {receipt.id}",
        f"Granted  {receipt.granted_at:%Y-%m-%d %H:%M:%S} UTC",
        f"Notice   {receipt.notice_version}, SHA-256 {receipt.notice_sha256}",
        f"State    {state}",
    ]
    if isinstance(consent, Consent):
        lines.append(f"Session  {consent.session}{', being recorded' * (consent.capture is CaptureState.RUNNING)}")
    return "\n".join(lines)


def print_lines(lines: Iterable[str]) -> None:
    """Print each line as soon as it is there."""
    for line in lines:
        print(line, flush=True)


def _now_as_name() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def _line(stop: Event, most_s: float | None = None) -> str | None:
    """A typed line, empty at the end of the input; None where `stop` is set or no line came for `most_s` seconds."""
    begun_s = monotonic()
    while not stop.is_set() and (most_s is None or monotonic() - begun_s < most_s):
        if select([sys.stdin], [], [], 0.1)[0]:
            return sys.stdin.readline()
    return None
