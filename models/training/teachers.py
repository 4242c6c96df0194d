"""Distillation (Hinton et al. 2015, arXiv:1503.02531): other networks' probabilities as training targets."""

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from models.datasets.faces import Faces
from models.datasets.labelled import Labelled
from models.files import whole
from models.networks import network
from models.specs.targets import Samples, Target
from models.training.answers import holds_answers, read_answers
from models.training.saved import load_network

KEPT = "teacher.npz"  # beside a run, the teachers' logits; another run takes the file as a teacher
Floats = NDArray[np.float32]


def crops_hash(crops: NDArray[np.uint8]) -> str:
    """The SHA-256 of face crops (n, 48, 48), row after row, which binds logits to the faces they belong to."""
    return sha256(np.ascontiguousarray(crops).tobytes()).hexdigest()


def mean_probabilities(teachers: Sequence[Path], samples: Samples, split: Labelled, target: Target) -> Floats:
    """The teachers' probabilities for the training faces.

    Args:
        teachers: `.keras` networks with the same labels, of any input size, applied to each face and its mirror image;
            `answers.npz` of networks with two heads, as `models.training.answers` reads them; or `.npz` files with
            `logits` (m, labels) and `sha256`, the `crops_hash` of the m crops they belong to: the faces themselves or
            the whole split.
        samples: The n faces.
        split: The split that they are from.
        target: What the trained network answers.

    Returns:
        Mean probabilities (n, labels).

    Raises:
        SourceNotFound: A file is missing, or is no teacher for these faces.
        BadModel: A `.keras` file holds no network of edge-train.
    """
    given = [_given(path, samples, split, target) for path in teachers]
    return np.asarray(np.mean(given, axis=0), np.float32)


def distilled(faces: Faces, shares: Floats, *, weight: float, temperature: float) -> Faces:
    """Mix the faces' targets with the teachers' probabilities.

    Args:
        faces: n faces.
        shares: The teachers' probabilities (n, labels).
        weight: Share of the teachers in the target, 0..1.
        temperature: Above 1 softens the teachers' probabilities.
    """
    softened = _softmax(np.log(np.maximum(shares, 1e-7)) / temperature)
    return replace(faces, targets=((1 - weight) * faces.targets + weight * softened).astype(np.float32))


def keep(shares: Floats, faces: Faces, out: Path) -> None:
    """Write probabilities (n, labels) as a teacher's `.npz` beside a run; one that is there stays.

    Raises:
        CannotWrite: The file cannot be written.
    """
    if (out / KEPT).exists():
        return
    with whole(out / KEPT) as path:
        np.savez(path, logits=_logits(shares), sha256=np.array(crops_hash(faces.crops)))


def as_kept(shares: Floats) -> Floats:
    """Probabilities (n, labels) as a resumed run reads them from what `keep` wrote, to the last bit."""
    return _softmax(_logits(shares))


def _given(path: Path, samples: Samples, split: Labelled, target: Target) -> Floats:
    if path.suffix != ".npz":
        return _predicted(path, samples.faces)
    if holds_answers(path):
        answers = read_answers([path], split.names)
        return target.taught(answers.labels, answers.votes)[samples.rows]
    return _saved(path, samples.faces, split.crops, samples.rows)


def _predicted(path: Path, faces: Faces) -> Floats:
    model = load_network(path)
    kind = network(model.name)
    if faces.labels != kind.labels:
        raise SourceNotFound(
            f"The teacher {path} has the labels {', '.join(kind.labels)}, not with {', '.join(faces.labels)}.",
            fix="Give --teacher a network with the same labels.",
        )
    given = kind.input.sized(model.input_shape[1])
    parts = []
    for start in range(0, len(faces), 1024):  # all of them at 96 px would take a gigabyte
        shown = given.arrays(faces.where(_between(len(faces), start, start + 1024)))
        parts.append(sum(model.predict(side, batch_size=256, verbose=0) for side in (shown, shown[:, :, ::-1])) / 2)
    return np.asarray(np.concatenate(parts), np.float32)


def _saved(path: Path, faces: Faces, split: NDArray[np.uint8], rows: NDArray[np.int64]) -> Floats:
    try:
        with np.load(path) as arrays:
            logits, digest = np.asarray(arrays["logits"], np.float32), str(arrays["sha256"])
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise SourceNotFound(
            f"The teacher {path} cannot be read: {type(error).__name__}: {error}.",
            fix="It needs the arrays logits (faces, labels) and sha256, the hash of the crops.",
        ) from None
    is_split = len(logits) == len(split) and digest == crops_hash(split)
    is_faces = len(logits) == len(faces) and digest == crops_hash(faces.crops)
    if not (is_split or is_faces) or logits.shape[1:] != (len(faces.labels),):
        raise SourceNotFound(
            f"The teacher {path} holds logits of shape {logits.shape} of other faces than these {len(faces)} with "
            f"{len(faces.labels)} labels.",
            fix="Make them on the very training data, in its order.",
        )
    return _softmax(logits if is_faces else logits[rows])


def _between(count: int, start: int, end: int) -> NDArray[np.bool_]:
    every = np.arange(count)
    return (every >= start) & (every < end)


def _logits(shares: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(shares, 1e-7)), np.float32)


def _softmax(logits: Floats) -> Floats:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)
