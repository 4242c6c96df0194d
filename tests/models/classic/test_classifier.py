"""The classic interface: crops, batches, labels, and what it refuses."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from edge.core.choices.purpose import Purpose
from edge.core.errors import BadModel, CannotWrite, SourceNotFound, UsageError
from edge.core.labels import LEVELS
from edge.sources.recorded.demo import picture
from edge.vision.card import shipped_models
from edge.watcher import Watcher
from models.classic import FacialExpressionClassifier
from models.networks.cnn import build

SHIPPED = shipped_models() / "emotion-both.tflite"
FRAMES = [picture(150), np.zeros((480, 640, 3), np.uint8), picture(20), picture(40)]


@pytest.fixture(scope="module")
def classifier() -> Iterator[FacialExpressionClassifier]:
    with FacialExpressionClassifier(SHIPPED, "near") as made:
        yield made


def test_a_batch_is_named_as_the_program_names_each_picture(classifier: FacialExpressionClassifier) -> None:
    found = classifier.predict_facial_expression_batch(FRAMES)
    assert (found["frames"], found["no_face_count"]) == ([0, 2, 3], 1)
    with Watcher() as watcher:
        readings = [watcher.read(FRAMES[index]) for index in found["frames"]]
    assert found["facial_expressions"] == [getattr(reading, "emotion", None) for reading in readings]
    assert classifier.predict_facial_expression_batch([FRAMES[1]])["facial_expressions"] == []


def test_a_crop_is_grey_and_small_and_written_only_when_asked(
    classifier: FacialExpressionClassifier, tmp_path: Path
) -> None:
    crop = classifier.crop_face(FRAMES[0])
    assert crop is not None
    assert crop.shape == (48, 48)
    assert crop.dtype == np.uint8
    assert classifier.crop_face(FRAMES[1]) is None
    assert list(tmp_path.iterdir()) == []
    classifier.write_frame_to_disk(crop, "face.png", tmp_path / "faces")
    written = cv2.imread(str(tmp_path / "faces" / "face.png"), cv2.IMREAD_GRAYSCALE)
    assert written is not None
    assert np.array_equal(written, crop)
    with pytest.raises(CannotWrite, match=r"face\.nothing cannot be written"):
        classifier.write_frame_to_disk(crop, "face.nothing", tmp_path)


def test_a_model_that_it_makes_is_compiled_saved_and_read(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text(json.dumps({"0": "cross", "1": "glad", "2": "calm"}))
    with FacialExpressionClassifier(SHIPPED) as classifier:
        model = classifier.create_facial_expresion_model((32, 32, 3), 3)
        assert classifier.create_facial_expression_model == classifier.create_facial_expresion_model
    assert model.optimizer is not None, "it is compiled"
    model.save(tmp_path / "mine.keras")
    with FacialExpressionClassifier(tmp_path / "mine.keras", "short_range.tflite", tmp_path / "labels.json") as mine:
        found = mine.predict_facial_expression_batch(FRAMES)
        assert mine.models["decoder"] == ("cross", "glad", "calm")
    assert set(found["facial_expressions"]) <= {"cross", "glad", "calm"}
    assert len(found["facial_expressions"]) == 3


def test_a_network_of_edge_train_gets_its_own_input(tmp_path: Path) -> None:
    build(24).save(tmp_path / "best.keras")
    with FacialExpressionClassifier(tmp_path / "best.keras") as classifier:
        assert classifier.models["decoder"] == tuple(LEVELS)
        assert len(classifier.predict_facial_expression_batch(FRAMES)["facial_expressions"]) == 3


def test_what_cannot_be_used_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "encoder.pkl").write_bytes(b"")
    (tmp_path / "two.txt").write_text("glad\ncross\n")
    (tmp_path / "weights.h5").write_bytes(b"")
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save(tmp_path / "digits.keras")
    with pytest.raises(UsageError, match="For assessment no expressions are named"):
        FacialExpressionClassifier(SHIPPED, purpose=Purpose.ASSESSMENT)
    with pytest.raises(BadModel, match="a pickle, which runs code"):
        FacialExpressionClassifier(SHIPPED, "auto", tmp_path / "encoder.pkl")
    with pytest.raises(BadModel, match="needs 7 labels, and 2 are given"):
        FacialExpressionClassifier(SHIPPED, "auto", tmp_path / "two.txt")
    with pytest.raises(BadModel, match="none of the detectors"):
        FacialExpressionClassifier(SHIPPED, "haar.xml")
    with pytest.raises(BadModel, match=r"neither \.tflite nor \.keras"):
        FacialExpressionClassifier(tmp_path / "weights.h5")
    with pytest.raises(BadModel, match="not a square of grey or colours"):
        FacialExpressionClassifier(tmp_path / "digits.keras")
    with pytest.raises(SourceNotFound):
        FacialExpressionClassifier(tmp_path / "none.tflite")
