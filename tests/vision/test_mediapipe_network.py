"""MediaPipe's networks run as their cards say, and only the files whose hashes the cards name."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.errors import BadModel
from edge.vision.card import card_in_form
from edge.vision.interpreters import Backend
from edge.vision.mediapipe_network import FOLDER, MediaPipeCard, MediaPipeNetwork

NETWORKS = ("face-detection-near", "face-detection-far")


@pytest.fixture
def copy(shipped: Path, tmp_path: Path) -> Path:
    """A folder of cards and files that a test may change."""
    return Path(shutil.copytree(shipped / FOLDER, tmp_path / "models"))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_answers_what_it_was_given(name: str) -> None:
    network = MediaPipeNetwork(name)

    def answers(value: float) -> list[NDArray[np.float32]]:
        network.run(lambda sample: sample.fill(value))
        return [network.output(position) for position in range(len(network.card.outputs))]

    black, white = answers(-1), answers(1)
    assert [each.shape for each in black] == [each.shape[1:] for each in network.card.outputs]
    assert not np.array_equal(black[0], white[0])
    np.testing.assert_array_equal(answers(-1)[0], black[0])  # outputs are copies, and a run depends on its sample alone
    assert network.backend == Backend.LITERT


def test_every_network_names_its_licence_and_origin(shipped: Path) -> None:
    folder = shipped / FOLDER
    cards = sorted(folder.glob("*.json"))
    assert {card.stem for card in cards} >= set(NETWORKS)
    of_the_package = {"body-detection", "body-pose"}
    assert {path.stem for path in folder.glob("*.tflite")} == {card.stem for card in cards} - of_the_package
    for path in cards:
        card = card_in_form(MediaPipeCard, path)
        assert (card.packaged is not None) == (card.name in of_the_package)
        assert card.packaged is None or card.origin.startswith(f"mediapipe/{card.packaged} of")
        assert (card.name, card.licence) == (path.stem, "Apache-2.0")
        assert "mediapipe 0.10.18" in card.origin
        assert card.name in (folder / "README.md").read_text()
    assert "Apache License" in (folder / "LICENSE").read_text()


def test_another_file_than_the_cards_is_refused(copy: Path) -> None:
    file = copy / "face-detection-near.tflite"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(BadModel, match="not the model its card describes"):
        MediaPipeNetwork("face-detection-near", folder=copy)


def test_a_card_of_another_network_is_refused(copy: Path) -> None:
    card = copy / "face-detection-near.json"
    words = json.loads(card.read_text())
    words["outputs"][0]["shape"] = [1, 896, 12]
    card.write_text(json.dumps(words))
    with pytest.raises(BadModel, match=r"no tensor regressors of float32 \(1, 896, 12\)"):
        MediaPipeNetwork("face-detection-near", folder=copy)


def test_a_missing_card_is_named(copy: Path) -> None:
    with pytest.raises(BadModel, match=r"face-detection-wide\.json cannot be read"):
        MediaPipeNetwork("face-detection-wide", folder=copy)
