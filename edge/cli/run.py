"""`edge-run`: watch a face, show what is read, keep the summaries."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.error_boundary import error_boundary
from edge.core.purpose import Purpose
from edge.core.summaries import Summary
from edge.vision.classifier import Backend
from edge.vision.faces import DetectorModel
from edge.vision.quiet import mute_native_libraries

if TYPE_CHECKING:
    from edge.consent.gate import Gate

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
    purpose: Annotated[
        Purpose | None,
        typer.Option(help="Why people are watched; for assessment no emotions are computed.  [default: practice]"),
    ] = None,
    require_consent: Annotated[
        bool, typer.Option("--require-consent", help="Open no camera before somebody agreed; see edge-consent.")
    ] = False,
    notices: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the notices.  [default: the one that is shipped]")
    ] = None,
    journal: Annotated[Path | None, typer.Option(metavar="FILE", help="SQLite file that keeps the summaries.")] = None,
    jsonl: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Summaries as JSON lines too; - is standard output.")
    ] = None,
    seal_to: Annotated[
        list[str] | None,
        typer.Option(metavar="age1...|FILE", help="Who alone can read the summaries; may be given several times."),
    ] = None,
    save_crops: Annotated[
        Path | None, typer.Option(metavar="DIR", help="For developers: WRITE PICTURES of every face that is read.")
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

    Exit codes: 0 done, 2 usage, 66 no such source, 69 camera unavailable, 74 cannot write, 77 no consent, 78 bad
    configuration or model.
    """
    flags: dict[str, Any] = {**locals()}
    del flags["config"]
    flags |= {
        "seal_to": seal_to or None,
        "preview": preview or None,
        "quiet": quiet or None,
        "service": service or None,
        "require_consent": require_consent or None,
    }
    mute_native_libraries()
    with error_boundary(), ExitStack() as stack:
        from edge.config import load_config
        from edge.display.closing import closing_words
        from edge.display.live_line import LiveLine
        from edge.display.opening import opening_words
        from edge.host.logs import logging_to_stderr
        from edge.host.notify import Notifier
        from edge.host.signals import stop_on_signals
        from edge.run.assemble import chosen_source, loaded_models, new_observer, new_pace
        from edge.run.confine import confine
        from edge.run.health import HealthFile, health_path, recorded_end
        from edge.run.heartbeat import Heartbeat
        from edge.run.keeping import Keeping, opened_keeping
        from edge.run.session import Keeper, Show, run_session
        from edge.sources.claim import sole_watcher
        from edge.sources.lease import Lease

        settings = load_config(config, flags)
        stack.enter_context(logging_to_stderr(settings.log_level))
        notifier = Notifier()
        stack.callback(notifier.close)
        as_service = settings.service or notifier.heard
        if as_service:
            settings.refuse_in_service()
        settings.refuse_crops(as_service=as_service)
        chosen = chosen_source(settings)
        confine(chosen)
        stop = stack.enter_context(stop_on_signals())
        stack.enter_context(sole_watcher(chosen))
        loaded = stack.enter_context(loaded_models(settings))
        lease = Lease()
        keepings: list[Keeping] = []

        @contextmanager
        def keep(name: str | None) -> Iterator[Keeping]:
            named = settings.model_copy(update={"session": name})
            with opened_keeping(named, chosen.name, patient=as_service) as keeping:
                keepings[:] = [keeping]
                yield keeping

        out = sys.stderr if settings.jsonl == "-" else sys.stdout
        gate: Gate | None = None
        agreed: str | None = None
        if settings.require_consent:
            from edge.cli.consent import consent_by_hand, taken_back
            from edge.consent.gate import opened_gate

            gate = opened_gate(settings, keep, chosen.name, lease)
            agreed = None if as_service else consent_by_hand(gate, settings.notices, settings.session, stop, out)
        else:
            stack.enter_context(keep(settings.session))
        path = keepings[0].path
        if words := opening_words(settings.purpose):
            print(words, file=sys.stderr)
        shows: list[Show] = []
        if settings.preview:
            from edge.display.preview import Preview, screen_present

            if screen_present():
                shows.append(stack.enter_context(Preview(stop)))
            else:
                print("There is no screen for --preview here; going on without it.", file=sys.stderr)
        if settings.save_crops is not None:
            from edge.run.crops import CropFolder

            shows.append(CropFolder(settings.save_crops, settings.limits))
            print(f"WRITING PICTURES of every face that is read to {settings.save_crops}.", file=sys.stderr)
        if not settings.quiet and (settings.seal_to is None or out.isatty()):  # what is sealed goes into no log
            shows.append(stack.enter_context(LiveLine(out)))
        health = HealthFile(health_path(path), chosen.name) if as_service else None
        pace = new_pace(settings, chosen)
        heartbeat = Heartbeat(
            chosen.name,
            notifier,
            health=health,
            pace=pace,
            troubles=lambda: str(keepings[0].health),
            goes_on=lambda: settings.require_consent and as_service and not stop.is_set(),
        )
        stack.enter_context(recorded_end(health))

        def watch(name: str, keeper: Keeper, until: Event) -> Summary | None:
            return run_session(
                name,
                chosen,
                new_observer(settings, loaded),
                keeper,
                stop=until,
                window_s=settings.window,
                duration_s=settings.duration,
                emotions=settings.purpose.reads_emotions,
                pace=pace,
                shows=shows,
                heartbeat=heartbeat,
                patient=as_service,
                lease=lease,
            )

        sealed = settings.seal_to is not None
        if gate is None:
            words = closing_words(watch(keepings[0].session, keepings[0], stop), path, sealed=sealed)
        elif agreed is None:
            gate.pass_all(keep, watch, stop, heartbeat)
            words = "Nobody is watched any more."
        else:
            outcome = gate.pass_one(agreed, keep, watch, stop, patient=False)
            words = taken_back(outcome) or closing_words(outcome.whole, path, sealed=sealed)
    if not settings.quiet:
        print(words, file=out)


if __name__ == "__main__":
    app()
