"""`edge-run`: watch a face, show what is read, keep the summaries."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli.doorway import doorway
from edge.vision.classifier import Backend
from edge.vision.faces import DetectorModel
from edge.vision.quiet import mute_native_libraries

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def run(
    camera: Annotated[str | None, typer.Option(metavar="0|pi", help="A camera: its number, its device, or pi.")] = None,
    source: Annotated[
        str | None,
        typer.Option(metavar="PATH|URL|demo", help="A video, a folder of pictures, an RTSP or HTTP stream, or demo."),
    ] = None,
    duration: Annotated[float | None, typer.Option(metavar="S", help="End after so many seconds.")] = None,
    window: Annotated[
        float | None, typer.Option(metavar="S", help="Seconds that one summary covers.  [default: 10]")
    ] = None,
    session: Annotated[
        str | None, typer.Option(metavar="ID", help="Name of the session.  [default: its start in UTC]")
    ] = None,
    journal: Annotated[Path | None, typer.Option(metavar="FILE", help="SQLite file that keeps the summaries.")] = None,
    jsonl: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Summaries as JSON lines too; - is standard output.")
    ] = None,
    models: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the models.  [default: those shipped]")
    ] = None,
    backend: Annotated[Backend | None, typer.Option(help="Interpreter of the models.  [default: auto]")] = None,
    threads: Annotated[int | None, typer.Option(metavar="N", help="Threads of each interpreter.  [default: 1]")] = None,
    max_fps: Annotated[float | None, typer.Option(metavar="N", help="Most frames read in a second.")] = None,
    detector: Annotated[
        DetectorModel | None, typer.Option(help="Look for faces near (2 m) or far (5 m).  [default: near]")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show the picture in a window; q ends.")] = False,
    service: Annotated[
        bool, typer.Option("--service", help="Wait for a camera that is not there, for as long as it takes.")
    ] = False,
    log_level: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="Log debug, info, warning or error.  [default: warning]")
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A TOML file with any of these settings.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No live line and no closing words.")] = False,
) -> None:
    """Watch a face and keep summaries of how expressive it was; pictures are forgotten at once.

    Exit codes: 0 done, 2 usage, 66 no such source, 69 camera unavailable, 74 cannot write, 78 bad configuration or
    model.
    """
    flags: dict[str, Any] = {**locals()}
    del flags["config"]
    flags |= {"preview": preview or None, "quiet": quiet or None, "service": service or None}
    mute_native_libraries()
    with doorway(), ExitStack() as stack:
        from edge.cli.closing import closing_words
        from edge.cli.live import LiveLine
        from edge.cli.logs import log_to_stderr
        from edge.cli.signals import stop_on_signals
        from edge.config import load_config
        from edge.service.assemble import chosen_source, new_observer, new_pace, opened_eyes
        from edge.service.beat import Beat
        from edge.service.health import HealthFile, health_path, recorded_end
        from edge.service.keeping import opened_keeping
        from edge.service.notify import Notifier
        from edge.service.session import Show, run_session
        from edge.sources.claim import sole_watcher

        settings = load_config(config, flags)
        log_to_stderr(settings.log_level)
        notifier = Notifier()
        stack.callback(notifier.close)
        as_service = settings.service or notifier.heard
        if as_service:
            settings.refuse_in_service()
        chosen = chosen_source(settings)
        stop = stack.enter_context(stop_on_signals())
        stack.enter_context(sole_watcher(chosen))
        eyes = stack.enter_context(opened_eyes(settings))
        keeping = stack.enter_context(opened_keeping(settings, chosen.name, patient=as_service))
        out = sys.stderr if settings.jsonl == "-" else sys.stdout
        shows: list[Show] = []
        if settings.preview:
            from edge.cli.preview import Preview, screen_present

            if screen_present():
                shows.append(stack.enter_context(Preview(stop)))
            else:
                print("There is no screen for --preview here; going on without it.", file=sys.stderr)
        if not settings.quiet:
            shows.append(stack.enter_context(LiveLine(out)))
        health = HealthFile(health_path(keeping.path), chosen.name) if as_service else None
        pace = new_pace(settings, chosen)
        stack.enter_context(recorded_end(health))
        whole = run_session(
            keeping.session,
            chosen,
            new_observer(settings, eyes),
            keeping,
            stop=stop,
            window_s=settings.window,
            duration_s=settings.duration,
            pace=pace,
            shows=shows,
            beat=Beat(chosen.name, notifier, health=health, pace=pace, troubles=lambda: str(keeping.health)),
            patient=as_service,
        )
    if not settings.quiet:
        print(closing_words(whole, keeping.path), file=out)


if __name__ == "__main__":
    app()
