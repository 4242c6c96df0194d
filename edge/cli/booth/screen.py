"""`edge-screen`: a page for a booth's own browser: the notice, the choice, the level, the end."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.common.app import App
from edge.cli.common.extras import need_screen
from edge.core.errors import UsageError

if TYPE_CHECKING:
    from edge.screen.booth import Booth
    from edge.screen.figures import FigureReceiver

app = App()


@app.command()
def screen(
    journal: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The journal of the sessions.  [default: the one edge-run writes]"),
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A TOML file with journal and notices.")] = None,
    figures: Annotated[
        Path | None,
        typer.Option(
            metavar="SOCKET",
            help="The socket that edge-run --figures-to names.  [default: figures, beside the journal]",
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="On 127.0.0.1, unless systemd passes a socket.")] = 8420,
    language: Annotated[str, typer.Option(metavar="en|de", help="The language of the first page.")] = "en",
    minutes: Annotated[
        float, typer.Option("--for", metavar="MINUTES", min=0.01, max=1440, help="Time of a consent.")
    ] = 60.0,
    phone: Annotated[bool, typer.Option("--phone", help="Show a person's summary as a code for a phone, too.")] = False,
    booth: Annotated[
        Path | None,
        typer.Option(metavar="SOCKET", help="Only serve the page, of a booth that another user's --door keeps."),
    ] = None,
    door: Annotated[
        bool, typer.Option("--door", help="Serve no page: keep the booth, for --booth, on the socket systemd passes.")
    ] = False,
) -> None:
    """Serve the page of a booth to the browser on this machine, and to no other. It opens no camera.

    Exit codes: 0 done, 2 usage, 78 bad configuration, or the extra `screen` is not installed.
    """
    if door and booth is not None:
        raise UsageError("--door and --booth are the two sides of one socket.", fix="Give one of them.")
    if door:
        _keep_booth(journal, config, figures, minutes)
        return
    need_screen()
    from edge.screen.page import Page
    from edge.screen.remote import RemoteBooth
    from edge.screen.serve import listening, serve
    from edge.screen.words import languages

    if language not in languages():
        raise UsageError(f"There is no page in {language[:20]!a}.", fix=f"There are: {', '.join(languages())}.")
    with closing(listening(port)) as listener:
        if booth is not None:
            remote = RemoteBooth(booth)
            serve(remote, remote, Page(language, remote.minutes, phone=phone), listener)
            return
        with _own_booth(journal, config, figures, minutes) as (own, receiver):
            serve(own, receiver, Page(language, minutes, phone=phone), listener)


@contextmanager
def _own_booth(
    journal: Path | None, config: Path | None, figures: Path | None, minutes: float
) -> "Iterator[tuple[Booth, FigureReceiver]]":
    from edge.consent.context import consent_context
    from edge.screen.booth import Booth
    from edge.screen.figures import FigureReceiver

    context = consent_context(journal, None, config)
    with closing(FigureReceiver(figures or context.journal.with_name("figures"))) as receiver:
        yield Booth(context, minutes), receiver


def _keep_booth(journal: Path | None, config: Path | None, figures: Path | None, minutes: float) -> None:
    from edge.host.signals import stop_on_signals
    from edge.screen.door import Door, serve_door
    from edge.screen.passed import passed_door

    with (
        stop_on_signals() as stop,
        closing(passed_door()) as listener,
        _own_booth(journal, config, figures, minutes) as (own, receiver),
    ):
        serve_door(Door(own, receiver), receiver, listener, stop)


if __name__ == "__main__":
    app()
