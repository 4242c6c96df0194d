"""Detection in the next frame of a recording, in a thread, while the networks read the faces of this one."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from threading import Event
from typing import TYPE_CHECKING

from edge.core.face.detection import Detection
from edge.core.frames import Frame
from edge.run.events import Idle, SourceAway

if TYPE_CHECKING:
    from concurrent.futures import Future

Captured = Frame | SourceAway | Idle
Look = Callable[[Frame], tuple[Detection, ...] | None]


class LookAhead:
    """Looks at frames in their order; those that `frames` passes on were looked at before.

    Args:
        look: Detects the faces of a frame, given those before it; called by one thread at a time.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self._begun = deque["Future[tuple[Detection, ...] | None]"]()

    def __call__(self, frame: Frame) -> tuple[Detection, ...] | None:
        """Return what `look` returns, or raise what it raises."""
        return self._begun.popleft().result() if self._begun else self._look(frame)

    def frames(self, captured: Iterator[Captured], stop: Event) -> Generator[Captured]:
        """Pass frames on, each after the next one has been begun.

        Args:
            captured: Frames of a recording.
            stop: Ends the iteration.

        Raises:
            Exception: What `captured` raises, after the frames before it.
        """
        from concurrent.futures import ThreadPoolExecutor  # here: a camera's start needs none

        held: Captured | None = None
        with ThreadPoolExecutor(1, "look-ahead") as thread:
            try:
                for one in captured:
                    if isinstance(one, Frame):
                        self._begun.append(thread.submit(self._look, one))
                    if held is not None:
                        yield held
                    held = one
            except Exception:
                if held is not None:
                    yield held
                raise
            if held is not None and not stop.is_set():
                yield held
