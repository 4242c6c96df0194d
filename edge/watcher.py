"""The library's front door: observations and summaries of a source, or the reading of one picture."""

from collections.abc import Iterator
from contextlib import ExitStack
from threading import Event
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from edge.config import load_config
from edge.core.errors import UsageError
from edge.core.frames import Frame
from edge.core.readings import Observation, Reading, Unreadable
from edge.core.summaries import Summary
from edge.core.windowing.windows import Windows
from edge.run.assemble import chosen_source, loaded_models, new_observer
from edge.run.capture import capture
from edge.run.observe import read_picture
from edge.sources.base import FrameSource
from edge.sources.lease import Lease
from edge.sources.pixels import MOST_SIDE_PX


class Watcher:
    """Reads faces with the shipped models, or with those in `models`. Use it as a context manager, from one thread.

    Settings are the keys of `edge.toml`, such as `backend="litert"`, `threads=1`, `smoothing=0.5`, `detector="far"`.
    With `purpose="assessment"` emotions are not computed: those of readings and summaries are None.
    Raises BadModel for a model that is not its card's, UsageError for a setting that cannot be.
    """

    def __init__(self, **settings: Any) -> None:
        self._config = load_config(None, settings)
        self._stop, self._stack = Event(), ExitStack()
        self._leases: dict[FrameSource, Lease] = {}  # of live sources: one that hangs is not opened again
        self._eyes = self._stack.enter_context(loaded_models(self._config))

    def observations(self, source: str) -> Iterator[Observation]:
        """What each frame shows; `source` is a path, a stream's URL, `demo`, or `camera:0`, `camera:pi`.

        Raises SourceNotFound or DeviceUnavailable. Ends with the source, or after `stop`.
        """
        kind, _, which = source.partition(":")
        given = {"camera": which, "source": None} if kind == "camera" else {"camera": None, "source": source}
        chosen = chosen_source(self._config.model_copy(update=given))
        observe = new_observer(self._config, self._eyes)
        lease = self._leases.setdefault(chosen, Lease()) if chosen.live else None
        max_fps, duration_s = self._config.max_fps, self._config.duration
        for frame in capture(chosen, self._stop, max_fps=max_fps, duration_s=duration_s, lease=lease):
            if isinstance(frame, Frame):
                yield observe(frame)

    def summaries(self, source: str, *, window_s: float = 10.0, session: str = "session") -> Iterator[Summary]:
        """A summary every `window_s` seconds, the last window's, and the session's; nothing is written anywhere."""
        windows = Windows(session, window_s, emotions=self._config.purpose.reads_emotions)
        for seen in self.observations(source):
            yield from windows.add(seen)
        yield from windows.finish()

    def read(self, rgb: NDArray[np.uint8]) -> Reading | Unreadable:
        """The expression of the largest face of one picture (h, w, 3) RGB uint8, or why there is none.

        Raises UsageError for an array that is no such picture.
        """
        _refuse_if_no_picture(rgb)
        models, config = self._eyes, self._config
        return read_picture(rgb, models.find_faces, models.read_face, config.limits, config.sure_from)

    def stop(self) -> None:
        """End every iteration, for good; may be called from another thread."""
        self._stop.set()

    def close(self) -> None:
        """Give the detector and the networks back."""
        self._stop.set()
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _refuse_if_no_picture(rgb: NDArray[np.uint8]) -> None:
    shape = np.shape(rgb)
    if getattr(rgb, "dtype", None) != np.uint8 or len(shape) != 3 or shape[2] != 3 or min(shape) == 0:
        found = f"{getattr(rgb, 'dtype', type(rgb).__name__)} {shape}"
        raise UsageError(
            f"A picture is a uint8 array (height, width, 3); this is {found}.", fix="Convert it to 8-bit RGB first."
        )
    if max(shape) > MOST_SIDE_PX:
        raise UsageError(f"A picture of {shape[1]}x{shape[0]} pixels is too large.", fix="Scale it down first.")
