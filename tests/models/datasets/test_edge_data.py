"""edge-data: the description of a data set whose every duplicate, vote and empty picture was put there."""

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from edge.core.labels import EMOTIONS, EXPRESSIVE_ABOVE, RESERVED_BELOW
from edge.sources.recorded.demo import picture
from models.cli.data import app
from models.datasets.description.scores import Scores


def run(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == code, result.stderr
    return result.stdout if code == 0 else result.stderr


def described(*words: object) -> dict[str, Any]:
    return dict(json.loads(run("describe", *words, "--format", "json")))


def blurred(seed: int) -> NDArray[np.uint8]:
    """A picture (48, 48) that is like no other: soft shades, as a photograph has."""
    noise = np.random.default_rng(seed).integers(0, 255, (7, 7), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, (48, 48), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """Class folders without duplicates, but for those put there: one pair each of a kind."""
    seed = 0
    for split, count in (("train", 6), ("val", 2), ("test", 3)):
        for emotion in EMOTIONS:
            for _ in range(count):
                keep(tmp_path / split / emotion / f"{seed}.png", blurred(seed))
                seed += 1
    keep(tmp_path / "train/happy/a.png", blurred(1000))
    keep(tmp_path / "test/sad/a.png", blurred(1000))  # the same, and of another class
    keep(tmp_path / "train/fear/b.png", blurred(1001))
    keep(tmp_path / "val/fear/b.png", cv2.convertScaleAbs(blurred(1001), alpha=0.8, beta=20))  # paler
    keep(tmp_path / "train/sad/c.png", blurred(1002))
    keep(tmp_path / "train/sad/d.png", blurred(1002))
    for name, seed in (("e", 1003), ("f", 1004)):  # the same light from above, and nothing else in common
        light = np.linspace(0, 200, 48, dtype=np.uint8)[:, np.newaxis]
        keep(tmp_path / f"train/sad/{name}.png", light + blurred(seed) // 5)
    return tmp_path


def keep(path: Path, pixels: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


def test_duplicates_are_found_where_they_are_and_nowhere_else(planted: Path) -> None:
    described_as = described(planted)["duplicates"]
    found = {(row["of"], row["in"]): (row["same"], row["near"]) for row in described_as["repeats"]}
    assert found == {
        ("train", "train"): (1, 0),
        ("train", "validation"): (0, 1),
        ("train", "test"): (1, 0),
        ("validation", "validation"): (0, 0),
        ("validation", "test"): (0, 0),
        ("test", "test"): (0, 0),
    }
    assert described_as["pictures_with_several_classes"] == 1


def test_classes_are_counted(planted: Path) -> None:
    described_as = described(planted)
    assert described_as["n"] == {"train": 48, "validation": 15, "test": 22}
    assert described_as["classes"]["train"] == dict.fromkeys(EMOTIONS, 6) | {"happy": 7, "fear": 7, "sad": 10}
    assert described_as["largest_to_smallest_class"] == pytest.approx(10 / 6, abs=0.01)
    assert (described_as["votes"], described_as["scores"], described_as["persons"]) == (None, {}, None)
    text = run("describe", planted)
    assert re.search(r"^sad +10 +2 +4 +0\.188$", text, re.MULTILINE)
    assert "1 pictures stand here with more than one class." in text


def test_votes_scores_and_what_is_no_face_are_reported(tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny, tmp_path, dirs_exist_ok=True)
    table = tmp_path / "labels.csv"
    lines = table.read_text().splitlines()
    row = next(index for index, line in enumerate(lines) if ",validation,happy," in line)
    lines[row] = ",".join([*lines[row].split(",")[:3], *["0"] * 9, "10"])
    table.write_text("\n".join(lines) + "\n")
    described_as = described(tmp_path)
    assert described_as["form"] == "FER-2013 in zips"
    assert described_as["without_a_face"] == {"by_votes": {"train": 0, "validation": 1, "test": 0}, "by_detector": None}
    assert described_as["votes"]["validation"]["not_a_face"] == 1
    assert described_as["scores"]["validation"]["n"] == 20
    train = described_as["scores"]["train"]
    assert (train["least"], train["most"]) == (0, 1)
    assert train["percentiles"]["50"] == pytest.approx(0.6)
    text = run("describe", tmp_path)
    low, high = train["cuts"]
    assert f"Thresholds at the tertiles of train: {low:.4f} and {high:.4f}" in text
    assert "Without a face, by most votes: 0 in train, 1 in validation, 0 in test." in text


def test_the_cuts_stand_between_steps_and_are_standardised_onto_the_published_thresholds() -> None:
    scores = Scores(np.repeat(np.array([0.0, 0.5, 0.6, 1.0], np.float32), [30, 5, 25, 40]))
    low, high = scores.cuts
    assert scores.tertiles == pytest.approx((0.5, 1.0))
    assert (low, high) == pytest.approx((0.55, 0.8))  # 35 of 100 below, and 60
    assert scores.shares(scores.cuts) == pytest.approx({"reserved": 0.35, "balanced": 0.25, "expressive": 0.4})
    assert scores.line is not None
    slope, offset = scores.line
    assert [slope * cut + offset for cut in (low, high)] == pytest.approx([RESERVED_BELOW, EXPRESSIVE_ABOVE])


def test_the_detector_can_be_used_to_find_faces(tmp_path: Path) -> None:
    for index in (20, 30, 40):
        keep(tmp_path / "train/neutral" / f"{index}.png", picture(index)[100:420, 160:480, ::-1])
    keep(tmp_path / "train/neutral/wall.png", np.full((60, 60), 128, np.uint8))
    assert described(tmp_path)["without_a_face"]["by_detector"] is None
    found = described(tmp_path, "--detect")["without_a_face"]["by_detector"]
    assert found["train"] == sum(found.values()) == 1
    assert "Without a face that the detector finds: 1 in train" in run("describe", tmp_path, "--detect")


def test_it_is_drawn(tiny: Path, planted: Path, tmp_path: Path) -> None:
    run("describe", tiny, "--plots", tmp_path / "voted")
    run("describe", planted, "--plots", tmp_path / "planted")
    drawn = {path.relative_to(tmp_path).as_posix(): cv2.imread(str(path)) for path in tmp_path.glob("*ed/*.png")}
    assert set(drawn) == {
        *("voted/classes.png", "voted/faces.png", "voted/scores.png"),
        *("planted/classes.png", "planted/faces.png", "planted/duplicates.png"),
    }
    for name, shown in drawn.items():
        assert shown is not None, name
        assert min(shown.shape[:2]) > 90, name
        assert shown.std() > 20, f"{name} is empty"


def test_a_folder_that_cannot_be_drawn_into_is_refused_before_anything_takes_long(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "is no folder" in run("describe", tiny, "--plots", tmp_path / "file" / "plots", code=74)


def test_what_is_no_data_set_is_refused(tmp_path: Path) -> None:
    described_as = run("describe", tmp_path, code=66)
    assert described_as.startswith(f"Error: {tmp_path} holds no data set of a known form.")
    assert described_as.count("\n") == 1


def test_a_broken_split_is_an_error_and_not_a_missing_one(tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny, tmp_path, dirs_exist_ok=True)
    (tmp_path / "validation.zip").unlink()
    assert set(described(tmp_path)["n"]) == {"train", "test"}
    (tmp_path / "test.zip").write_bytes((tmp_path / "test.zip").read_bytes()[:2000])
    assert "test.zip" in run("describe", tmp_path, code=66)


@pytest.mark.parametrize("name", ["raf-db", "affectnet", "mma", "dfew"])
def test_the_class_maps_that_came_along_can_be_had(name: str) -> None:
    described_as = tomllib.loads(run("map", name))
    assert set(described_as["classes"].values()) == set(EMOTIONS)


def test_a_class_map_that_did_not_is_refused_with_those_that_did() -> None:
    assert "There are affectnet, dfew, mma, raf-db." in run("map", "ckplus", code=66)


@pytest.mark.slow
def test_the_real_set_repeats_an_eighth_of_its_test_split_in_training(fer2013_folder: Path) -> None:
    """FER-2013's test figures alone do not say how a network does on pictures it never saw."""
    repeats = {(row["of"], row["in"]): row for row in described(fer2013_folder)["duplicates"]["repeats"]}
    assert repeats["train", "test"]["same"] == 288
    assert 0.10 < (repeats["train", "test"]["same"] + repeats["train", "test"]["near"]) / 3589 < 0.14
