"""FER-2013 as it is read: classes, votes, levels, and the errors where it is malformed."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from edge.core.errors import SourceNotFound
from edge.core.labels import EMOTIONS, EXPRESSIVE_ABOVE, LEVELS, RESERVED_BELOW
from edge.evaluation.votes import SHARE_CUTS, VOTED, majority, standardised
from models.datasets import fer2013
from models.datasets.labelled import Labelled
from models.datasets.load import SPLITS
from tests.models import tiny_fer2013
from tests.models.samples import known


def test_reads_pictures_classes_and_votes(tiny: Path) -> None:
    split = fer2013.load(tiny, "validation")
    assert split.crops.shape == (21, 48, 48)
    emotion, votes = known(split.emotion), known(split.votes)
    assert np.bincount(emotion).tolist() == [3] * 7
    happy = int(np.flatnonzero(emotion == EMOTIONS.index("happy"))[0])
    assert votes[happy, EMOTIONS.index("happy")] + votes[happy, EMOTIONS.index("neutral")] == 10
    assert votes[happy].sum() == 10
    shown = tiny_fer2013.face("happy", 70 + 3)
    assert np.array_equal(split.crops[happy], shown)


def test_training_split_may_come_in_several_zips(tiny: Path) -> None:
    assert len(known(fer2013.load(tiny, "train").emotion)) == 70


def test_every_vote_lands_on_its_emotion(tiny: Path) -> None:
    faces = fer2013.load(tiny, "train")
    emotion, votes = known(faces.emotion), known(faces.votes)
    certain = votes.max(axis=1) == 10
    assert certain.sum() > 20
    assert np.array_equal(votes[certain].argmax(axis=1), emotion[certain])


def test_targets_mix_the_class_with_the_votes(tiny: Path) -> None:
    split = fer2013.load(tiny, "train")
    plain, mixed = split.emotions(0.0), split.emotions(0.4)
    assert np.array_equal(plain.targets, np.eye(7, dtype=np.float32)[split.emotion])
    assert np.allclose(mixed.targets.sum(axis=1), 1)
    torn = int(np.flatnonzero((split.emotion == 3) & (known(split.votes)[:, 6] == 4))[0])
    assert mixed.targets[torn, 3] == pytest.approx(0.6 + 0.4 * 0.6)
    assert mixed.targets[torn, 6] == pytest.approx(0.4 * 0.4)
    assert mixed.labels == EMOTIONS


def voted(**given: int) -> list[float]:
    """A row of votes, in the order that `Labelled.votes` has."""
    return [float(given.get(name, 0)) for name in VOTED]


ROWS = {
    "anger": voted(anger=5, neutral=4, unknown=1),
    "neutral before happiness": voted(neutral=5, happiness=5),
    "sadness before anger": voted(anger=4, sadness=4, fear=2),
    "contempt": voted(contempt=6, neutral=4),
    "unknown": voted(unknown=6, neutral=4),
    "not a face": voted(not_a_face=10),
    "neutral before unknown": voted(neutral=4, unknown=4, fear=2),
}


def test_ferplus_is_the_majority_and_of_equal_ones_the_first_in_its_table() -> None:
    split = Labelled(
        np.arange(7 * 48 * 48, dtype=np.uint8).reshape(7, 48, 48), votes=np.array(list(ROWS.values()), np.float32)
    )
    faces = split.ferplus()
    assert [faces.labels[ground_truth] for ground_truth in faces.ground_truth] == ["angry", "neutral", "sad", "neutral"]
    assert np.array_equal(faces.crops, split.crops[[0, 1, 2, 6]]), "contempt, unknown and not a face are left out"
    assert faces.targets[0, EMOTIONS.index("angry")] == pytest.approx(5 / 9)
    assert faces.targets[3, EMOTIONS.index("neutral")] == pytest.approx(4 / 6)
    assert np.allclose(faces.targets.sum(axis=1), 1)
    assert VOTED[majority(np.zeros((1, 10), np.float32))[0]] == "unknown"


def test_a_picture_without_a_vote_for_an_emotion_has_no_level_and_keeps_its_class() -> None:
    split = Labelled(
        np.zeros((2, 48, 48), np.uint8),
        emotion=np.array([3, 4]),
        votes=np.array([voted(not_a_face=10), voted(sadness=9, unknown=1)], np.float32),
    )
    assert split.levels().ground_truth.tolist() == [2]
    assert split.emotions(1.0).targets.argmax(axis=1).tolist() == [3, 4]


def test_what_a_data_set_lacks_is_said() -> None:
    crops = np.zeros((1, 48, 48), np.uint8)
    with pytest.raises(SourceNotFound, match="holds no votes"):
        Labelled(crops, emotion=np.array([1])).ferplus()
    with pytest.raises(SourceNotFound, match="holds no classes of emotion"):
        Labelled(crops, scores=np.array([0.1], np.float32)).emotions(0.0)
    with pytest.raises(SourceNotFound, match="holds no votes or scores"):
        Labelled(crops, emotion=np.array([1])).levels()


def test_levels_follow_the_share_of_votes_that_are_not_neutral(tiny: Path) -> None:
    split = fer2013.load(tiny, "train")
    faces = split.levels()
    share = 1 - known(split.votes)[:, 6] / 10
    assert faces.labels == ("reserved", "balanced", "expressive")
    assert set(faces.ground_truth[share == 1]) == {2}
    assert set(faces.ground_truth[np.isclose(share, 0.6)]) == {1}
    assert set(faces.ground_truth[share < 0.5]) == {0}


def test_the_cuts_are_standardised_onto_the_thresholds() -> None:
    cuts = standardised(np.array(SHARE_CUTS, np.float32))
    assert cuts == pytest.approx([RESERVED_BELOW, EXPRESSIVE_ABOVE], abs=1e-6)


def test_hashes_name_the_archives_read(tiny: Path) -> None:
    assert list(fer2013.hashes(tiny, "train")) == ["train-0.zip", "train-1.zip"]
    assert [len(digest) for digest in fer2013.hashes(tiny, "test").values()] == [64]


@pytest.fixture(scope="module")
def real(fer2013_folder: Path) -> dict[str, Labelled]:
    return {split: fer2013.load(fer2013_folder, split) for split in SPLITS}


@pytest.mark.slow
def test_the_real_counts(real: dict[str, Labelled]) -> None:
    counts = {name: np.bincount(known(split.emotion)).tolist() for name, split in real.items()}
    assert {name: sum(of) for name, of in counts.items()} == {"train": 28709, "validation": 3589, "test": 3589}
    assert counts["test"] == [491, 55, 528, 879, 594, 416, 626]
    assert counts["validation"] == [467, 56, 496, 895, 653, 415, 607]


@pytest.mark.slow
def test_the_real_majorities(real: dict[str, Labelled]) -> None:
    faces = {name: split.ferplus() for name, split in real.items()}
    assert {name: len(of) for name, of in faces.items()} == {"train": 28224, "validation": 3529, "test": 3519}
    assert np.bincount(faces["test"].ground_truth).tolist() == [325, 23, 93, 928, 444, 444, 1262]


@pytest.mark.slow
def test_the_real_levels_are_tertiles_of_the_training_split(real: dict[str, Labelled]) -> None:
    """Votes are few, so scores come in steps: the cuts stand halfway between the two steps next to a tertile."""
    faces = real["train"].levels()
    assert faces.scores is not None
    steps = np.unique(faces.scores)
    for share, cut in ((1 / 3, RESERVED_BELOW), (2 / 3, EXPRESSIVE_ABOVE)):
        tertile = np.quantile(faces.scores, share)
        next_to_cut = steps[steps < cut].max(), steps[steps > cut].min()
        assert tertile in next_to_cut
    assert np.bincount(faces.ground_truth, minlength=len(LEVELS)) / len(faces) == pytest.approx([1 / 3] * 3, abs=0.09)


def test_a_folder_without_the_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match="holds no FER-2013 split named train"):
        fer2013.load(tmp_path, "train")


@pytest.mark.parametrize("table", ["row,usage\n1,train\n", "", "row,anger\nx,y\n", "\xff\xfe"])
def test_a_table_without_votes_is_named(tiny: Path, tmp_path: Path, table: str) -> None:
    shutil.copytree(tiny, tmp_path, dirs_exist_ok=True)
    (tmp_path / "labels.csv").write_bytes(table.encode("latin-1"))
    with pytest.raises(SourceNotFound, match=r"labels\.csv|form expected"):
        fer2013.load(tmp_path, "train")


def test_a_class_that_does_not_exist_is_named(tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny, tmp_path, dirs_exist_ok=True)
    with zipfile.ZipFile(tmp_path / "test.zip", "w") as archive:
        archive.writestr("test/bored/00001.webp", tiny_fer2013.encoded(tiny_fer2013.face("sad", 1)))
    with pytest.raises(SourceNotFound, match="bored"):
        fer2013.load(tmp_path, "test")


def test_a_zip_cut_short_is_named(tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny, tmp_path, dirs_exist_ok=True)
    archive = tmp_path / "test.zip"
    archive.write_bytes(archive.read_bytes()[:2000])
    with pytest.raises(SourceNotFound, match=r"test\.zip"):
        fer2013.load(tmp_path, "test")
