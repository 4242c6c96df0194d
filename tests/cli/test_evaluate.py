"""edge-eval: the runtime's own path over labelled pictures."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.core.labels import EMOTIONS
from edge.sources.demo import picture

from .conftest import Ask


@pytest.fixture
def faces(home: Path) -> Path:
    """Scenes of the demo by what is drawn, and one in which nobody is."""
    folder = home / "faces"
    for label, indexes in {"happy": (150, 160, 170), "neutral": (20, 30), "surprise": (240,)}.items():
        (folder / label).mkdir(parents=True)
        for index in indexes:
            cv2.imwrite(str(folder / label / f"{index}.png"), picture(index)[..., ::-1])
    cv2.imwrite(str(folder / "happy" / "nobody.png"), picture(350)[..., ::-1])
    return folder


def evaluated(ask: Ask, *words: object) -> dict[str, Any]:
    result = ask("edge-eval", *words, "--format", "json")
    assert result.exit_code == 0, result.stderr
    return dict(json.loads(result.stdout))


def test_scenes_are_detected_read_and_counted(ask: Ask, faces: Path) -> None:
    told = evaluated(ask, faces, "--faces", "detect")
    assert told["model"] == "emotion"
    assert told["abstentions"]["no_face"] == 1
    assert told["n"] + sum(told["abstentions"].values()) == 7
    matrix = np.array(told["confusion_matrix"]["rows_true"])
    assert told["confusion_matrix"]["labels"] == list(EMOTIONS)
    assert told["accuracy"] == pytest.approx(np.trace(matrix) / matrix.sum(), abs=1e-4)
    happy = told["per_class"]["happy"]
    assert set(happy) == {"recall", "precision", "f1", "n"}
    assert (happy["recall"], happy["n"]) == (1.0, 3)
    assert told["per_class"]["angry"] == {"recall": None, "precision": None, "f1": None, "n": 0}
    assert 0 <= told["expected_calibration_error"] <= 1


def test_cropped_pictures_are_all_answered(ask: Ask, faces: Path) -> None:
    told = evaluated(ask, faces, "--faces", "cropped")
    assert (told["n"], told["abstentions"]) == (7, {})
    assert [told["per_class"][label]["n"] for label in ("happy", "neutral", "surprise")] == [4, 2, 1]


def test_a_zip_is_read_as_its_folder_is(ask: Ask, faces: Path, home: Path) -> None:
    archive = shutil.make_archive(str(home / "archive"), "zip", faces)
    assert evaluated(ask, archive, "--faces", "detect") == evaluated(ask, faces, "--faces", "detect")


def test_levels_can_be_asked_for(ask: Ask, faces: Path) -> None:
    for old, new in (("happy", "expressive"), ("neutral", "reserved"), ("surprise", "balanced")):
        (faces / old).rename(faces / new)
    told = evaluated(ask, faces, "--model", "expressiveness", "--faces", "detect")
    assert told["confusion_matrix"]["labels"] == ["reserved", "balanced", "expressive"]
    assert told["per_class"]["expressive"]["recall"] == 1.0


def test_text_is_a_table(ask: Ask, faces: Path) -> None:
    result = ask("edge-eval", faces, "--faces", "detect")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("emotion: accuracy ")
    assert "Not read: 1 no_face" in result.stdout
    assert re.search(r"^happy +3 +1\.000 +1\.000 +1\.000$", result.stdout, re.MULTILINE)
    assert re.search(r"^true / read +angry +disgust +fear +happy +sad +surprise +neutral$", result.stdout, re.MULTILINE)
    assert max(map(len, result.stdout.splitlines()[1:])) <= 80


def test_where_nothing_could_be_read_there_are_no_figures(ask: Ask, home: Path) -> None:
    (home / "faces" / "sad").mkdir(parents=True)
    cv2.imwrite(str(home / "faces" / "sad" / "wall.png"), picture(350)[..., ::-1])
    told = evaluated(ask, "faces", "--faces", "detect")
    assert (told["n"], told["accuracy"], told["abstentions"]) == (0, None, {"no_face": 1})
    assert "accuracy - " in ask("edge-eval", "faces", "--faces", "detect").stdout.replace(",", " ")


def test_a_folder_that_is_no_class_is_refused(ask: Ask, faces: Path) -> None:
    (faces / "surprise").rename(faces / "zzz")
    result = ask("edge-eval", faces)
    assert result.exit_code == 66
    assert result.stderr.startswith(
        "Error: zzz/240.png lies in a folder that is no class of emotion. Name the folders angry,"
    )


@pytest.mark.parametrize("what", ["missing", "text.zip", "empty"])
def test_what_holds_no_labelled_picture_is_refused(ask: Ask, home: Path, what: str) -> None:
    (home / "text.zip").write_text("no zip")
    (home / "empty").mkdir()
    result = ask("edge-eval", what)
    assert result.exit_code == 66
    assert result.stderr.startswith(f"Error: {what} ")
    assert result.stderr.count("\n") == 1


def test_a_picture_that_is_none_is_refused_by_name(ask: Ask, faces: Path) -> None:
    (faces / "happy" / "broken.png").write_bytes(b"no picture")
    result = ask("edge-eval", faces)
    assert result.exit_code == 66
    assert "happy/broken.png" in result.stderr
