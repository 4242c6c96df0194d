"""Extraction: the landmark features of a data set's faces, by several processes, resumable, into one file."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, replace
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge.core.errors import SourceNotFound
from edge.vision.card import InputKind
from models.datasets import class_folders, landmark_file, landmark_parquet
from models.datasets.clean import chosen
from models.datasets.labelled import Labelled
from models.datasets.load import SPLITS, form_of, hashes, load
from models.datasets.splitting import NoSuchSplit
from models.landmarks.parts import Parts
from models.landmarks.reading import Features, Sample, networks, read, start

_PART: Final = 500  # samples; what a process that is killed loses
Progress = Callable[[Iterable[int], str, int | None], Iterable[int]]


@dataclass(frozen=True, slots=True)
class Extracted:
    """The faces of one split, those of them that have a mesh, and those that have a pose as well."""

    faces: int
    with_mesh: int
    with_pose: int


def extract(
    data: Path,
    out: Path,
    *,
    processes: int = 1,
    with_pose: bool = True,
    progress: Progress = lambda items, *_: items,
) -> dict[str, Extracted]:
    """Write the landmark features of a data set's faces.

    Mesh and pose are read in whole pictures where the data set holds these, and else the mesh alone, in the crops.
    Finished parts lie in `OUT.parts`; an extraction that was interrupted goes on there, for the same data and networks.

    Args:
        data: A data set of pictures, of any form in docs/data.md.
        out: The `.npz` or `.parquet` file.
        processes: How many work at once.
        with_pose: Whether the pose is read in whole pictures.
        progress: Shows how far it is: called with the parts' numbers, a text, and their count where it is known.

    Returns:
        What was found, by split.

    Raises:
        SourceNotFound: The data cannot be read, holds no pictures, or no face has a mesh.
        BadModel: The pose's networks are missing.
        CannotWrite: The file or its parts cannot be written.
    """
    splits = dict(_splits(data))
    folder = data if class_folders.shows_whole_pictures(data) else None
    with_pose = with_pose and folder is not None
    about: dict[str, Any] = {
        "data": form_of(data).name,
        "sha256": {name: hashes(data, name) for name in splits},
        "networks": networks(with_pose),
        "software": version("edge-expressiveness"),
    }
    parts, found, kept, poses = Parts(out, about), dict[str, Extracted](), dict[str, Labelled](), {}
    with ProcessPoolExecutor(processes, get_context("spawn"), start, (with_pose,)) as workers:
        for name, split in splits.items():
            samples = list[Sample](split.crops if folder is None else [folder / file for file in split.names])
            features = _features(samples, name, parts, workers, progress)
            has = features.has_mesh
            found[name] = Extracted(len(split), int(has.sum()), int(features.has_pose.sum()))
            kept[name] = replace(chosen(split, has), crops=features.rows[has].astype(np.float32))
            poses[name] = features.has_pose[has]
    if not any(len(split) for split in kept.values()):
        raise SourceNotFound(f"No face of {data} has a mesh.", fix="Give pictures of single faces.")
    counts = {name: {"faces": one.faces, "with_mesh": one.with_mesh} for name, one in found.items()}
    form = landmark_parquet if out.suffix == landmark_parquet.SUFFIX else landmark_file
    form.write(out, kept, about | {"counts": counts}, poses)
    parts.remove()
    return found


def _splits(data: Path) -> Iterator[tuple[str, Labelled]]:
    for name in SPLITS:
        try:
            split = load(data, name)
        except NoSuchSplit:
            if name == "train":
                raise
            continue
        if split.kind is not InputKind.CROP:
            raise SourceNotFound(
                f"{data} holds {form_of(data).name} and no pictures.", fix="Give pictures, or one video."
            )
        yield name, split


def _features(samples: Sequence[Sample], name: str, parts: Parts, workers: Executor, progress: Progress) -> Features:
    starts = range(0, len(samples), _PART)
    due = [first for first in starts if parts.read(f"{name}-{first}") is None]
    done = workers.map(read, (samples[first : first + _PART] for first in due))
    for place, part in zip(progress(range(len(due)), name, len(due)), done, strict=False):
        parts.write(f"{name}-{due[place]}", part)
    return Features.joined([kept for first in starts if (kept := parts.read(f"{name}-{first}")) is not None])
