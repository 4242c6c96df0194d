"""The networks of an analysis: their hash, and sending those of another folder to a machine that lacks them."""

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from edge.core.errors import BadModel
from edge.host.files.private_files import make_folder
from edge.vision.manifest import shipped_models


def models_hash(folder: Path | None) -> str:
    """Return a hash of the networks' cards, each of which has its network's hash, and of the program's version.

    Args:
        folder: A folder of models; what it lacks is taken from those shipped. None: those shipped.
    """
    sha256 = hashlib.sha256(version("edge-expressiveness").encode())
    for place in dict.fromkeys((folder or shipped_models(), shipped_models())):
        for card in sorted(place.rglob("*.json")):
            sha256.update(card.name.encode() + b"\0" + card.read_bytes())
    return sha256.hexdigest()


def model_files(folder: Path) -> dict[str, bytes]:
    """Return the networks and cards of a folder, by their names below it.

    Raises:
        BadModel: One of them cannot be read.
    """
    try:
        files = [path for path in folder.rglob("*") if path.suffix in (".json", ".tflite")]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    except OSError as error:
        raise BadModel(f"{folder} cannot be read: {error.strerror}.", fix="Check who may read it.") from error


def keep_models(files: Mapping[str, bytes], sha256: str, folder: Path) -> bool:
    """Write networks and cards that were sent, as the folder `sha256` in `folder`.

    Args:
        files: As of `model_files`.
        sha256: As `models_hash` returned it where they come from.
        folder: For this user alone.

    Returns:
        Whether they are those; if not, also where the program has another version here, nothing is left.
    """
    make_folder(folder)
    place = Path(mkdtemp(dir=folder))
    for name, content in files.items():
        file = place / name
        if not file.resolve().is_relative_to(place.resolve()):
            break
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_bytes(content)
    if models_hash(place) == sha256:
        if not (folder / sha256).exists():
            place.rename(folder / sha256)
        return True
    rmtree(place)
    return False
