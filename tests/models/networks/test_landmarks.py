"""Landmark features: what they are, how they are extracted, and the network that reads them, from data to a run."""

import json
from dataclasses import replace
from math import cos, sin
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pyarrow import parquet
from typer.testing import CliRunner

from converter.cli import app as convert_app
from edge.cli.evaluate import app as evaluate_app
from edge.core.choices.purpose import Purpose
from edge.core.errors import EdgeError, SourceNotFound
from edge.core.face.landmarks import ALL_FEATURES, FEATURES, landmark_features
from edge.core.face.preprocess import face_crop
from edge.core.labels import EMOTIONS
from edge.sources.recorded.demo import picture
from edge.vision.card import InputKind, load_model
from edge.vision.detection.choose import face_detector
from edge.vision.readers import reader_of
from edge.watcher import Watcher
from models.cli.extract import app as extract_app
from models.cli.train import app as train_app
from models.datasets import landmark_file, landmark_parquet
from models.datasets.clean import repeats
from models.datasets.labelled import Labelled
from models.datasets.load import load
from models.landmarks import extraction, video
from models.landmarks.mirrored import PARTNERS, mirrored
from models.networks.landmarks import EMOTION_LANDMARKS_DOCUMENTED
from models.training.fit import plateau_rate
from tests.marks import needs_mediapipe
from tests.models.samples import known

Floats = NDArray[np.float32]
RANDOM = np.random.default_rng(0)
POINTS: Floats = RANDOM.normal(0, 40, (468, 3)).astype(np.float32)


def done(app: Any, *words: object) -> str:
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_features_do_not_depend_on_place_size_and_tilt() -> None:
    turn = np.array([[cos(0.4), sin(0.4), 0], [-sin(0.4), cos(0.4), 0], [0, 0, 1]])
    moved = (2.5 * POINTS @ turn + [300, 40, 7]).astype(np.float32)
    assert landmark_features(moved) == pytest.approx(landmark_features(POINTS), abs=1e-4)
    points = landmark_features(POINTS).reshape(468, 3)
    right, left = points[[33, 133]].mean(axis=0), points[[362, 263]].mean(axis=0)
    assert np.linalg.norm(left - right) == pytest.approx(1, abs=1e-5)
    assert right + left == pytest.approx(np.zeros(3), abs=1e-5)
    assert right[1] == pytest.approx(left[1], abs=1e-5)


