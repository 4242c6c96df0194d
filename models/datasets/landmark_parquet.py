"""A file of landmark features as Parquet: a row a face, for other programs, and a form of data as the `.npz` is.

Columns: `split`, `name`, `features` (1536 float32), `has_pose`, and `emotion`, `votes`, `scores`, `persons` where the
data set had them. The schema's metadata holds, under `landmarks`, the same JSON text as the `.npz`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadConfiguration, SourceNotFound
from edge.core.face.landmarks import ALL_FEATURES, FEATURES
from edge.vision.card import InputKind
from models.datasets.hashing import hash_of
from models.datasets.labelled import Labelled
from models.datasets.landmark_file import ABOUT, OPTIONAL
from models.datasets.splitting import NoSuchSplit
from models.files import whole

SUFFIX: Final = ".parquet"
_MARK: Final = b"PAR1"


def is_here(path: Path) -> bool:
    """Whether a path is a Parquet file."""
    if path.suffix != SUFFIX or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MARK)) == _MARK


def load(path: Path, split: str) -> Labelled:
    """Read a split: the features of the face, without those of the body.

    Raises:
        SourceNotFound: The file lacks it, is damaged, or is another table.
        BadConfiguration: The package pyarrow is not installed.
    """
    arrow, parquet = _libraries()
    try:
        table = parquet.read_table(path, filters=[("split", "=", split)])
        if not len(table):
            raise NoSuchSplit(f"{path} holds no {split} split.", fix="Extract a data set that has one.")
        parts: dict[str, Any] = {
            name: np.array(table[name].to_pylist()) for name in OPTIONAL if name in table.column_names
        }
        features = _stacked(table["features"])
        names = tuple(table["name"].to_pylist())
    except (OSError, KeyError, ValueError, arrow.ArrowException) as error:
        raise SourceNotFound(f"{path} cannot be read: {error}.", fix="Make it again with edge-extract.") from None
    floats = {name: parts[name].astype(np.float32) for name in ("votes", "scores") if name in parts}
    return Labelled(features, names=names, kind=InputKind.LANDMARKS, **parts | floats)


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
        path, splits, about, has_pose: As of `models.datasets.landmark_file.write`.

    Raises:
        BadConfiguration: The package pyarrow is not installed.
        CannotWrite: It cannot be written.
    """
    arrow, _ = _libraries()
    tables = [
        _table(arrow, name, split, None if has_pose is None else has_pose[name])
        for name, split in splits.items()
        if len(split)
    ]
    _write(arrow.concat_tables(tables), path, about)


def write_columns(path: Path, columns: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> None:
    """Write columns (n,) or (n, width) as one table, for its owner alone.

    Raises:
        BadConfiguration: The package pyarrow is not installed.
        CannotWrite: It cannot be written.
    """
    arrow, _ = _libraries()
    made = {
        name: held if held.ndim == 1 else arrow.FixedSizeListArray.from_arrays(arrow.array(held.ravel()), held.shape[1])
        for name, held in columns.items()
    }
    _write(arrow.table(made), path, about)


def _table(arrow: Any, name: str, split: Labelled, has_pose: NDArray[np.bool_] | None) -> Any:
    flat = arrow.array(np.ascontiguousarray(split.crops, np.float32).reshape(-1))
    columns: dict[str, Any] = {
        "split": [name] * len(split),
        "name": list(split.names),
        "features": arrow.FixedSizeListArray.from_arrays(flat, split.crops.shape[1]),
    }
    if has_pose is not None:
        columns["has_pose"] = has_pose
    given = {part: held for part in OPTIONAL if (held := getattr(split, part)) is not None}
    return arrow.table(columns | {part: held.tolist() for part, held in given.items()})


def _write(table: Any, path: Path, about: Mapping[str, Any]) -> None:
    _, parquet = _libraries()
    with whole(path) as part:
        part.touch(0o600)
        parquet.write_table(table.replace_schema_metadata({ABOUT: json.dumps(about)}), part, compression="zstd")


def _stacked(column: Any) -> NDArray[np.float32]:
    if (width := getattr(column.type, "list_size", None)) not in (FEATURES, ALL_FEATURES):
        raise ValueError(f"features of {column.type}")
    values = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(values, np.float32).reshape(-1, width)[:, :FEATURES]


def _libraries() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise BadConfiguration(
            "Parquet needs the package pyarrow, which is not installed.",
            fix="Install the extra `tables`, or give a name that ends in .npz.",
        ) from None
    return pyarrow, parquet
