"""A whole run, put together from a configuration: what `edge-run` does, callable from Python."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Protocol

from edge.config import Config
from edge.core.errors import NoConsent
from edge.core.labels import EMOTIONS
from edge.core.summaries import Summary
from edge.host.notify import Notifier
from edge.run.absence import Absence
from edge.run.assemble import Models, chosen_source, loaded_models, may_look_ahead, new_observer, new_pace
from edge.run.confine import confine
from edge.run.events import Consumer
from edge.run.health import HealthFile, health_path, recorded_end
from edge.run.heartbeat import Heartbeat
from edge.run.markers import ListedMarkers, Markers, no_markers, received_markers
from edge.run.outputs.figures import FigureSender
from edge.run.outputs.keeper import Keeper, KeepSummaries
from edge.run.outputs.keeping import Keeping, opened_keeping
from edge.run.session import Session, run_session
from edge.sources.base import FrameSource
from edge.sources.claim import sole_watcher
from edge.sources.lease import Lease

if TYPE_CHECKING:
    from edge.consent.gate import Gate, Outcome

log = logging.getLogger(__name__)


class Screen(Protocol):
    """Where a run meets a person."""

    def consented_session(self, gate: "Gate", stop: Event) -> str:
        """The name of a session with a valid consent, after showing the notice where there is none yet.

        Raises:
            NoConsent: The person did not agree, or cannot be reached here.
        """
        ...

    def warn(self, text: str) -> None:
        """Show a warning."""
        ...

    def opened(self) -> AbstractContextManager[list[Consumer]]:
        """Lend the consumers that show the events of a session."""
        ...


class NoScreen:
    """For unattended runs: events are not shown, warnings are logged, and no consent can be given."""

    def consented_session(self, gate: "Gate", stop: Event) -> str:
        """Raise NoConsent."""
        raise NoConsent(
            "There is no screen on which consent can be given.",
            fix="Record it with edge-consent grant, and run a service.",
        )

    def warn(self, text: str) -> None:
        """Log a warning."""
        log.warning("%s", text)

    @contextmanager
    def opened(self) -> Iterator[list[Consumer]]:
        """Lend no consumer."""
        yield []


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended."""

    journal: Path
    summary: Summary | None = None  # of the session; None where no frame arrived
    outcome: "Outcome | None" = None  # of the consent, where one was required for this session
    by_turns: bool = False  # a service recorded sessions by turns, each under a consent of its own; no summary then


def run(config: Config, stop: Event, screen: Screen | None = None) -> RunResult:
    """Record sessions as a configuration says, until the source ends or `stop` is set.

    This process, all its threads and children are denied network sockets and core dumps, for good.

    Args:
        config: The settings.
        stop: Ends the run in good order: the last summaries are kept and the camera is released.
        screen: Where consent is given and events are shown.

    Returns:
        How the run ended.

    Raises:
        EdgeError: What a person can mend, each with its exit code.
    """
    screen = screen or NoScreen()
    with ExitStack() as stack:
        notifier = stack.enter_context(closing(Notifier()))
        as_service = config.service or notifier.connected
        if as_service:
            config.refuse_in_service()
        config.refuse_crops(as_service=as_service)
        config.refuse_frames(as_service=as_service)
        source = chosen_source(config)
        confine(source, promised=as_service or config.require_consent)
        stack.enter_context(sole_watcher(source))
        models = stack.enter_context(loaded_models(config))
        recorder = _Recorder(config, source, models, stop, as_service=as_service)
        if config.require_consent:
            from edge.consent.gate import opened_gate  # here: a run without consent starts sooner

            gate = opened_gate(config, recorder.keeping, source.name, recorder.lease)
            if as_service:
                heartbeat = recorder.start(stack, screen, notifier, continues=lambda: not stop.is_set())
                gate.record_by_turns(recorder.keeping, recorder.record, stop, heartbeat)
                return RunResult(recorder.current.path, by_turns=True)
            gate.announce()
            session = screen.consented_session(gate, stop)
            recorder.start(stack, screen, notifier)
            outcome = gate.record(session, recorder.keeping, recorder.record, stop, patient=False)
            return RunResult(recorder.current.path, outcome.summary, outcome)
        keeping = stack.enter_context(recorder.keeping(config.session))
        recorder.start(stack, screen, notifier)
        return RunResult(keeping.path, recorder.record(keeping.session, keeping, stop))


