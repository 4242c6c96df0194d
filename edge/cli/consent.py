"""`edge-consent`: record that somebody agreed to be watched, end that, take it back, show what was recorded."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from edge.cli.error_boundary import error_boundary
from edge.consent.context import ConsentContext, consent_context

if TYPE_CHECKING:
    from threading import Event

    from edge.consent.gate import Gate, Outcome
    from edge.consent.notices import Notice
    from edge.consent.types import Consent, Receipt

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

Session = Annotated[str, typer.Argument(metavar="SESSION", help="The session's name; it belongs to one person.")]
Journal = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The journal of the sessions.  [default: the one edge-run writes]")
]
Notices = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the notices, one file VERSION.txt each.")]
Configured = Annotated[Path | None, typer.Option(metavar="FILE", help="A TOML file with journal and notices.")]
Minutes = Annotated[float, typer.Option("--for", metavar="MINUTES", min=0.01, max=1440, help="For how long at most.")]


@app.callback()
def consent() -> None:
    """Consent to being watched: without it, edge-run --require-consent opens no camera.

    Exit codes: 0 done, 2 usage, 74 cannot write or not erased, 77 no consent, 78 bad notice or file of consents.
    """


@app.command()
def grant(
    session: Session,
    notice_version: Annotated[str, typer.Option(metavar="VERSION", help="The notice that was shown and agreed to.")],
    minutes: Minutes = 60.0,
    shown_sha256: Annotated[
        str | None, typer.Option(metavar="HEX", help="Refuse if this is not the notice's hash: it was changed since.")
    ] = None,
    journal: Journal = None,
    notices: Notices = None,
    config: Configured = None,
) -> None:
    """Record that a person was shown a notice and agreed. Prints the receipt."""
    with error_boundary():
        from edge.consent.notices import read_notice
        from edge.core.errors import UsageError

        consents = consent_context(journal, notices, config)
        notice = read_notice(consents.notices, notice_version)
        if shown_sha256 not in (None, notice.sha256):
            raise UsageError(f"Notice {notice.version} was changed since it was shown.", fix="Show it again.")
        print(_told(_granted(consents, session, notice, minutes)))


@app.command()
def ask(
    session: Annotated[
        str | None,
        typer.Argument(metavar="[SESSION]", help="The session's name.  [default: now in UTC]", show_default=False),
    ] = None,
    minutes: Minutes = 60.0,
    notice_version: Annotated[
        str | None, typer.Option(metavar="VERSION", help="The notice to show.  [default: the newest]")
    ] = None,
    journal: Journal = None,
    notices: Notices = None,
    config: Configured = None,
) -> None:
    """Show a notice on this terminal and ask; afterwards Enter ends the session, and w takes the consent back."""
    with error_boundary():
        from signal import SIGHUP, signal

        from edge.consent.notices import newest_notice, read_notice
        from edge.host.signals import stop_on_signals

        consents = consent_context(journal, notices, config)
        version = notice_version
        notice = newest_notice(consents.notices) if version is None else read_notice(consents.notices, version)
        with stop_on_signals() as stop:
            signal(SIGHUP, lambda *_: stop.set())  # whoever cannot end a session any more does not have it go on
            granted = ask_here(consents, notice, session or now_as_name(), minutes, stop)
            _until_over(consents, granted.session, stop)


@app.command()
def withdraw(context: typer.Context, session: Session, journal: Journal = None, config: Configured = None) -> None:
    """Take a consent back: the camera is released within a second, and the session is erased and looked for."""
    with error_boundary():
        from edge.consent import withdrawal
        from edge.consent.types import ConsentState

        store = consent_context(journal, None, config).store
        consent = context.obj or store.end(session, ConsentState.WITHDRAWN)
        for line in withdrawal.withdraw(store, consent):
            print(line, flush=True)


@app.command()
def end(session: Session, journal: Journal = None, config: Configured = None) -> None:
    """End a session in good order: the camera is released, what was recorded stays."""
    with error_boundary():
        from edge.consent import withdrawal

        store = consent_context(journal, None, config).store
        for line in withdrawal.end(store, session):
            print(line, flush=True)


@app.command()
def show(
    session: Annotated[
        str | None, typer.Argument(metavar="[SESSION]", help="Only this one.", show_default=False)
    ] = None,
    journal: Journal = None,
    config: Configured = None,
) -> None:
    """Show the receipts, and the sessions of those of which something may be kept."""
    with error_boundary():
        store = consent_context(journal, None, config).store
        if session is not None:
            print(_told(store.of(session)))
            return
        known = {one.receipt.id: one for one in store.consents()}
        receipts = store.receipts()
        print("\n\n".join(_told(known.get(one.id, one)) for one in receipts) or f"There is no receipt in {store.path}.")


def ask_here(
    consents: ConsentContext, notice: "Notice", session: str, minutes: float, stop: "Event", out: TextIO | None = None
) -> "Consent":
    """Show a notice on this terminal, ask, and record the answer. Raises NoConsent for any answer but yes."""
    from edge.consent.withdrawal import refuse_used_name
    from edge.core.errors import NoConsent

    if not sys.stdin.isatty():
        raise NoConsent(
            "Nobody can be asked here: this is no terminal.",
            fix="Record the answer with edge-consent grant NAME --notice-version VERSION, and give the same --session.",
        )
    refuse_used_name(consents.store, session, consents.journal)
    print(f"\n{notice.text.strip()}\n", file=out)
    question = f"Do you agree, for at most {minutes:g} minutes? Type yes and press Enter, or just press Enter for no: "
    print(question, end="", file=out, flush=True)
    answer = _line(stop)
    if answer is None or answer.strip().lower() != "yes":
        raise NoConsent("Nobody agreed, so nothing is recorded.", fix="Ask again when somebody wants to.")
    granted = _granted(consents, session, notice, minutes)
    print(f"\n{_told(granted)}\n", file=out)
    return granted


def consent_by_hand(
    gate: "Gate", notices: Path | None, session: str | None, stop: "Event", out: TextIO | None = None
) -> str:
    """The name of the session that a person may start now: consent is there already, or is given at this terminal.

    Raises NoConsent.
    """
    from edge.consent.notices import newest_notice

    consents = ConsentContext(gate.store, gate.journal, notices)
    if session is not None and (consents.store.find(session) is not None or not sys.stdin.isatty()):
        consent = consents.store.of(session)
        if not consent.valid:
            raise consent.refusal()
        return session
    return ask_here(consents, newest_notice(consents.notices), session or now_as_name(), 60, stop, out).session


def taken_back(outcome: "Outcome") -> str:
    """What to say of a session that did not last to its end in good order; nothing of one that did.

    Raises NoConsent where its consent could not be read any more.
    """
    from edge.consent.types import ConsentState
    from edge.core.errors import NoConsent

    if outcome.state is None:
        raise NoConsent("The session ended: its consent cannot be read any more.", fix="See the log.")
    if outcome.state is ConsentState.WITHDRAWN:
        return "The consent was withdrawn" + (", and the session is erased." if outcome.erased else ".")
    return ""


def now_as_name() -> str:
    """The present moment in UTC as a session's name."""
    from datetime import UTC, datetime

    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def _granted(consents: ConsentContext, session: str, notice: "Notice", minutes: float) -> "Consent":
    from edge.consent.withdrawal import refuse_used_name

    refuse_used_name(consents.store, session, consents.journal)
    return consents.store.grant(session, notice.version, notice.sha256, 60 * minutes)


