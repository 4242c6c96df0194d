"""Recordings of people with labelled segments: `segments.csv`, beside it videos or files of landmark features.

A row is a segment: `file`, a path beside the table; `person`, an id; `start_s` and `end_s` in the file's time; and
either `stress`, 0 to 1, or `condition` by SWELL-KW's names (Koldijk et al. 2014, doi:10.1145/2663204.2663257): neutral
and relax are 0, time pressure and interruptions are 1. A file of features is an `.npz` with `tick_s` (n,) in seconds
and `features` (n, 1404), as of `edge.core.face.landmarks`, NaN in frames without a mesh; or (n, 1536) with the body's
behind them, as edge-extract writes it of a video, which are not read.
"""

import csv
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from math import isfinite
from pathlib import Path, PurePosixPath
from threading import Event
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.config import Config
from edge.core.errors import SourceNotFound
from edge.core.face.detection import largest
from edge.core.face.landmarks import ALL_FEATURES, FEATURES, landmark_features
from edge.core.face.sequence import Grid
from edge.core.observing.ring import Ring, Window
from edge.run.assemble import chosen_detector
from edge.sources.recorded.video import VideoFile
from edge.vision.mesh.follow import FaceMesh
from edge.vision.mesh.network import MeshNetwork

TABLE: Final = "segments.csv"
_CONDITIONS: Final = {"n": 0.0, "neutral": 0.0, "r": 0.0, "relax": 0.0, "t": 1.0, "i": 1.0} | {
    "time pressure": 1.0,
    "interruptions": 1.0,
}
Seen = tuple[float, NDArray[np.float32] | None]  # tick in seconds, and features where there is a mesh


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a recording with one label."""

    file: str
    person: str
    start_s: float
    end_s: float
    stress: float  # 0..1


def has_segments(path: Path) -> bool:
    """Whether a folder holds the table."""
    return (path / TABLE).is_file()


def read_segments(folder: Path) -> list[Segment]:
    """Read the table of a folder.

    Raises:
        SourceNotFound: It cannot be read, or a row describes no segment.
    """
    table, segments = folder / TABLE, list[Segment]()
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            for row in csv.DictReader(lines):
                segments.append(_segment(row))  # the error names the row after the last
    except (OSError, AttributeError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise SourceNotFound(
            f"Line {len(segments) + 2} of {table} describes no segment: {type(error).__name__}: {error}.",
            fix="It needs file, person, start_s, end_s, and stress from 0 to 1 or condition.",
        ) from None
    if not segments:
        raise SourceNotFound(f"{table} has no row.", fix="Give a row for each segment.")
    return segments


class Recordings:
    """Reads the windows of segments. Use it as a context manager: the networks for videos are loaded when needed.

    Args:
        folder: Holds the files.
        grid: Places and windows.
        config: The settings of a run: detector, models, backend, threads.
    """

    def __init__(self, folder: Path, grid: Grid, config: Config | None = None) -> None:
        self._folder, self._grid, self._config = folder, grid, config or Config()
        self._stack, self._network = ExitStack(), None  # type: tuple[ExitStack, MeshNetwork | None]

    def __enter__(self) -> "Recordings":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def windows(self, segment: Segment) -> Iterator[Window]:
        """Yield the windows that lie in a segment, as a run would read them.

        Raises:
            SourceNotFound: The file cannot be read, or holds something else.
        """
        ring = Ring(self._grid)
        last_s = segment.start_s
        for tick_s, features in self._seen(segment):
            yield from ring.add(tick_s, features)
            last_s = tick_s
        yield from ring.add(min(segment.end_s, last_s + self._grid.step_s), None)

    def _seen(self, segment: Segment) -> Iterable[Seen]:
        path = self._folder / segment.file
        if path.suffix == ".npz":
            return _features(path, segment)
        return self._meshes(path, segment)

    def _meshes(self, path: Path, segment: Segment) -> Iterator[Seen]:
        if self._network is None:
            self._network = MeshNetwork(self._config.backend, self._config.threads)
            self._find_faces = self._stack.enter_context(chosen_detector(self._config))
        read_mesh = FaceMesh(self._network)
        video = VideoFile(path, start_s=segment.start_s, max_fps=1 / self._grid.step_s)
        with video.open(Event()) as frames:
            for frame in frames:
                if frame.tick_s >= segment.end_s:
                    return
                face = largest(self._find_faces(frame.rgb))
                mesh = None if face is None else read_mesh(frame.rgb, face)
                yield frame.tick_s, None if mesh is None else landmark_features(mesh.points)


def _features(path: Path, segment: Segment) -> Iterator[Seen]:
    try:
        with np.load(path, allow_pickle=False) as kept:
            ticks_s, features = np.asarray(kept["tick_s"], np.float64), np.asarray(kept["features"], np.float32)
        if (
            features.shape not in ((len(ticks_s), FEATURES), (len(ticks_s), ALL_FEATURES))
            or (np.diff(ticks_s) < 0).any()
        ):
            raise ValueError(f"{ticks_s.shape} ticks, which have to rise, with features {features.shape}")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise SourceNotFound(
            f"{path} holds no landmark features: {error}.", fix=f"It needs tick_s (n,) and features (n, {FEATURES})."
        ) from None
    for tick_s, row in zip(ticks_s, features[:, :FEATURES], strict=True):
        if segment.start_s <= tick_s < segment.end_s:
            yield float(tick_s), None if np.isnan(row).any() else row


def _segment(row: Mapping[str, str]) -> Segment:
    given = (row.get("stress") or "").strip()
    stress = float(given) if given else _CONDITIONS[row["condition"].strip().lower()]
    segment = Segment(row["file"], row["person"], float(row["start_s"]), float(row["end_s"]), stress)
    if not (segment.file and segment.person and 0 <= stress <= 1):
        raise ValueError(f"file {segment.file!r}, person {segment.person!r}, stress {stress}")
    if not (isfinite(segment.end_s) and 0 <= segment.start_s < segment.end_s):
        raise ValueError(f"from {segment.start_s} to {segment.end_s} s")
    if PurePosixPath(segment.file).is_absolute() or ".." in PurePosixPath(segment.file).parts:
        raise ValueError(f"{segment.file} lies outside the data set")
    return segment
