"""`edge-screen`: a page for a booth's own browser: the notice, the choice, the level, the end."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.common.app import App
from edge.cli.common.extras import need_screen
from edge.core.errors import UsageError

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
) -> None:
    """Serve the page of a booth to the browser on this machine, and to no other. It opens no camera.

    Exit codes: 0 done, 2 usage, 78 bad configuration, or the extra `screen` is not installed.
    """
    need_screen()
    from edge.consent.context import consent_context
    from edge.screen.booth import Booth
    from edge.screen.figures import FigureReceiver
    from edge.screen.page import Page
    from edge.screen.serve import listening, serve
    from edge.screen.words import languages

    if language not in languages():
        raise UsageError(f"There is no page in {language[:20]!a}.", fix=f"There are: {', '.join(languages())}.")
    context = consent_context(journal, None, config)
    with (
        closing(listening(port)) as listener,
        closing(FigureReceiver(figures or context.journal.with_name("figures"))) as receiver,
    ):
        serve(Booth(context, minutes), receiver, Page(language, minutes, phone=phone), listener)


if __name__ == "__main__":
    app()
