"""The library's interface: events, observations and summaries of a source, or the reading of one picture."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from inspect import Parameter, Signature, signature
from threading import Event
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self

import numpy as np
from numpy.typing import NDArray

from edge.config import Config, load_config
from edge.core.errors import UsageError
from edge.core.frames import Frame
from edge.core.readings import Observation, Reading, Unreadable
from edge.core.summaries import Summary
from edge.run.assemble import chosen_source, loaded_models, new_observer, new_pace
from edge.run.events import FrameRead, SegmentClosed, SessionEnded, SessionEvent, WindowClosed
from edge.run.observe import read_picture
from edge.run.session import Session
from edge.sources.lease import Lease
from edge.sources.pixels import MOST_SIDE_PX

Settings = ParamSpec("Settings")


def _keywords_of(
    model: Callable[Settings, object],
) -> Callable[[Callable[..., None]], Callable[Concatenate[Any, Settings], None]]:
    """Give a constructor that takes `**settings` the keywords of a model, for type checkers and for `help`."""

    def decorate(constructor: Any) -> Any:
        own = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
        constructor.__signature__ = Signature([own, *signature(model).parameters.values()])
        return constructor

    return decorate


class Watcher:
    """Reads faces with the shipped models, or with those in `models`.

    Use it as a context manager, from one thread. Its keywords are the settings of edge.config, such as
    `backend=edge.Backend.LITERT`, `threads=1`, `smoothing=0.4`. With `purpose=edge.Purpose.ASSESSMENT` emotions are not
    computed: those of readings and summaries are None. What would name a place to keep summaries has no effect: this
    class writes nothing.

    Raises:
        BadModel: A model is not as its card describes it.
        UsageError: There is no such setting, it cannot have this value, or it is `require_consent`, which this class
            cannot keep.
    """

    @_keywords_of(Config)
    def __init__(self, **settings: Any) -> None:
        self._config = load_config(None, settings)
        if self._config.require_consent:
            raise UsageError(
                "edge.Watcher asks no person for consent.", fix="Use edge-run or edge.program.run with require_consent."
            )
        self._stop, self._stack = Event(), ExitStack()
        self._models = self._stack.enter_context(loaded_models(self._config))
        self._leases: dict[str, Lease] = {}  # by source: a device that hangs is not opened again
        self._observe = new_observer(self._config, self._models)

    def events(self, source: str, *, window_s: float = 10.0, session: str = "session") -> Generator[SessionEvent]:
        """Everything that happens while a source is read, its absences with their reasons included.

        Args:
            source: A path, a stream's URL, `demo`, `camera:0` or `camera:pi`.
            window_s: Seconds that one window covers.
            session: The name that the summaries carry.

        Yields:
            SessionStarted, FrameRead, SourceAway, Idle and WindowClosed as they happen; SessionEnding, the last
            WindowClosed and SessionEnded at the end of the source, after `stop`, and before an error is raised.

        Raises:
            SourceNotFound: There is no such source.
            DeviceUnavailable: The camera or stream did not open.
        """
        running = self._session(source, window_s, session)
        try:
            yield from running
        except GeneratorExit:
            raise
        except Exception:
            yield from running.end()
            raise
        yield from running.end()

    def observations(self, source: str) -> Generator[Observation]:
        """What each frame of a source shows; arguments and errors as of `events`."""
        with closing(self._session(source).__iter__()) as events:
            for event in events:
                if isinstance(event, FrameRead):
                    yield event.observation

    def summaries(self, source: str, *, window_s: float = 10.0, session: str = "session") -> Iterator[Summary]:
        """A summary for each window of a source, and the session's; arguments and errors as of `events`."""
        for event in self.events(source, window_s=window_s, session=session):
            if isinstance(event, WindowClosed | SegmentClosed | SessionEnded):
                yield event.summary

    def observe(self, frame: Frame | NDArray[np.uint8]) -> Observation:
        """Observe the next frame of the caller's own: the participant is held and readings are smoothed over frames.

        Args:
            frame: A Frame, whose ticks must rise from call to call, or an RGB array (height, width, 3) of uint8, which
                counts as taken now.

        Returns:
            The participant, and the reading or why there is none.

        Raises:
            UsageError: It is no such array.
        """
        if not isinstance(frame, Frame):
            frame = Frame(frame, time.monotonic(), datetime.now(UTC))
        _refuse_if_no_picture(frame.rgb)
        return self._observe(frame)

    def read(self, rgb: NDArray[np.uint8]) -> Reading | Unreadable:
        """Read the largest face of one picture on its own, unsmoothed.

        Args:
            rgb: RGB array (height, width, 3) of uint8.

        Returns:
            The reading, or why there is none.

        Raises:
            UsageError: It is no such array.
        """
        _refuse_if_no_picture(rgb)
        models, config = self._models, self._config
        return read_picture(
            rgb,
            models.find_faces,
            models.read_face,
            config.limits,
            config.sure_from,
            models.new_mesh_reader(),
            models.read_with_mesh,
        )

    def stop(self) -> None:
        """End every iteration, for good; may be called from another thread."""
        self._stop.set()

    def close(self) -> None:
        """Release the detector and the networks."""
        self._stop.set()
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _session(self, source: str, window_s: float = 10.0, name: str = "session") -> Session:
        kind, _, which = source.partition(":")
        given = {"camera": which, "source": None} if kind == "camera" else {"camera": None, "source": source}
        config = self._config.model_copy(update=given)
        chosen = chosen_source(config)
        return Session(
            name,
            chosen,
            new_observer(config, self._models),
            stop=self._stop,
            window_s=window_s,
            duration_s=config.duration,
            start_s=config.start,
            emotions=config.purpose.reads_emotions,
            baseline_s=config.baseline,
            insights=config.insights,
            pace=new_pace(config, chosen),
            lease=self._leases.setdefault(source, Lease()) if chosen.live else None,
        )


def _refuse_if_no_picture(rgb: NDArray[np.uint8]) -> None:
    shape = np.shape(rgb)
    if getattr(rgb, "dtype", None) != np.uint8 or len(shape) != 3 or shape[2] != 3 or min(shape) == 0:
        found = f"{getattr(rgb, 'dtype', type(rgb).__name__)} {shape}"
        raise UsageError(
            f"A picture is a uint8 array (height, width, 3); this is {found}.", fix="Convert it to 8-bit RGB first."
        )
    if max(shape) > MOST_SIDE_PX:
        raise UsageError(f"A picture of {shape[1]}x{shape[0]} pixels is too large.", fix="Scale it down first.")