def test_a_mirrored_face_has_its_points_exchanged() -> None:
    assert sorted(PARTNERS) == list(range(468))
    assert (PARTNERS[33], PARTNERS[61], PARTNERS[1]) == (263, 291, 1), "eyes, mouth, tip of the nose"
    features = landmark_features(POINTS)[np.newaxis]
    assert np.array_equal(mirrored(mirrored(features)), features)
    in_mirror = POINTS[list(PARTNERS)] * np.array([-1, 1, 1], np.float32)
    assert mirrored(features)[0] == pytest.approx(landmark_features(in_mirror), abs=1e-4)


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders of drawn faces, and of pictures without one."""
    folder = tmp_path_factory.mktemp("faces")
    with face_detector() as find_faces:
        for number, split in enumerate(("train", "validation", "test")):
            for place, emotion in enumerate(("happy", "neutral")):
                rgb = picture(20 * number + 150 * place)
                (face,) = find_faces(rgb)
                (folder / split / emotion).mkdir(parents=True)
                cv2.imwrite(str(folder / split / emotion / "face.png"), face_crop(rgb, face))
            cv2.imwrite(str(folder / split / "happy" / "none.png"), np.full((48, 48), 90, np.uint8))
    return folder


def test_every_face_with_a_mesh_is_written_and_the_others_are_counted(faces: Path, tmp_path: Path) -> None:
    out = tmp_path / "landmarks.npz"
    said = done(extract_app, faces, "--out", out, "--processes", 1)
    assert "train: 2 of 3 faces have a mesh; 1 have none and are left out." in said
    assert out.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["landmarks.npz"]
    split = load(out, "test")
    assert (split.kind, split.crops.shape) == (InputKind.LANDMARKS, (2, FEATURES))
    assert split.names == ("test/happy/face.png", "test/neutral/face.png")
    with np.load(out) as kept:
        about = json.loads(str(kept["landmarks"]))
    assert about["counts"]["train"] == {"faces": 3, "with_mesh": 2}
    assert len(about["networks"]["face-mesh"]) == 64


def test_an_interrupted_extraction_goes_on(faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(landmark_file, "write", stop)
    with pytest.raises(KeyboardInterrupt):
        extraction.extract(faces, tmp_path / "out.npz")
    assert sorted(path.name for path in (tmp_path / "out.npz.parts").glob("*.npz")) == [
        "test-0.npz",
        "train-0.npz",
        "validation-0.npz",
    ]
    monkeypatch.undo()
    monkeypatch.setattr(extraction, "read", stop)  # every part is there
    found = extraction.extract(faces, tmp_path / "out.npz")
    assert found["train"].with_mesh == 2
    assert not (tmp_path / "out.npz.parts").exists()


@needs_mediapipe  # it holds the pose's networks
def test_a_video_gives_mesh_and_pose_of_each_frame(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "clip.npz"
    words = (clips / "face_noface.mov", "--out", out, "--processes", 1, "--fps", 1)
    assert done(extract_app, *words).startswith("7 frames: 3 have a mesh, 3 of them a pose.")
    assert [path.name for path in tmp_path.iterdir()] == ["clip.npz"]
    assert out.stat().st_mode & 0o777 == 0o600
    with np.load(out) as kept:
        ticks_s, rows, about = kept["tick_s"], kept["features"], json.loads(str(kept["landmarks"]))
        assert kept["has_mesh"].tolist() == kept["has_pose"].tolist() == [True] * 3 + [False] * 4
    assert rows.shape == (7, ALL_FEATURES)
    assert np.isnan(rows[3:]).all()
    assert np.isfinite(rows[:3]).all()
    assert (np.diff(ticks_s) > 0.9).all()
    nose, left_ear, right_ear = (rows[0, FEATURES + 4 * point :][:2] for point in (0, 7, 8))
    assert np.abs(nose - rows[0, 3:5]).max() < 0.5, "the nose of the pose is that of the mesh"
    assert left_ear[0] > 0.5
    assert right_ear[0] < -0.5
    assert set(about["networks"]) == {"face-mesh", "body-detection", "body-pose"}
    done(extract_app, *words[:2], tmp_path / "clip.parquet", *words[3:], "--no-pose")
    table = parquet.read_table(tmp_path / "clip.parquet")
    assert table["has_mesh"].to_pylist() == [True] * 3 + [False] * 4
    assert not any(table["has_pose"].to_pylist())
    again = np.array(table["features"].to_pylist(), np.float32)
    assert np.array_equal(again[:3, :FEATURES], rows[:3, :FEATURES].astype(np.float32))
    assert np.isnan(again[:, FEATURES:]).all()


def test_a_video_that_was_interrupted_goes_on(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(video, "_write", stop)
    with pytest.raises(KeyboardInterrupt):
        video.extract_video(clips / "single_face.mp4", tmp_path / "out.npz", fps=9, with_pose=False)
    assert (tmp_path / "out.npz.parts" / "1.npz").is_file()
    monkeypatch.undo()
    monkeypatch.setattr(video, "read", stop)  # every part is there
    found = video.extract_video(clips / "single_face.mp4", tmp_path / "out.npz", fps=9, with_pose=False)
    assert (found.faces, found.with_mesh) == (22, 22)
    assert not (tmp_path / "out.npz.parts").exists()


@needs_mediapipe  # it holds the pose's networks
def test_whole_pictures_have_a_pose_and_crops_have_none(clips: Path, faces: Path, tmp_path: Path) -> None:
    scenes = tmp_path / "scenes"
    (scenes / "train" / "happy").mkdir(parents=True)
    photograph = np.asarray(cv2.imread(str(clips / "single_face.jpg")), np.uint8)
    cv2.imwrite(str(scenes / "train" / "happy" / "a.jpg"), cv2.resize(photograph, None, fx=0.4, fy=0.4))
    (scenes / "labels.toml").write_text(
        'name = "scenes"\nholds = "pictures"\nfaces = "detect"\nsplits.train = "train/"\nclasses.happy = "happy"\n'
    )
    said = done(extract_app, scenes, "--out", tmp_path / "scenes.npz", "--processes", 1)
    assert "train: 1 of 1 faces have a mesh; 0 have none and are left out. 1 have a pose." in said
    done(extract_app, faces, "--out", tmp_path / "crops.npz", "--processes", 1)
    for name, there in (("scenes", [True]), ("crops", [False, False])):
        with np.load(tmp_path / f"{name}.npz") as kept:
            assert kept["train/features"].shape == (len(there), ALL_FEATURES)
            assert kept["train/has_pose"].tolist() == there
            assert np.isfinite(kept["train/features"]).all(axis=1).tolist() == there
    assert load(tmp_path / "scenes.npz", "train").crops.shape == (1, FEATURES)


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of features in which each emotion moves points of its own."""
    path = tmp_path_factory.mktemp("landmarks") / "landmarks.npz"

    def split(count: int, seed: int) -> Labelled:
        rng = np.random.default_rng(seed)
        emotion = np.arange(count) % 7
        rows = rng.normal(0, 0.05, (count, FEATURES)).astype(np.float32) + landmark_features(POINTS) / 10
        for row, label in zip(rows, emotion, strict=True):
            row[60 * label : 60 * label + 60] += 0.5
        names = tuple(f"{seed}-{number}" for number in range(count))
        return Labelled(rows, emotion=emotion, names=names, kind=InputKind.LANDMARKS)

    parts = {"train": split(350, 1), "validation": split(70, 2), "test": split(70, 3)}
    landmark_file.write(path, parts, {"data": "drawn"})
    return path


