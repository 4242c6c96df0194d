"""Reading ahead: a thread decodes the next frames while those before them are looked at."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from queue import Full, Queue
from threading import Event, Thread
from typing import Final

from edge.core.frames import Frame

_MOST: Final = 4  # frames that wait; of a large picture each is some megabytes
_LOOK_EVERY_S: Final = 0.1  # whether the reader has gone

_Item = Frame | Exception | None  # an error ends the frames, None ends them well


@contextmanager
def read_ahead(frames: Generator[Frame], stop: Event) -> Iterator[Iterator[Frame]]:
    """Lend the same frames, read by a thread of their own; it has ended when the block ends.

    OpenCV decodes without Python's lock, so that a second core is used where there is one.

    Args:
        frames: Iterated by that thread alone; closed at the end. What it raises is raised in its place.
        stop: Ends the frames that are lent, also where some wait; those of the thread end by it of themselves.
    """
    queue: Queue[_Item] = Queue(_MOST)
    gone = Event()

    def put(item: _Item) -> None:
        while not gone.is_set():
            try:
                queue.put(item, timeout=_LOOK_EVERY_S)
                return
            except Full:
                continue

    def work() -> None:
        end: Exception | None = None
        with closing(frames):
            try:
                for frame in frames:
                    put(frame)
                    if gone.is_set():
                        break
            except Exception as error:
                end = error
        put(end)

    thread = Thread(target=work, name="decoding", daemon=True)
    thread.start()
    try:
        yield _taken(queue, stop)
    finally:
        gone.set()
        thread.join()


def _taken(queue: Queue[_Item], stop: Event) -> Iterator[Frame]:
    while isinstance(item := queue.get(), Frame):
        if stop.is_set():
            return
        yield item
    if item is not None:
        raise item
