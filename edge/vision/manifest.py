"""Which networks and cards were shipped, by hashes in this package; `python -m edge.vision.manifest` makes them anew.

The hashes are in the form of sha256sum(1): `cd models/shipped && sha256sum --check ../../edge/vision/shipped.sha256`.
"""

import hashlib
import os
import stat
from functools import cache
from pathlib import Path
from typing import Final

from edge.core.errors import BadModel

_HASHES: Final = Path(__file__).with_name("shipped.sha256")


def shipped_models() -> Path:
    """The folder of the models that came with the installation."""
    return Path(__file__).resolve().parents[2] / "models" / "shipped"


def is_shipped(folder: Path | None) -> bool:
    """Return whether a folder of models is the shipped one; None stands for it."""
    return folder is None or folder.absolute() == shipped_models()


def refuse_another(path: Path, sha256: str) -> None:
    """Check that a file of the shipped folder is what was shipped, and that of another folder no other user's.

    Args:
        path: A network or a card that was read.
        sha256: Of the bytes that were read, in hexadecimal.

    Raises:
        BadModel: It is another file, or other users may change it.
    """
    shipped = shipped_models()
    if path.absolute().is_relative_to(shipped):
        if _hashes().get(str(path.absolute().relative_to(shipped))) != sha256:
            raise BadModel(
                f"{path} is not the one that was shipped.",
                fix="Install it again; one of your own belongs into another folder, for --models.",
            )
        return
    status = path.parent.stat()
    if status.st_uid not in (os.geteuid(), 0):
        raise BadModel(f"The folder {path.parent} belongs to another user.", fix="Copy it into a folder of your own.")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise BadModel(
            f"Other users may write to the folder {path.parent}.",
            fix=f"Run chmod go-w {path.parent}, and check that its files are still yours.",
        )


@cache
def _hashes() -> dict[str, str]:
    """The hash of each shipped file, by its place below the folder."""
    lines = (line.split(maxsplit=1) for line in _HASHES.read_text("ascii").splitlines())
    return {name: sha256 for sha256, name in lines}


def made_anew(folder: Path) -> str:
    """Return the hashes of the networks and cards below a folder."""
    files = sorted(path for end in ("json", "tflite") for path in folder.rglob(f"*.{end}"))
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files)


if __name__ == "__main__":
    _HASHES.write_text(made_anew(shipped_models()), "ascii")
