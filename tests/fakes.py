"""Stand-ins for hardware: sources that follow a script, and a keeper that remembers."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, main_thread
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.config import Config
from edge.core.errors import CannotWrite, DeviceUnavailable
from edge.core.face.detection import Box, Detection, Keypoints
from edge.core.frames import Frame
from edge.core.labels import EMOTIONS, LEVELS, Level, level_of
from edge.core.readings import Observation, Reading
from edge.core.summaries import Kind, Summary
from edge.host.notify import Notifier
from edge.run.assemble import Models
from edge.run.events import Consumer, FrameRead, SessionEvent
from edge.run.outputs.keeper import Keeper, KeepSummaries
from edge.run.session import Session, run_session
from edge.sources.base import FrameSource
from edge.sources.lease import Lease

Measured = Callable[[str, float, float, str], None]  # the fixture `measured`
BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
PICTURE: NDArray[np.uint8] = np.random.default_rng(0).integers(60, 200, (400, 800, 3), np.uint8)


@contextmanager
def no_networks(config: Config, find: Callable[..., tuple[Detection, ...]] = lambda rgb, tick_s: ()) -> Iterator[Any]:
    """Lend networks that find no face, in the place of `edge.program.loaded_models`."""
    models: Any = Models
    yield models(find, SimpleNamespace(reading=None, by_landmarks=None))


def frame(tick_s: float, dropped_before: int = 0) -> Frame:
    return Frame(PICTURE, tick_s, BEGAN + timedelta(seconds=tick_s), dropped_before)


def face(left: float, side: float = 100.0, top: float = 100.0) -> Detection:
    """A face that looks straight ahead."""
    models = (left + 0.3 * side, top + 0.4 * side), (left + 0.7 * side, top + 0.4 * side)
    nose = left + 0.5 * side, top + 0.6 * side
    return Detection(Box(left, top, side, side), Keypoints(*models, nose, nose, nose, nose), 0.9)


def reading(level: Level = Level.BALANCED, confidence: float = 0.8, emotion: str = "neutral") -> Reading:
    rest = (1 - confidence) / 2
    return Reading(
        emotions=tuple(0.7 if label == emotion else 0.05 for label in EMOTIONS),
        levels=tuple(confidence if label is level else rest for label in LEVELS),
        score={Level.RESERVED: -1.0, Level.BALANCED: 0.0, Level.EXPRESSIVE: 1.0}[level],
        emotion=emotion,
        level=level,
        confidence=confidence,
    )


def compose(emotions: tuple[float, ...] | None, score: float) -> Reading:
    """A reading of a score, as sure as those of `reading`."""
    level = level_of(score)
    emotion = None if emotions is None else EMOTIONS[emotions.index(max(emotions))]
    return Reading(emotions, reading(level).levels, score, emotion, level, 0.8)


def observe(seen: Frame) -> Observation:
    """Every face is expressive."""
    expressive = reading(Level.EXPRESSIVE)
    return Observation(seen.tick_s, seen.taken_at, face(100), 0, expressive, None, seen.dropped_before)


@dataclass
class Recording:
    """A recorded source: frames at these media times, then perhaps an error."""

    ticks_s: Iterable[float]
    error: Exception | None = None
    name: str = "recording"
    live: bool = False
    opened: int = 0
    closed: int = 0

    @contextmanager
    def open(self, stop: Event, lease: Lease | None = None) -> Iterator[Iterator[Frame]]:
        self.opened += 1
        try:
            yield self._frames(stop)
        finally:
            self.closed += 1

    def _frames(self, stop: Event) -> Iterator[Frame]:
        for tick_s in self.ticks_s:
            if stop.is_set():
                return
            yield frame(tick_s)
        if self.error is not None:
            raise self.error


@dataclass
class LiveCamera:
    """A live source: each opening fails with its error at once, or delivers so many frames and then fails with it."""

    openings: list[tuple[int, Exception | None]]
    every_s: float = 0.02
    name: str = "camera 7"
    live: bool = True
    opened: int = 0
    closed: int = 0

    @contextmanager
    def open(self, stop: Event, lease: Lease | None = None) -> Iterator[Iterator[Frame]]:
        count, error = self.openings[min(self.opened, len(self.openings) - 1)]
        self.opened += 1
        if not count and error is not None:
            raise error
        try:
            yield self._frames(stop, count, error)
        finally:
            self.closed += 1

    def _frames(self, stop: Event, count: int, error: Exception | None) -> Iterator[Frame]:
        for _ in range(count):
            if stop.wait(self.every_s):
                return
            yield Frame(PICTURE, time.monotonic(), datetime.now(UTC))
        if error is not None:
            raise error


@dataclass
class Hands:
    """A clock that is moved by hand, and by waiting; `at` holds what happens when it has come so far."""

    tick: float = 1000.0
    date: datetime = BEGAN
    asleep: float = 0.0
    at: list[tuple[float, Callable[[], object]]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def tick_s(self) -> float:
        return self.tick

    def now(self) -> datetime:
        return self.date

    def asleep_s(self) -> float:
        return self.asleep

    def move(self, time_s: float) -> None:
        self.tick += time_s
        self.date += timedelta(seconds=time_s)
        for due in [due for due in self.at if due[0] <= self.tick]:
            self.at.remove(due)
            due[1]()

    def wait(self, stop: Event, time_s: float) -> bool:
        if not stop.is_set():
            self.waited.append(time_s)
            self.move(time_s)
        return stop.is_set()


class Hanging(DeviceUnavailable):
    """What Scripted takes as a call into a driver that does not return."""


@dataclass
class Scripted:
    """A live source on a clock moved by hand: each opening takes its turn, a number of frames, then perhaps an error.

    Once all turns are taken, `stop` is set.
    """

    clock: Hands
    turns: list[tuple[int, Exception | None]]
    every_s: float = 0.1
    name: str = "camera 7"
    live: bool = True
    opened_at: list[float] = field(default_factory=list)
    moves: dict[int, Callable[[], object]] = field(default_factory=dict)  # before the frame with an index, over all
    frames: int = 0

    @contextmanager
    def open(self, stop: Event, lease: Lease | None = None) -> Iterator[Iterator[Frame]]:
        self.opened_at.append(self.clock.tick)
        if not self.turns:
            stop.set()
            yield iter(())
            return
        count, error = self.turns.pop(0)
        if isinstance(error, Hanging) and lease is not None:
            lease.hold(main_thread())  # it does not end before the test does
        if not count and error is not None:
            raise error
        yield self._frames(count, error, stop)

    def _frames(self, count: int, error: Exception | None, stop: Event) -> Iterator[Frame]:
        for _ in range(count):
            self.moves.get(self.frames, lambda: None)()
            self.clock.move(self.every_s)
            self.frames += 1
            yield Frame(PICTURE, self.clock.tick, self.clock.date)
        if error is not None:
            raise error
        stop.set()


@dataclass
class Manager(Notifier):
    """Stands for the Notifier: the messages that systemd would have received."""

    messages: list[str] = field(default_factory=list)
    alive_at: list[float] = field(default_factory=list)
    clock: Hands | None = None

    def __post_init__(self) -> None:
        super().__init__(environ={})

    def ready(self) -> None:
        if "READY" not in self.messages:
            self.messages.append("READY")

    def status(self, text: str) -> None:
        self.messages.append(text)

    def alive(self) -> None:
        self.alive_at.append(self.clock.tick if self.clock else time.monotonic())

    def stopping(self) -> None:
        self.messages.append("STOPPING")


@dataclass
class Memory:
    """A keeper that remembers what it was given; `refuses` says which summaries it cannot keep."""

    refuses: Callable[[Summary], bool] = lambda _: False
    began: list[datetime | None] = field(default_factory=list)
    kept: list[Summary] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    caught_up: int = 0

    def begin(self, started_at: datetime | None) -> None:
        self.began.append(started_at)
        self.events.append("begin")

    def write(self, summary: Summary) -> None:
        if self.refuses(summary):
            raise CannotWrite(f"Window {summary.sequence} does not fit.", fix="Make room.")
        self.kept.append(summary)
        self.events.append(f"{summary.kind.value} {summary.sequence}")

    def catch_up(self) -> None:
        self.caught_up += 1

    @property
    def windows(self) -> list[Summary]:
        return [summary for summary in self.kept if summary.kind is Kind.WINDOW]

    @property
    def session(self) -> Summary:
        (whole,) = [summary for summary in self.kept if summary.kind is Kind.SESSION]
        return whole


def each_frame(show: Callable[[Frame, Observation], None]) -> Consumer:
    """A consumer that passes each frame and its observation to a function."""

    def consume(event: SessionEvent) -> None:
        if isinstance(event, FrameRead):
            show(event.frame, event.observation)

    return consume


def record(
    name: str,
    source: FrameSource,
    observe: Callable[[Frame], Observation],
    keeper: Keeper,
    *,
    shows: Iterable[Callable[[Frame, Observation], None]] = (),
    heartbeat: Consumer | None = None,
    **session: Any,
) -> Summary | None:
    """Record a session as a run does: summaries to the keeper first, then what shows frames, then the heartbeat."""
    running = Session(name, source, observe, **session)
    last = [] if heartbeat is None else [heartbeat]
    return run_session(running, [KeepSummaries(keeper, running.clock), *map(each_frame, shows), *last])
