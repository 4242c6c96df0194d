"""`edge-practice`: practise interview questions at home, and see afterwards how expressive each answer was."""

import os
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread, Timer
from typing import Annotated, Final

import typer

from edge.cli.common.app import App
from edge.cli.common.extras import need_screen
from edge.core.errors import UsageError

app = App()

_END_S: Final = 10.0


@app.command()
def practice(
    questions: Annotated[
        Path | None,
        typer.Argument(metavar="[QUESTIONS.toml]", help="A file with a list questions.", show_default=False),
    ] = None,
    camera: Annotated[str, typer.Option(metavar="0", help="The camera; demo for a face that is drawn.")] = "0",
    journal: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where the figures are kept.  [default: practice/, beside the usual journal]"
        ),
    ] = None,
    language: Annotated[str, typer.Option(metavar="en|de", help="Of the page and of the shipped questions.")] = "en",
    port: Annotated[int, typer.Option(min=0, max=65535, help="On 127.0.0.1.")] = 8421,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
) -> None:
    """Ask question after question in a browser of this machine; everything stays here.

    Exit codes: 0 done, 2 usage, 69 camera unavailable, 78 bad configuration, or the extra `screen` is not installed.
    """
    need_screen()
    from edge.consent.context import consent_context
    from edge.host.files.private_files import make_folder
    from edge.journal.file.location import default_journal
    from edge.screen.booth import Booth
    from edge.screen.figures import FigureReceiver
    from edge.screen.page import Page
    from edge.screen.practice import Practice, read_questions
    from edge.screen.serve import listening, serve
    from edge.screen.words import languages

    if language not in languages():
        raise UsageError(f"There is no page in {language[:20]!a}.", fix=f"There are: {', '.join(languages())}.")
    asked = read_questions(questions, language)
    path = (journal or default_journal().parent / "practice" / "journal.sqlite").absolute()
    make_folder(path.parent)
    context, socket = consent_context(path, None), path.with_name("figures")
    with (
        closing(listening(port, {})) as listener,
        closing(FigureReceiver(socket)) as figures,
        _recorder(camera, path, socket),
    ):
        if browser:
            opening = Timer(0.5, webbrowser.open, [f"http://127.0.0.1:{listener.getsockname()[1]}/"])
            opening.daemon = True
            opening.start()
        booth = Booth(context, 120.0, practice=Practice(asked, path))
        serve(booth, figures, Page(language, 120.0, phone=False), listener)


@contextmanager
def _recorder(camera: str, journal: Path, figures: Path) -> Iterator[None]:
    """Run edge-run beside the page; where it ends by itself, the page ends too."""
    source = ["--source", camera] if camera.startswith("demo") else ["--camera", camera]
    kept = ["--journal", str(journal), "--figures-to", str(figures), "--window", "2", "--baseline", "20"]
    command = [sys.executable, "-m", "edge.cli.run_main", *source, *kept, "--service", "--require-consent", "--quiet"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    wanted = [True]

    def follow() -> None:
        process.wait()
        if wanted:
            os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=follow, name="recorder", daemon=True).start()
    try:
        yield
        ended = process.poll()
    finally:
        wanted.clear()
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
    if ended is not None:
        raise typer.Exit(ended)


if __name__ == "__main__":
    app()
