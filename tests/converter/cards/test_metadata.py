"""What other programs find inside a converted network: TFLite's standard metadata, labels and our card."""

import io
import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from converter.cards.building import complete
from converter.cards.metadata import with_metadata
from converter.quantize import to_int8
from converter.tflite_file import operators, tensors
from edge.core.labels import LEVELS
from edge.vision.card import Card, Model
from edge.vision.classifier import Classifier
from edge.vision.interpreters import installed_backends
from models.graph.folded import fold
from models.graph.ranges import calibrated
from models.networks import cnn

LABELS = tuple(level.value for level in LEVELS)


@pytest.fixture(scope="module")
def content() -> bytes:
    model = fold(cnn.build())
    pictures = np.random.default_rng(0).uniform(0, 1, (8, 48, 48, 1)).astype(np.float32)
    return to_int8(model, calibrated(model, pictures, cnn.INPUT.value_range))


@pytest.fixture(scope="module")
def card(content: bytes) -> Card:
    given, answered, _ = tensors(content)
    parts = [
        {"shape": part["shape"].tolist(), "scale": part["quantization"][0], "zero_point": part["quantization"][1]}
        for part in (given, answered)
    ]
    return Card.model_validate(
        {
            **{"name": "expressiveness", "version": "3", "file": "expressiveness.tflite", "labels": LABELS},
            **{"sha256": "0" * 64, "size_bytes": 0, "evidence": {"top1_agreement": 0.99}},
            **{"input": {**parts[0], "black": -1.0, "white": 1.0}, "output": parts[1]},
        }
    )


def test_labels_and_card_are_files_inside(content: bytes, card: Card) -> None:
    model = complete(content, card)
    with ZipFile(io.BytesIO(model.content)) as archive:
        assert archive.namelist() == ["labels.txt", "card.json"]
        assert archive.read("labels.txt").decode().split() == list(LABELS)
        inside = json.loads(archive.read("card.json"))
    assert inside["evidence"] == {"top1_agreement": 0.99}
    assert inside["input"]["black"] == -1.0
    assert "sha256" not in inside, "a file cannot hold its own hash"
    assert model.card.size_bytes == len(model.content)


def test_every_interpreter_answers_as_without_it(content: bytes, card: Card) -> None:
    face = np.random.default_rng(1).integers(0, 256, (48, 48), dtype=np.uint8)
    for backend in installed_backends():
        plain, extended = (
            Classifier(Model(card, file), backend)(face) for file in (content, with_metadata(content, card))
        )
        assert np.array_equal(plain, extended)


def test_the_same_network_and_card_give_the_same_file(content: bytes, card: Card) -> None:
    assert with_metadata(content, card) == with_metadata(content, card)


def test_the_evidence_changes_nothing_but_the_card_inside(content: bytes, card: Card) -> None:
    one, other = (with_metadata(content, card.model_copy(update={"evidence": {"n": n}})) for n in (1, 2))
    differing = np.flatnonzero(np.frombuffer(one, np.uint8) != np.frombuffer(other, np.uint8))
    assert len(one) == len(other)
    assert 0 < len(differing) < 20
    assert differing[0] > len(content)


def test_the_operators_are_those_of_the_network(content: bytes, card: Card) -> None:
    expected = {"CONV_2D": 3, "MAX_POOL_2D": 3, "FULLY_CONNECTED": 2, "RESHAPE": 1, "SOFTMAX": 1}
    assert operators(content) == expected
    assert operators(with_metadata(content, card)) == expected


SHOWN_BY_MEDIAPIPE = """
import json, sys
sys.modules["tensorflow"] = None  # it is not needed, and takes long
from mediapipe.tasks.python.metadata.metadata import MetadataDisplayer
from mediapipe.tasks.cc.metadata.python import _pywrap_metadata_version
shown = MetadataDisplayer.with_model_file(sys.argv[1])
least = _pywrap_metadata_version.GetMinimumMetadataParserVersion(bytes(shown.get_metadata_buffer()))
print(json.dumps([json.loads(shown.get_metadata_json()), shown.get_packed_associated_file_list(), least]))
"""


def test_mediapipe_reads_it(content: bytes, card: Card, tmp_path: Path) -> None:
    path = tmp_path / card.file
    path.write_bytes(with_metadata(content, card))
    shown = subprocess.run(
        [sys.executable, "-c", SHOWN_BY_MEDIAPIPE, path], capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
    metadata, files, least = json.loads(shown.stdout.splitlines()[-1])
    assert files == ["labels.txt", "card.json"]
    assert (metadata["name"], metadata["version"], metadata["min_parser_version"]) == ("expressiveness", "3", least)
    assert [file["name"] for file in metadata["associated_files"]] == ["card.json"]
    (graph,) = metadata["subgraph_metadata"]
    (face,), (shares,) = graph["input_tensor_metadata"], graph["output_tensor_metadata"]
    assert face["content"]["content_properties"]["color_space"] == "GRAYSCALE"
    assert face["content"]["content_properties"]["default_size"] == {"width": 48, "height": 48}
    assert face["process_units"][0]["options"] == {"mean": [127.5], "std": [127.5]}, "pixels of 0..255 to -1..1"
    assert face["stats"] == {"min": [-1.0], "max": [1.0]}
    assert shares["associated_files"][0] == {
        "name": "labels.txt",
        "description": "The 3 labels.",
        "type": "TENSOR_AXIS_LABELS",
    }
