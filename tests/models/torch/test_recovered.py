"""A shipped INT8 network as a beginning: its weights as real numbers answer as it does."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch.nn", reason="PyTorch is not installed")  # a folder of ours is called torch too
import torch

from edge.core.errors import BadModel, SourceNotFound
from edge.core.face.preprocess import crop_of
from edge.core.labels import EMOTIONS
from edge.sources.recorded.demo import picture
from edge.vision.card import load_model
from edge.vision.classifier import Classifier
from models.torch.graphs import networks
from models.torch.graphs.recovered import keep_beginning
from models.torch.pictures import plain


@pytest.fixture(scope="module")
def crops() -> NDArray[np.uint8]:
    """The demo's face with its changing expression."""
    return np.stack([crop_of(picture(index)[90:390, 170:470]) for index in range(0, 480, 20)])


@pytest.fixture(scope="module")
def begin(crops: NDArray[np.uint8], shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keep_beginning(shipped / "emotion.tflite", crops, tmp_path_factory.mktemp("begin"))


@pytest.mark.parametrize(("name", "head"), [("emotion", 0), ("emotion-ferplus", 1)])
def test_it_answers_as_int8_does(crops: NDArray[np.uint8], shipped: Path, begin: Path, name: str, head: int) -> None:
    network = networks.build("mobilenet", init=begin).eval()
    with torch.no_grad():
        found = torch.softmax(network(plain(torch.from_numpy(crops), 96))[head][:, :7], 1).numpy()
    int8 = Classifier(load_model(shipped, name, EMOTIONS))
    expected = np.stack([int8(crop) for crop in crops])
    assert np.ptp(expected, axis=0).max() > 0.2, "the demo's face changes"
    # INT8 clips what goes beyond a tensor's range; the second head was fine-tuned on a trunk of its own.
    assert np.abs(found - expected).mean() < (0.06, 0.12)[head]
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > (0.95, 0.8)[head]


def test_training_goes_on_where_it_answers(crops: NDArray[np.uint8], begin: Path) -> None:
    """With the statistics of the faces themselves, normalising by a batch's own changes little."""
    network = networks.build("mobilenet", init=begin)
    faces = plain(torch.from_numpy(crops), 96)
    with torch.no_grad():
        still = network.eval()(faces)[0]
        moving = network.train()(faces)[0]
    assert (still - moving).abs().max() < 0.01


def test_what_is_no_such_network_is_refused(crops: NDArray[np.uint8], shipped: Path, tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"expressiveness\.tflite is no MobileNetV2"):
        keep_beginning(shipped / "expressiveness.tflite", crops, tmp_path)
    with pytest.raises(SourceNotFound, match="no file"):
        keep_beginning(tmp_path / "none.tflite", crops, tmp_path)
    (tmp_path / "text.tflite").write_text("no network")
    with pytest.raises(BadModel, match=r"text\.tflite is no network"):
        keep_beginning(tmp_path / "text.tflite", crops, tmp_path)
