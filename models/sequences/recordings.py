"""Recordings with labelled segments as a data set: one sample a window, each person in one split alone."""

from pathlib import Path

import numpy as np

from edge.core.face.landmarks import FEATURES
from edge.core.face.sequence import Grid
from edge.evaluation.segments import TABLE, Recordings, has_segments, read_segments
from edge.vision.card import InputKind
from models.datasets.hashing import hash_of
from models.datasets.labelled import Labelled
from models.datasets.splitting import NoSuchSplit, split_of

is_here = has_segments


def load(path: Path, split: str) -> Labelled:
    """Read a split: 70, 15 and 15 of a hundred people, by the hash of `person`.

    Raises:
        SourceNotFound: The table or a file cannot be read, or no window has enough meshes.
    """
    segments = [segment for segment in read_segments(path) if split_of(segment.person) == split]
    with Recordings(path, Grid()) as recordings:
        found = [(segment, window) for segment in segments for window in recordings.windows(segment)]
    if not found:
        raise NoSuchSplit(
            f"{path} has no window of {Grid().window_s:g} s in its {split} split ({len(segments)} segments).",
            fix="Give more people, or longer segments.",
        )
    return Labelled(
        crops=np.stack([window.rows.astype(np.float16) for _, window in found]).reshape(len(found), -1, FEATURES),
        stress=np.array([segment.stress for segment, _ in found], np.float32),
        names=tuple(f"{segment.file}@{window.ended_s:g}" for segment, window in found),
        persons=np.array([segment.person for segment, _ in found]),
        kind=InputKind.SEQUENCE,
    )


def hashes(path: Path, split: str) -> dict[str, str]:
    """The SHA-256 of the table, which holds every split."""
    return {TABLE: hash_of(path / TABLE)}