class _Recorder:
    """Records sessions of one source with one set of models."""

    def __init__(self, config: Config, source: FrameSource, models: Models, stop: Event, *, as_service: bool) -> None:
        self._config, self._source, self._models, self._patient = config, source, models, as_service
        self._stop = stop
        self._pace, self.lease = new_pace(config, source), Lease()
        self._consumers: list[Consumer] = []
        self._markers: Markers = no_markers
        self.current: Keeping  # where the present session is kept, or the one before it

    def start(
        self,
        stack: ExitStack,
        screen: Screen,
        notifier: Notifier,
        *,
        continues: Callable[[], bool] = lambda: False,
    ) -> Heartbeat:
        """Open what consumes the events of every session, and what marks them; `stack` closes it."""
        if self._source.live or self._config.source == "demo":
            self._markers = stack.enter_context(received_markers(self.current.path))
        if self._config.segments is not None:
            self._markers = ListedMarkers(self._config.segments)
        self._consumers += stack.enter_context(screen.opened())
        if self._config.save_crops is not None:
            from edge.run.outputs.crops import CropFolder

            self._consumers.append(CropFolder(self._config.save_crops, self._config.limits))
            screen.warn(f"WRITING PICTURES of every face that is read to {self._config.save_crops}.")
        if self._config.frames is not None:
            from edge.run.outputs.frame_table import opened_frame_table

            labels, recorded = self._config.labels, not self._source.live
            others = [label for label in self._models.read_face.labels if label not in EMOTIONS]
            name = self.current.session
            pyfeat, source = self._config.dialect == "pyfeat", self._source.name
            table = opened_frame_table(
                self._config.frames, name, source, labels, others, recorded=recorded, pyfeat=pyfeat
            )
            self._consumers.append(stack.enter_context(table))
        if self._config.figures_to is not None:
            self._consumers.append(stack.enter_context(closing(FigureSender(self._config.figures_to))))
        health = HealthFile(health_path(self.current.path), self._source.name) if self._patient else None
        stack.enter_context(recorded_end(health))
        heartbeat = Heartbeat(
            self._source.name,
            notifier,
            health=health,
            pace=self._pace,
            troubles=lambda: str(self.current.health),
            continues=continues,
            sealed=self._config.seal_to is not None,
        )
        self._consumers.append(heartbeat)
        return heartbeat

    @contextmanager
    def keeping(self, session: str | None) -> Iterator[Keeping]:
        """Lend a place for the summaries of one session; without a name its start in UTC is the name."""
        named = self._config.model_copy(update={"session": session})
        recorded = not self._source.live
        with opened_keeping(
            named, self._source.name, patient=self._patient, recorded=recorded, stop=self._stop
        ) as self.current:
            yield self.current

    def record(self, name: str, keeper: Keeper, stop: Event) -> Summary | None:
        """Record one session until the source ends or `stop` is set."""
        observer = new_observer(self._config, self._models)
        session = Session(
            name,
            self._source,
            observer,
            stop=stop,
            window_s=self._config.window,
            duration_s=self._config.duration,
            start_s=self._config.start,
            emotions=self._config.purpose.reads_emotions,
            baseline_s=self._config.baseline,
            insights=self._config.insights,
            pace=self._pace,
            patient=self._patient,
            lease=self.lease,
            markers=self._markers,
            ahead=observer.ahead if may_look_ahead(self._source) else None,
        )
        consumers: list[Consumer] = [KeepSummaries(keeper, session.clock), *self._consumers]
        if self._config.require_consent and self._source.live:
            consumers.insert(0, Absence(self._config.absence_ends_s, stop, session.clock))
        return run_session(session, consumers)
