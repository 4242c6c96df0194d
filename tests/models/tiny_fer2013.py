"""A data set of FER-2013's form that the tests write: zips of WebP faces, and labels.csv with votes."""

import csv
import zipfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.labels import EMOTIONS

COLUMNS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
VOTED_AS = dict(zip(EMOTIONS, ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"), strict=True))


def write(folder: Path, *, train: int = 70, validation: int = 21, test: int = 21) -> Path:
    """Write the three splits, training in two zips; a face's emotion shows in its picture, so it can be learnt."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, row = [], 0
    parts = (
        ("train", "train-0", train // 2),
        ("train", "train-1", train - train // 2),
        ("validation", "validation", validation),
        ("test", "test", test),
    )
    for split, file, count in parts:
        with zipfile.ZipFile(folder / f"{file}.zip", "w") as archive:
            for index in range(count):
                emotion = EMOTIONS[index % len(EMOTIONS)]
                archive.writestr(f"{split}/{emotion}/{row:05d}.webp", encoded(face(emotion, row)))
                rows.append({"row": row, "usage": split, "emotion": emotion, **votes(emotion, row)})
                row += 1
    with (folder / "labels.csv").open("w", newline="") as table:
        writer = csv.DictWriter(table, ["row", "usage", "emotion", *COLUMNS, "unknown", "not_a_face"])
        writer.writeheader()
        writer.writerows(rows)
    return folder


def votes(emotion: str, row: int) -> dict[str, int]:
    """Ten taggers: between none and all of them say neutral, the others what the face shows."""
    neutral = 10 if emotion == "neutral" else (row % 3) * 4
    given = dict.fromkeys((*COLUMNS, "unknown", "not_a_face"), 0)
    given["neutral"] = neutral
    if emotion != "neutral":
        given[VOTED_AS[emotion]] = 10 - neutral
    return given


def face(emotion: str, seed: int) -> NDArray[np.uint8]:
    """A grey picture (48, 48): noise, and a bright bar whose height is the emotion's."""
    picture = np.random.default_rng(seed).integers(60, 120, (48, 48), dtype=np.uint8)
    top = 6 * EMOTIONS.index(emotion)
    picture[top : top + 6] = 230
    return picture


def encoded(picture: NDArray[np.uint8]) -> bytes:
    """A picture as lossless WebP."""
    written, data = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, 101])
    assert written
    return data.tobytes()
