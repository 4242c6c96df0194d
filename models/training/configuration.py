"""The record of a run, beside its weights: recipe, data, initial weights, teachers, versions and commands."""

import json
import platform
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np

from edge.core.errors import UsageError
from models.datasets.faces import Faces
from models.files import record_of_run, whole
from models.specs.recipe import Recipe

CONFIGURATION = "configuration.json"


def describe(faces: Faces, files: Mapping[str, str]) -> dict[str, Any]:
    """Describe a split as plain JSON values.

    Args:
        faces: Its faces.
        files: SHA-256 of the files that it was read from, by name.

    Returns:
        The number of faces, those of each label, and the SHA-256 of crops and targets and of the files.
    """
    parts = (faces.crops, faces.ground_truth, faces.targets.round(5))
    digest = sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()
    counts = np.bincount(faces.ground_truth, minlength=len(faces.labels)).tolist()
    return {
        "faces": len(faces),
        "of": dict(zip(faces.labels, counts, strict=True)),
        "sha256": digest,
        "files": dict(files),
    }


def keep_configuration(
    out: Path,
    recipe: Recipe,
    data: Mapping[str, Mapping[str, Any]],
    *,
    command: Sequence[str],
    files: Mapping[str, Sequence[Path]],
    resume: bool,
) -> None:
    """Write `configuration.json`. A resumed run keeps what is there and adds its command.

    Args:
        out: The run's folder.
        recipe: Its recipe.
        data: What `describe` returns for each split.
        command: The command line.
        files: Initial weights and teachers, by role; their hashes are written.
        resume: Whether a run in `out` goes on.

    Raises:
        UsageError: The resumed run began on other data.
        BadConfiguration: The file that is there cannot be read.
        CannotWrite: It cannot be written.
    """
    path = out / CONFIGURATION
    before = record_of_run(path) if resume and path.exists() else {}
    if before and before.get("data") != data:
        raise UsageError(
            f"The run in {out} began on other data.",
            fix="Give the --data and --teacher it began with, or another --out.",
        )
    stands = {
        "recipe": recipe.as_json(),
        "data": dict(data),
        "files": before.get("files") or {role: _hashes(paths) for role, paths in files.items()},
        "versions": _versions(),
        "commands": [*before.get("commands", []), list(command)],
    }
    with whole(path) as part:
        part.write_text(json.dumps(stands, indent=2) + "\n")


def _hashes(paths: Sequence[Path]) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in paths}


def _versions() -> dict[str, str]:
    backend = keras.backend.backend()
    package = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}[backend]
    module = __import__(package)
    return {
        "python": platform.python_version(),
        "edge-expressiveness": version("edge-expressiveness"),
        "keras": keras.__version__,
        backend: str(module.__version__),
        "numpy": np.__version__,
    }