def _until_over(consents: ConsentContext, session: str, stop: "Event") -> None:
    """Let the person at the terminal end the session or take the consent back, until it is over."""
    from edge.consent import withdrawal
    from edge.consent.types import ConsentState

    print("Enter ends the session. w and Enter takes your consent back and erases the session.", flush=True)
    while (consent := consents.store.find(session)) is not None and consent.valid:
        line = _line(stop, 1.0)
        if line is not None and line.strip().lower() == "w":
            said = withdrawal.withdraw(consents.store, consents.store.end(session, ConsentState.WITHDRAWN))
        elif line is not None or stop.is_set():
            said = withdrawal.end(consents.store, session)
        else:
            continue
        for each in said:
            print(each, flush=True)
        return
    print(f"The session is over: {'withdrawn' if consent is None else consent.state}.")


def _line(stop: "Event", most_s: float | None = None) -> str | None:
    """A line that somebody types, empty at the end of the input; None where `stop` is set or nothing came so long."""
    from select import select
    from time import monotonic

    begun_s = monotonic()
    while not stop.is_set() and (most_s is None or monotonic() - begun_s < most_s):
        if select([sys.stdin], [], [], 0.1)[0]:
            return sys.stdin.readline()
    return None


def _told(one: "Consent | Receipt") -> str:
    """A receipt, and the session where it is known, for a person."""
    from edge.consent.types import Capture, Consent, ConsentState

    receipt = one.receipt if isinstance(one, Consent) else one
    state = f"{one.state}"
    if receipt.state is not ConsentState.GRANTED:
        state += f" {receipt.changed_at:%Y-%m-%d %H:%M:%S} UTC"
    if receipt.erased_at is not None:
        state += f", erased {receipt.erased_at:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(one, Consent) and one.valid:
        state += f", for {one.left_s / 60:.0f} more minutes"
    lines = [
        f"Receipt  {receipt.id}",
        f"Granted  {receipt.granted_at:%Y-%m-%d %H:%M:%S} UTC",
        f"Notice   {receipt.notice_version}, SHA-256 {receipt.notice_sha256}",
        f"State    {state}",
    ]
    if isinstance(one, Consent):
        lines.append(f"Session  {one.session}{', being recorded' if one.capture is Capture.RUNNING else ''}")
    return "\n".join(lines)


if __name__ == "__main__":
    app()
