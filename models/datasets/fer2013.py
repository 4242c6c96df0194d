"""FER-2013 (Goodfellow et al. 2013, arXiv:1307.0414) with the FER+ votes (Barsoum et al. 2016, arXiv:1608.01041).

The form read here is a folder of zips (`train.zip`, or `train-0.zip`, `train-1.zip` ..., `validation.zip`, `test.zip`,
each `<split>/<class>/<row>.webp`) with `labels.csv` beside them: row, usage, emotion, then ten taggers' votes.
"""

from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from edge.core.errors import SourceNotFound
from edge.core.face.preprocess import crop_of
from edge.core.labels import EMOTIONS
from edge.evaluation.labelled import labelled_images
from edge.evaluation.vote_table import read_votes
from models.datasets.labelled import Labelled
from models.datasets.splitting import SPLITS, NoSuchSplit

_CLASSES = {emotion: index for index, emotion in enumerate(EMOTIONS)}


def is_here(folder: Path) -> bool:
    """Whether a folder looks like this form."""
    return (folder / "labels.csv").is_file() and any(zips(folder, split) for split in SPLITS)


def load(folder: Path, split: str) -> Labelled:
    """Read one of `SPLITS`.

    Raises:
        SourceNotFound: The folder does not hold it in the form described above.
    """
    table = folder / "labels.csv"
    archives = zips(folder, split)
    if not archives or not table.is_file():
        raise NoSuchSplit(
            f"{folder} holds no FER-2013 split named {split}.",
            fix=f"Give the folder that holds {split}.zip (or {split}-0.zip ...) and labels.csv.",
        )
    votes = read_votes(table)
    try:
        images = [image for archive in archives for image in labelled_images(archive)]
        return Labelled(
            crops=np.stack([crop_of(image.pixels) for image in images]),
            emotion=np.array([_CLASSES[image.label] for image in images], np.int64),
            votes=votes.of_pictures(image.name for image in images),
            names=tuple(image.name for image in images),
        )
    except (KeyError, ValueError, BadZipFile) as error:
        raise SourceNotFound(
            f"The FER-2013 split {split} in {folder} is not in the form expected: {error}.",
            fix=f"A picture is {split}/<{'|'.join(EMOTIONS)}>/<row in labels.csv>.webp.",
        ) from None


def zips(folder: Path, split: str) -> list[Path]:
    """The archives of one of `SPLITS`, in order; none where the folder does not hold it."""
    return sorted([*folder.glob(f"{split}.zip"), *folder.glob(f"{split}-*.zip")])


def hashes(folder: Path, split: str) -> dict[str, str]:
    """The SHA-256 of each archive of one of SPLITS, by its name."""
    return {archive.name: sha256(archive.read_bytes()).hexdigest() for archive in zips(folder, split)}
