"""The landmark features of a video's frames, with the body's pose, as a file that stands for it in `segments.csv`."""

import json
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from importlib.metadata import version
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path
from threading import Event
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import RecordingTruncated
from edge.core.frames import Frame
from edge.sources.recorded.video import VideoFile
from models.datasets import landmark_parquet
from models.datasets.hashing import hash_of
from models.datasets.landmark_file import ABOUT
from models.files import whole
from models.landmarks.extraction import Extracted, Progress
from models.landmarks.parts import Parts
from models.landmarks.reading import Features, networks, read, start

_PART: Final = 20  # frames; what a process that is killed loses
_AHEAD: Final = 4  # parts whose pictures are in memory


def extract_video(
    video: Path,
    out: Path,
    *,
    fps: float = 4.0,
    processes: int = 1,
    with_pose: bool = True,
    progress: Progress = lambda items, *_: items,
) -> Extracted:
    """Write the landmark features of a video's frames, each read on its own.

    The file holds `tick_s` (n,) in seconds of media time, `features` (n, 1536) float16, NaN where there is no mesh or
    no pose, and `has_mesh` and `has_pose` (n,). Finished parts lie in `OUT.parts`, as those of `extract`.

    Args:
        video: The file.
        out: The `.npz` or `.parquet` file.
        fps: Frames of a second of media time, at most.
        processes: How many work at once.
        with_pose: Whether the pose is read.
        progress: As of `extract`.

    Raises:
        SourceNotFound: It is no video.
        RecordingTruncated: It is damaged; what can be read of it is written.
        BadModel: The pose's networks are missing.
        CannotWrite: The file or its parts cannot be written.
    """
    about: dict[str, Any] = {
        "data": "video",
        "sha256": {video.name: hash_of(video)},
        "fps": fps,
        "networks": networks(with_pose),
        "software": version("edge-expressiveness"),
    }
    ticks_s, broken = list[float](), list[RecordingTruncated]()
    with VideoFile(video, max_fps=fps).open(Event()) as frames:
        parts = Parts(out, about)
        with ProcessPoolExecutor(processes, get_context("spawn"), start, (with_pose,)) as workers:
            kept = progress(_read(_readable(frames, broken), parts, workers, ticks_s), video.name, None)
            numbers = sorted(kept)
    features = Features.joined([part for number in numbers if (part := parts.read(str(number))) is not None])
    _write(out, np.array(ticks_s), features, about)
    parts.remove()
    if broken:
        raise broken[0]
    return Extracted(len(ticks_s), int(features.has_mesh.sum()), int(features.has_pose.sum()))


def _readable(frames: Iterator[Frame], broken: list[RecordingTruncated]) -> Iterator[Frame]:
    try:
        yield from frames
    except RecordingTruncated as error:
        broken.append(error)


def _read(frames: Iterator[Frame], parts: Parts, workers: Executor, ticks_s: list[float]) -> Iterator[int]:
    """Read frames, some parts ahead of the one that is kept next; the numbers of the parts."""
    ahead: deque[tuple[int, Future[Features]]] = deque()
    for number in count():
        pictures = list[NDArray[np.uint8]]()
        for frame in islice(frames, _PART):
            pictures.append(frame.rgb.copy())  # it lies in memory of the decoder's
            ticks_s.append(frame.tick_s)
        if pictures and parts.read(str(number)) is not None:
            yield number
        elif pictures:
            ahead.append((number, workers.submit(read, pictures)))
        while ahead and (len(ahead) > _AHEAD or not pictures):
            done, part = ahead.popleft()
            parts.write(str(done), part.result())
            yield done
        if not pictures:
            return


def _write(out: Path, ticks_s: NDArray[np.float64], features: Features, about: dict[str, Any]) -> None:
    """Write the file, for its owner alone: the features describe a person."""
    columns: dict[str, NDArray[Any]] = {
        "tick_s": ticks_s,
        "features": features.rows,
        "has_mesh": features.has_mesh,
        "has_pose": features.has_pose,
    }
    if out.suffix == landmark_parquet.SUFFIX:
        landmark_parquet.write_columns(out, columns, about)
        return
    with whole(out) as part, part.open("wb") as file:
        part.chmod(0o600)
        np.savez(file, **columns, **{ABOUT: np.array(json.dumps(about))})
