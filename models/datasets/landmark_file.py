"""A file of landmark features, `.npz`: one form of data that networks over landmarks are trained on.

For each split it holds `SPLIT/features` (n, 1536) float16, as of `edge.core.face.landmarks`, `SPLIT/has_pose` (n,),
without which those of the body are NaN, `SPLIT/emotion`, `SPLIT/votes`, `SPLIT/scores` and `SPLIT/persons` where the
data set had them, and `SPLIT/names`; `landmarks` is JSON text on where they come from. Files of earlier versions have
the 1,404 features of the face alone.
"""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from edge.core.face.landmarks import ALL_FEATURES, FEATURES
from edge.vision.card import InputKind
from models.datasets.hashing import hash_of
from models.datasets.labelled import Labelled
from models.datasets.splitting import NoSuchSplit
from models.files import whole

ABOUT: Final = "landmarks"
OPTIONAL: Final = ("emotion", "votes", "scores", "persons")


def is_here(path: Path) -> bool:
    """Whether a path is such a file."""
    if path.suffix != ".npz" or not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return f"{ABOUT}.npy" in archive.namelist()


def load(path: Path, split: str) -> Labelled:
    """Read a split: the features of the face, without those of the body.

    Raises:
        SourceNotFound: The file lacks it, or is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as kept:
            if f"{split}/features" not in kept.files:
                raise NoSuchSplit(f"{path} holds no {split} split.", fix="Extract a data set that has one.")
            features = np.asarray(kept[f"{split}/features"], np.float32)
            if features.ndim != 2 or features.shape[1] not in (FEATURES, ALL_FEATURES):
                raise ValueError(f"features of shape {features.shape}")
            parts: dict[str, Any] = {
                name: kept[f"{split}/{name}"] if f"{split}/{name}" in kept.files else None for name in OPTIONAL
            }
            return Labelled(
                features[:, :FEATURES], names=tuple(kept[f"{split}/names"].tolist()), kind=InputKind.LANDMARKS, **parts
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise SourceNotFound(f"{path} cannot be read: {error}.", fix="Make it again with edge-extract.") from None


def hashes(path: Path, split: str) -> dict[str, str]:
    """The SHA-256 of the file, which holds every split."""
    return {path.name: hash_of(path)}


def write(
    path: Path,
    splits: Mapping[str, Labelled],
    about: Mapping[str, Any],
    has_pose: Mapping[str, NDArray[np.bool_]] | None = None,
) -> None:
    """Write a file, for its owner alone: the features describe the faces of people.

    Args:
        path: The file.
        splits: By name; each with features of the face (n, 1404), or of face and body (n, 1536).
        about: Where they come from.
        has_pose: For each split which of its samples have a pose, (n,), where the features are those of both.

    Raises:
        CannotWrite: It cannot be written.
    """
    arrays: dict[str, NDArray[Any]] = {ABOUT: np.array(json.dumps(about))}
    for name, split in splits.items():
        arrays[f"{name}/features"] = split.crops.astype(np.float16)
        arrays[f"{name}/names"] = np.array(split.names)
        if has_pose is not None:
            arrays[f"{name}/has_pose"] = has_pose[name]
        arrays |= {f"{name}/{part}": held for part in OPTIONAL if (held := getattr(split, part)) is not None}
    with whole(path) as part, part.open("wb") as file:
        part.chmod(0o600)
        np.savez(file, **arrays)
