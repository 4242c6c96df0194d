"""`edge-consent`: record that a person agreed to be recorded, end that, withdraw it, show what was recorded."""

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.common.app import App
from edge.consent.context import consent_context

app = App(no_args_is_help=True)

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
    from edge.consent import dialogue
    from edge.consent.notices import read_notice
    from edge.core.errors import UsageError

    context = consent_context(journal, notices, config)
    notice = read_notice(context.notices, notice_version)
    if shown_sha256 not in (None, notice.sha256):
        raise UsageError(f"Notice {notice.version} was changed since it was shown.", fix="Show it again.")
    print(dialogue.receipt_text(dialogue.grant(context, session, notice, minutes)))


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
    from edge.consent import dialogue
    from edge.consent.notices import newest_notice, read_notice
    from edge.host.signals import stop_on_signals

    context = consent_context(journal, notices, config)
    version = notice_version
    notice = newest_notice(context.notices) if version is None else read_notice(context.notices, version)
    with stop_on_signals() as stop:
        consent = dialogue.ask_for_consent(context, notice, session, minutes, stop)
        dialogue.offer_withdrawal(context, consent.session, stop)


@app.command()
def withdraw(context: typer.Context, session: Session, journal: Journal = None, config: Configured = None) -> None:
    """Take a consent back: the camera is released within a second, and the session is erased and looked for."""
    from edge.consent import dialogue, withdrawal
    from edge.consent.types import ConsentState

    store = consent_context(journal, None, config).store
    consent = context.obj or store.end(session, ConsentState.WITHDRAWN)
    dialogue.print_lines(withdrawal.withdraw(store, consent))


@app.command()
def end(session: Session, journal: Journal = None, config: Configured = None) -> None:
    """End a session in good order: the camera is released, what was recorded stays."""
    from edge.consent import dialogue, withdrawal

    dialogue.print_lines(withdrawal.end(consent_context(journal, None, config).store, session))


@app.command()
def show(
    session: Annotated[
        str | None, typer.Argument(metavar="[SESSION]", help="Only this one.", show_default=False)
    ] = None,
    journal: Journal = None,
    config: Configured = None,
) -> None:
    """Show the receipts, and the sessions of those of which something may be kept."""
    from edge.consent.dialogue import receipt_text

    store = consent_context(journal, None, config).store
    if session is not None:
        print(receipt_text(store.of(session)))
        return
    consents = {consent.receipt.id: consent for consent in store.consents()}
    texts = [receipt_text(consents.get(receipt.id, receipt)) for receipt in store.receipts()]
    print("\n\n".join(texts) or f"There is no receipt in {store.path}.")


if __name__ == "__main__":
    app()
