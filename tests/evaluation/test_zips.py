"""Zips that are encrypted, damaged or packed in an unknown way end in a sentence."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.core.errors import SourceNotFound
from edge.evaluation.labelled import labelled_images


def packed(path: Path) -> bytearray:
    picture = np.random.default_rng(0).integers(0, 255, (24, 32, 3), np.uint8)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("faces/happy/1.png", cv2.imencode(".png", picture)[1].tobytes())
    return bytearray(path.read_bytes())


@pytest.mark.parametrize(
    ("at", "value"), [(6, 1), (8, 99), (200, 0xFF)], ids=["encrypted", "an unknown way", "damaged"]
)
def test_what_cannot_be_unpacked_is_named(tmp_path: Path, at: int, value: int) -> None:
    path = tmp_path / "faces.zip"
    content = packed(path)
    assert [image.label for image in labelled_images(path)] == ["happy"]
    content[at] = value
    if at < 100:  # the central directory says it too, two bytes further on
        content[content.index(b"PK\x01\x02") + at + 2] = value
    path.write_bytes(content)
    with pytest.raises(SourceNotFound, match=r"faces\.zip cannot be unpacked: "):
        list(labelled_images(path))
