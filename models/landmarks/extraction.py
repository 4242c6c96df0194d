"""Extraction: the mesh of every face of a data set, by several processes, resumable, into a file of features."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from edge.core.face.landmarks import FEATURES, landmark_features
from edge.vision.card import shipped_models
from edge.vision.mesh.crop import mesh_of_crop
from edge.vision.mesh.network import NAME, MeshNetwork
from models.datasets import landmark_file, landmark_parquet
from models.datasets.clean import chosen
from models.datasets.labelled import Labelled
from models.datasets.load import SPLITS, form_of, hashes, load
from models.datasets.splitting import NoSuchSplit
from models.files import whole, writing

_PART: Final = 500  # faces; what a process that is killed loses
Progress = Callable[[Iterable[int], str, int], Iterable[int]]
Part = tuple[NDArray[np.float16], NDArray[np.bool_]]

_network: MeshNetwork | None = None  # of a worker process


@dataclass(frozen=True, slots=True)
class Extracted:
    """The faces of one split, and those of them that have a mesh."""

    faces: int
    with_mesh: int


def extract(
    data: Path, out: Path, *, processes: int = 1, progress: Progress = lambda items, *_: items
) -> dict[str, Extracted]:
    """Write the landmark features of a data set's faces.

    Finished parts lie in `OUT.parts`; an extraction that was interrupted goes on there, for the same data and network.

    Args:
        data: A data set of pictures, of any form in docs/data.md.
        out: The `.npz` or `.parquet` file.
        processes: How many work at once.
        progress: Shows how far it is: called with the parts' numbers, a text and their count.

    Returns:
        What was found, by split.

    Raises:
        SourceNotFound: The data cannot be read, or no face has a mesh.
        CannotWrite: The file or its parts cannot be written.
    """
    splits = dict(_splits(data))
    about: dict[str, Any] = {
        "data": form_of(data).name,
        "sha256": {name: hashes(data, name) for name in splits},
        "networks": {NAME: _mesh_hash()},
        "software": version("edge-expressiveness"),
    }
    parts = _Parts(out.with_name(f"{out.name}.parts"), about)
    found: dict[str, Extracted] = {}
    kept: dict[str, Labelled] = {}
    with ProcessPoolExecutor(processes, get_context("spawn"), _start) as workers:
        for name, split in splits.items():
            features, has = _features(split, name, parts, workers, progress)
            found[name] = Extracted(len(split), int(has.sum()))
            faces = chosen(split, has)
            kept[name] = replace(faces, crops=features)
    if not any(len(split) for split in kept.values()):
        raise SourceNotFound(f"No face of {data} has a mesh.", fix="Give pictures of single faces.")
    counts = {name: {"faces": one.faces, "with_mesh": one.with_mesh} for name, one in found.items()}
    form = landmark_parquet if out.suffix == landmark_parquet.SUFFIX else landmark_file
    form.write(out, kept, about | {"counts": counts})
    parts.remove()
    return found


def _splits(data: Path) -> Iterator[tuple[str, Labelled]]:
    for name in SPLITS:
        try:
            yield name, load(data, name)
        except NoSuchSplit:
            if name == "train":
                raise


def _features(
    split: Labelled, name: str, parts: "_Parts", workers: Executor, progress: Progress
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    starts = range(0, len(split), _PART)
    due = [start for start in starts if parts.read(name, start) is None]
    done = workers.map(_meshes, (split.crops[start : start + _PART] for start in due))
    for place, part in zip(progress(range(len(due)), name, len(due)), done, strict=False):
        parts.write(name, due[place], part)
    each = [parts.read(name, start) for start in starts]
    features, has = zip(*(part for part in each if part is not None), strict=True)
    return np.concatenate(features).astype(np.float32), np.concatenate(has)


def _start() -> None:
    global _network  # a worker loads it once
    _network = MeshNetwork()


def _meshes(crops: NDArray[np.uint8]) -> Part:
    assert _network is not None
    found = [mesh_of_crop(_network, crop) for crop in crops]
    features = [landmark_features(points) for points in found if points is not None]
    stacked = np.stack(features) if features else np.zeros((0, FEATURES), np.float32)
    return stacked.astype(np.float16), np.array([points is not None for points in found])


def _mesh_hash() -> str:
    card = json.loads((shipped_models() / "mediapipe" / f"{NAME}.json").read_text(encoding="utf-8"))
    return str(card["sha256"])


class _Parts:
    """The folder of finished parts; that of other data or another network is emptied."""

    def __init__(self, folder: Path, about: dict[str, Any]) -> None:
        self._folder = folder
        mark, path = sha256(json.dumps(about, sort_keys=True).encode()).hexdigest(), folder / "of.txt"
        with writing(folder):
            if folder.exists() and not (path.is_file() and path.read_text() == mark):
                shutil.rmtree(folder)
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with whole(path) as part:
            part.write_text(mark)

    def read(self, split: str, start: int) -> Part | None:
        path = self._folder / f"{split}-{start}.npz"
        if not path.is_file():
            return None
        with np.load(path) as kept:
            return kept["features"], kept["has"]

    def write(self, split: str, start: int, part: Part) -> None:
        with whole(self._folder / f"{split}-{start}.npz") as path, path.open("wb") as file:
            np.savez(file, features=part[0], has=part[1])

    def remove(self) -> None:
        shutil.rmtree(self._folder)
