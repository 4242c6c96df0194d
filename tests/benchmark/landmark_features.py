"""What other features of the mesh's points add: `python -m tests.benchmark.landmark_features landmarks.npz`.

One network of the size of `emotion-landmarks` is trained on each kind of feature in the same way, on FER-2013's
classes.
"""

import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.core.face.landmarks import POINTS
from edge.evaluation.votes import NO_EMOTION, majority
from models.datasets.clean import chosen, repeats
from models.datasets.labelled import Labelled
from models.datasets.load import load
from models.landmarks.mirrored import mirrored

Floats = NDArray[np.float32]
SPLITS: Final = ("train", "mirror", "validation", "test")  # `mirror`: the training faces, mirrored
EPOCHS: Final = 12
COMPONENTS: Final = 200
# fmt: off
PLACES: Final = (  # lids, brows, nose, lips, chin and cheeks
    33, 159, 158, 160, 263, 386, 385, 387, 70, 105, 107, 65, 53, 300, 334, 336, 295, 283, 1, 98, 168, 61, 0, 13, 78, 82,
    312, 37, 39, 84, 91, 152, 397, 280, 425, 411,
)
CORNERS: Final = (  # three points each; the angle is at the second
    (61, 13, 291), (61, 14, 291), (78, 13, 308), (33, 159, 133), (263, 386, 362), (70, 105, 107), (300, 334, 336),
    (107, 168, 336), (61, 1, 291), (98, 61, 0), (327, 291, 0), (61, 17, 291), (107, 133, 33), (336, 362, 263),
    (2, 61, 152), (2, 291, 152),
)
# fmt: on


def aligned(features: Floats, onto: Floats) -> Floats:
    """Features (n, 1404) turned, scaled and moved onto a mean face (468, 3) as near as they go: Procrustes analysis."""
    target = onto - onto.mean(axis=0)
    points = features.reshape(-1, POINTS, 3).astype(np.float64)
    points -= points.mean(axis=1, keepdims=True)
    points /= np.linalg.norm(points, axis=(1, 2), keepdims=True)
    left, _, right = np.linalg.svd(np.einsum("nij,ik->njk", points, target / np.linalg.norm(target)))
    left[:, :, 2] *= np.sign(np.linalg.det(left @ right))[:, np.newaxis]  # no reflection
    return np.asarray(points @ left @ right, np.float32)


def lengths_and_angles(points: Floats) -> Floats:
    """Logarithms of the distances between PLACES, and the angles at CORNERS, of aligned points (n, 468, 3)."""
    one, other = np.triu_indices(len(PLACES), 1)
    places = np.array(PLACES)
    lengths = [
        np.linalg.norm(points[:, a] - points[:, b], axis=-1) for a, b in zip(places[one], places[other], strict=True)
    ]
    angles = []
    for a, at, b in CORNERS:
        u, v = points[:, a] - points[:, at], points[:, b] - points[:, at]
        angles.append(np.arccos(np.clip((u * v).sum(1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1), -1, 1)))
    return np.asarray(np.stack([*np.log(np.array(lengths) + 1e-3), *angles], axis=1), np.float32)


def components(rows: dict[str, Floats]) -> dict[str, Floats]:
    """The first principal components of rows, those of the training faces."""
    mean = rows["train"].mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(rows["train"], rowvar=False))
    return {
        name: np.asarray((each - mean) @ axes[:, : -COMPONENTS - 1 : -1], np.float32) for name, each in rows.items()
    }


def kinds(splits: dict[str, Labelled]) -> dict[str, dict[str, Floats]]:
    """Each kind of feature of each of SPLITS."""
    points = {name: np.asarray(split.crops, np.float32) for name, split in splits.items()}
    points["mirror"] = mirrored(points["train"])
    onto = points["train"].mean(axis=0).reshape(POINTS, 3)
    shape = {name: aligned(each, onto) for name, each in points.items()}
    first = components({name: each.reshape(len(each), -1) for name, each in shape.items()})
    measured = {name: lengths_and_angles(each) for name, each in shape.items()}
    return {
        "points": points,
        "distances and angles": measured,
        "shape": first,
        "shape, distances and angles": {name: np.hstack([first[name], measured[name]]) for name in SPLITS},
    }


def trained(rows: dict[str, Floats], splits: dict[str, Labelled]) -> NDArray[np.int64]:
    """Train a network; its answers (n,) about the test faces, of the epoch that is best on validation."""
    import keras

    keras.utils.set_random_seed(0)
    mean, spread = rows["train"].mean(axis=0), rows["train"].std(axis=0) + 1e-6
    given = {name: (rows[name] - mean) / spread for name in SPLITS}
    layers: list[Any] = [keras.Input((len(mean),)), keras.layers.GaussianNoise(0.1)]
    for units, left_out in ((512, 0.3), (256, 0.3), (128, 0.0)):
        layers += [keras.layers.Dense(units, activation="relu"), keras.layers.Dropout(left_out)]
    network = keras.Sequential([*layers, keras.layers.Dense(7, activation="softmax")])
    rate = keras.optimizers.schedules.CosineDecay(1e-3, EPOCHS * (len(given["train"]) // 64 + 1))
    network.compile(keras.optimizers.AdamW(rate, weight_decay=1e-2), "categorical_crossentropy")
    targets, rng = splits["train"].emotions(0.3).targets, np.random.default_rng(0)
    best, answers = 0.0, np.zeros(0, np.int64)

    def answer(name: str) -> NDArray[np.int64]:
        return np.asarray(network.predict(given[name], verbose=0).argmax(axis=1), np.int64)

    for _ in range(EPOCHS):
        turned = rng.random((len(targets), 1)) < 0.5
        network.fit(np.where(turned, given["mirror"], given["train"]), targets, batch_size=64, verbose=0)
        right = float(np.mean(answer("validation") == splits["validation"].emotion))
        if right > best:
            best, answers = right, answer("test")
    return answers


def main(data: Path) -> None:
    """Print the accuracies of each kind of features by the classes and by FER+, and F1 of each class."""
    from sklearn.metrics import f1_score

    splits = {name: load(data, name) for name in ("train", "validation", "test")}
    splits["train"] = chosen(splits["train"], ~repeats(splits["train"], [splits["validation"], splits["test"]]))
    print(f"{len(splits['train'])} training faces", flush=True)
    assert splits["test"].votes is not None
    voted = majority(splits["test"].votes)
    counts = voted < NO_EMOTION
    for kind, rows in kinds(splits).items():
        answers = trained(rows, splits)
        f1 = np.round(f1_score(splits["test"].emotion, answers, average=None), 2)
        right, by_votes = np.mean(answers == splits["test"].emotion), np.mean((answers == voted)[counts])
        print(f"{kind} ({rows['train'].shape[1]}): {right:.3f}, FER+ {by_votes:.3f}, F1 {f1.tolist()}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
