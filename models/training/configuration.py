"""What a run was made with: recipe, data, beginnings, teachers, versions and commands, kept beside the weights."""

import json
import platform
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np

from edge.core.errors import BadConfiguration, UsageError
from models.datasets.faces import Faces
from models.files import whole
from models.specs.recipe import Recipe

CONFIGURATION = "configuration.json"


def describe(faces: Faces, files: Mapping[str, str]) -> dict[str, Any]:
    """How many faces a split has of each label, the hash of their crops and targets, and those of the files read."""
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
    """Write `configuration.json`: `data` as `describe` tells each split, `files` by role and their hash.

    A resumed run keeps what stands there and adds its command. Raises UsageError where its data are others,
    BadConfiguration where the file cannot be read, CannotWrite.
    """
    path = out / CONFIGURATION
    before = _read(path) if resume and path.exists() else {}
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


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"{path} cannot be read: {error}.", fix="Start a new run.") from None
    return values if isinstance(values, dict) else {}
