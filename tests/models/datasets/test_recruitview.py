"""RecruitView's form: clips and their ratings, written here because the data set itself is not public."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.core.errors import SourceNotFound
from edge.core.labels import LEVELS
from edge.sources.recorded.demo import picture
from models.datasets.description.describe import describe
from models.datasets.load import SPLITS, load
from models.datasets.splitting import split_of
from tests.models.samples import known

SMILE, NEUTRAL, EMPTY = 120, 20, 320  # frames of the demo from which 1.2 s are filmed


@pytest.fixture(scope="module")
def recruitview(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty people with two clips each: one that smiles, rated high, and one that does not, rated low."""
    folder = tmp_path_factory.mktemp("recruitview")
    (folder / "videos").mkdir()
    for name, start in (("smile", SMILE), ("neutral", NEUTRAL), ("empty", EMPTY)):
        film = cv2.VideoWriter(str(folder / f"{name}.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 25, (640, 480))
        for index in range(start, start + 30):
            film.write(np.ascontiguousarray(picture(index)[..., ::-1]))
        film.release()
    rows: list[dict[str, object]] = []
    for person in range(1, 21):
        for kind, score in (("smile", 1.5), ("neutral", -1.2)):
            name = f"{len(rows) + 1:04d}"
            (folder / f"videos/{name}.mp4").write_bytes((folder / f"{kind}.mp4").read_bytes())
            rows.append({"id": name, "file_name": f"videos/{name}.mp4", "user_no": person, "facial_expression": score})
    (folder / "videos/0001.mp4").write_bytes((folder / "empty.mp4").read_bytes())
    (folder / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Faces found once are kept for the tests of this file, and nowhere else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"facial_expression": float("nan")}, "facial_expression is nan"),
        ({"file_name": "../elsewhere.mp4"}, "file_name ../elsewhere.mp4 lies outside the data set"),
        ({"file_name": "/etc/passwd"}, "file_name /etc/passwd lies outside the data set"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, changed: dict[str, object], said: str) -> None:
    row = {"file_name": "videos/1.mp4", "user_no": 1, "facial_expression": 0.5} | changed
    (tmp_path / "metadata.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(SourceNotFound, match=re.escape(said)):
        load(tmp_path, "train")


def test_a_clips_faces_carry_its_rating(recruitview: Path) -> None:
    faces = {split: load(recruitview, split) for split in SPLITS}
    everything = {name: score for of in faces.values() for name, score in zip(of.names, known(of.scores), strict=True)}
    assert "videos/0001.mp4" not in everything, "a clip that shows no face has no faces"
    assert len(everything) == 39
    assert everything["videos/0003.mp4"] == pytest.approx(1.5)
    assert everything["videos/0004.mp4"] == pytest.approx(-1.2)
    train = faces["train"]
    assert train.crops.shape == (len(train.names), 48, 48)
    levels = train.levels()
    assert {LEVELS[index].value for index in levels.ground_truth} == {"reserved", "expressive"}
    assert np.array_equal(levels.ground_truth == 2, known(train.scores) > 0)


def test_smiles_are_cropped_from_the_clips_that_smile(recruitview: Path) -> None:
    """The mouth's corner is where the two kinds of crop differ: the right pictures are behind the right ratings."""
    train = load(recruitview, "train")
    high = known(train.scores) > 0
    smiling, plain = train.crops[high].mean(axis=0), train.crops[~high].mean(axis=0)
    differ = np.abs(smiling - plain)
    assert differ[28:].mean() > 1.5 * differ[:14].mean()


def test_a_person_is_in_one_split_only(recruitview: Path) -> None:
    people = {split: set(known(load(recruitview, split).persons)) for split in SPLITS}
    assert sum(map(len, people.values())) == len(set().union(*people.values())) == 20
    assert {split: {split_of(person) for person in of} for split, of in people.items()} == {s: {s} for s in SPLITS}


def test_splits_are_70_15_and_15_of_a_hundred_people() -> None:
    shares = np.unique([split_of(str(person)) for person in range(5000)], return_counts=True)
    assert dict(zip(shares[0], shares[1] / 5000, strict=True)) == pytest.approx(
        {"train": 0.7, "validation": 0.15, "test": 0.15}, abs=0.02
    )
    assert [split_of(str(person)) for person in (1, 2, 3)] == [split_of(str(person)) for person in (1, 2, 3)]


def test_it_is_described_with_its_people_and_scores(recruitview: Path) -> None:
    description = describe(recruitview).as_json()
    assert sum(description["persons"].values()) == 20
    assert description["scores"]["train"]["least"] == pytest.approx(-1.2)
    assert description["scores"]["train"]["published_thresholds"] == [-0.303, 0.294]
    assert description["classes"]["train"]["balanced"] == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"file_name": "a.mp4", "user_no": 1}', "facial_expression"),
        ('{"file_name": "a.mp4", "user_no": 1, "facial_expression": "high"}', "high"),
        ("no json", "JSONDecodeError"),
    ],
)
def test_a_line_that_describes_no_clip_is_named(recruitview: Path, tmp_path: Path, line: str, message: str) -> None:
    first = (recruitview / "metadata.jsonl").read_text().splitlines()[0]
    (tmp_path / "metadata.jsonl").write_text(f"{first}\n{line}\n")
    with pytest.raises(SourceNotFound, match=f"Line 2 of .*{message}"):
        load(tmp_path, "train")


def test_a_clip_that_is_missing_is_named(recruitview: Path, tmp_path: Path) -> None:
    (tmp_path / "metadata.jsonl").write_text((recruitview / "metadata.jsonl").read_text())
    with pytest.raises(SourceNotFound, match=r"videos/\d+\.mp4 does not exist"):
        load(tmp_path, "train")