def test_a_file_of_parquet_holds_the_same(features: Path, tmp_path: Path) -> None:
    table = tmp_path / "landmarks.parquet"
    given = {name: replace(load(features, name), scores=None) for name in ("train", "test")}
    given["test"] = replace(given["test"], persons=np.array([f"p{number}" for number in range(70)]))
    given["train"] = replace(given["train"], persons=np.array(["p"] * 350))
    landmark_parquet.write(table, given, {"data": "drawn"})
    assert table.stat().st_mode & 0o777 == 0o600
    for name, split in given.items():
        again = load(table, name)
        assert np.array_equal(again.crops, split.crops)
        assert np.array_equal(known(again.emotion), known(split.emotion))
        assert known(again.persons).tolist() == known(split.persons).tolist()
        assert (again.names, again.votes, again.kind) == (split.names, None, InputKind.LANDMARKS)
    with pytest.raises(SourceNotFound, match="holds no validation split"):
        load(table, "validation")
    table.write_bytes(table.read_bytes()[:5000])
    with pytest.raises(SourceNotFound, match="cannot be read"):
        load(table, "train")


def test_the_same_features_in_two_splits_are_repeats(features: Path) -> None:
    split = load(features, "test")
    assert repeats(split, [load(features, "train")]).sum() == 0
    assert repeats(split, [split]).all()


@pytest.mark.slow
def test_it_is_trained_converted_and_read_in_a_run(
    features: Path, faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.run.confine.confine", lambda *_, **__: None)  # it would last for the other tests
    run, mine = tmp_path / "run", tmp_path / "models"
    done(train_app, "emotion-landmarks-documented", "--data", features, "--out", run, "--epochs", 3)
    said = done(convert_app, run / "best.keras", "--calibration", features, "--out", mine, "--tolerance", 1)
    assert "agreement" in said
    card = json.loads((mine / "emotion-landmarks.json").read_text())
    assert (card["input"]["kind"], card["input"]["shape"]) == ("landmarks", [1, FEATURES])
    assert card["evidence"]["int8"]["accuracy"] > 0.9
    assert card["evidence"]["top1_agreement"] > 0.95
    reader = reader_of(load_model(mine, "emotion-landmarks", EMOTIONS))
    test = load(features, "test")
    right = [reader(row).argmax() == true for row, true in zip(test.crops, known(test.emotion), strict=True)]
    assert np.mean(right) == pytest.approx(card["evidence"]["int8"]["accuracy"], abs=1e-3)
    with Watcher(models=mine) as watcher:
        seen = next(iter(watcher.observations("demo:fast")))
        reading = watcher.read(picture(150))
    assert seen.mesh is not None, "it is loaded where the network needs it"
    assert seen.reading is not None
    assert seen.reading.emotion in EMOTIONS
    assert getattr(reading, "emotions", None) is not None
    with Watcher(models=mine, purpose=Purpose.ASSESSMENT) as watcher:
        read = next(iter(watcher.observations("demo:fast")))
    assert read.mesh is None
    assert read.reading is not None
    assert read.reading.emotions is None
    figures = json.loads(done(evaluate_app, faces / "test", "--models", mine, "--format", "json"))
    assert (figures["model"], figures["n"], figures["abstentions"]) == ("emotion-landmarks", 2, {"not_sure": 1})
    done(convert_app, run / "best.keras", "--calibration", features, "--out", mine, "--to", "onnx")
    assert (mine / "emotion-landmarks.onnx").exists()


def test_data_of_another_kind_is_refused(features: Path, faces: Path, tmp_path: Path) -> None:
    words = ("--epochs", "1", "--out", tmp_path / "run")
    pictures = CliRunner().invoke(train_app, ["emotion-landmarks", "--data", str(faces), *map(str, words)])
    assert "emotion-landmarks reads landmarks, and the data holds crop. Make them with edge-extract." in pictures.stderr
    vectors = CliRunner().invoke(train_app, ["expressiveness", "--data", str(features), *map(str, words)])
    assert "expressiveness reads crop, and the data holds landmarks. Give the pictures themselves." in vectors.stderr
    again = CliRunner().invoke(extract_app, [str(features), "--out", str(tmp_path / "again.npz")])
    assert f"{features} holds landmark features and no pictures. Give pictures, or one video." in again.stderr
    assert again.exit_code == SourceNotFound.exit_code
    assert (pictures.exit_code, vectors.exit_code) == (SourceNotFound.exit_code,) * 2


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04"])
def test_a_damaged_file_is_refused(content: bytes, features: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(content + features.read_bytes()[: 2000 * len(content)])
    with pytest.raises(EdgeError):
        load(damaged, "train")


def test_the_rate_is_halved_where_the_loss_no_longer_falls() -> None:
    recipe = EMOTION_LANDMARKS_DOCUMENTED
    assert plateau_rate(recipe, [1.0, 0.9, 0.8]) == recipe.learning_rate
    assert plateau_rate(recipe, [1.0, *[1.1] * 4]) == recipe.learning_rate
    assert plateau_rate(recipe, [1.0, *[1.1] * 5]) == recipe.learning_rate / 2
    assert plateau_rate(recipe, [1.0, *[1.1] * 10]) == recipe.learning_rate / 4
