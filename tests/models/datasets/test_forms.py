"""The forms of data: the same faces from a CSV file as from zips, pictures, mapped classes, lists, clips."""

import csv
import re
import shutil
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from edge.core.errors import BadConfiguration, SourceNotFound
from edge.core.labels import EMOTIONS
from edge.sources.recorded.demo import picture
from models.cli import data as data_command
from models.datasets.class_map import ClassMap, shipped_map
from models.datasets.load import SPLITS, form_of, hashes, load
from tests.models import tiny_fer2013
from tests.models.samples import known

USAGES = {"train": "Training", "validation": "PublicTest", "test": "PrivateTest"}
FERPLUS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown")


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache: faces of a clip are kept there."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture(scope="module")
def public(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny data set as fer2013.csv with fer2013new.csv beside it."""
    folder = tmp_path_factory.mktemp("public")
    rows, voted = [], []
    with (tiny / "labels.csv").open() as table:
        votes = {int(row["row"]): row for row in csv.DictReader(table)}
    for split in SPLITS:
        faces = load(tiny, split)
        for crop, emotion, name in zip(faces.crops, known(faces.emotion), faces.names, strict=True):
            row = int(Path(name).stem)
            rows.append((row, [emotion, " ".join(map(str, crop.ravel())), USAGES[split]]))
            voted.append(
                (row, [USAGES[split], f"fer{row:07d}.png", *(votes[row][n] for n in FERPLUS), votes[row]["not_a_face"]])
            )
    write(
        folder / "fer2013.csv", ["emotion", "pixels", "Usage"], [row for _, row in sorted(rows, key=lambda of: of[0])]
    )
    headings = ["Usage", "Image name", *FERPLUS, "NF"]
    write(folder / "fer2013new.csv", headings, [row for _, row in sorted(voted, key=lambda of: of[0])])
    return folder


def write(path: Path, headings: list[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="") as table:
        csv.writer(table).writerows([headings, *rows])


def keep(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


@pytest.mark.parametrize("split", SPLITS)
def test_the_csv_files_hold_what_the_zips_hold(tiny: Path, public: Path, split: str) -> None:
    zipped, plain = load(tiny, split), load(public, split)
    order = np.argsort([int(Path(name).stem) for name in zipped.names])
    assert np.array_equal(plain.crops, zipped.crops[order])
    assert np.array_equal(known(plain.emotion), known(zipped.emotion)[order])
    assert np.array_equal(known(plain.votes), known(zipped.votes)[order])
    assert np.array_equal(plain.levels().ground_truth, zipped.levels().ground_truth[order])
    assert sorted(hashes(public, split)) == ["fer2013.csv", "fer2013new.csv"]


def test_kaggles_training_file_is_divided_by_its_rows(public: Path, tmp_path: Path) -> None:
    with (public / "fer2013.csv").open() as table:
        rows = [row for row in csv.DictReader(table) if row["Usage"] == "Training"]
    with (tmp_path / "train.csv").open("w", newline="") as table:
        writer = csv.DictWriter(table, ["emotion", "pixels"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    train, validation = load(tmp_path, "train"), load(tmp_path, "validation")
    assert len(train) + len(validation) == len(rows)
    assert 0 < len(validation) < len(train)
    assert not {*train.names} & {*validation.names}
    with pytest.raises(SourceNotFound, match="holds no row of PrivateTest"):
        load(tmp_path, "test")


def test_the_one_file_will_do_without_votes(public: Path, tmp_path: Path) -> None:
    alone = shutil.copy(public / "fer2013.csv", tmp_path / "mine.csv")
    faces = load(Path(alone), "test")
    assert len(faces.emotions(0.3)) == 21
    with pytest.raises(SourceNotFound, match="holds no votes"):
        faces.ferplus()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,0 0,Test", "Usage Test"),
        ("1,1 2 3,Training", "3 grey values"),
        (f"1,{'300 ' * 2304},Training", "beyond 0 to 255"),
        (f"7,{'30 ' * 2304},Training", "emotion 7"),
        ("1", "Row 1 of"),
    ],
)
def test_a_row_that_is_none_is_named(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "fer2013.csv").write_text(f"emotion,pixels,Usage\n{line}\n")
    with pytest.raises(SourceNotFound, match=message):
        load(tmp_path, "train")


def test_votes_of_another_file_are_refused(public: Path, tmp_path: Path) -> None:
    shutil.copytree(public, tmp_path, dirs_exist_ok=True)
    table = tmp_path / "fer2013new.csv"
    table.write_text("\n".join(table.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(SourceNotFound, match=r"has 112 rows and fer2013new\.csv beside it 111"):
        load(tmp_path, "train")


def test_fer2013_as_pictures_knows_the_official_splits_by_the_names(tmp_path: Path) -> None:
    for number, (folder, usage) in enumerate([("train", "Training"), ("test", "PublicTest"), ("test", "PrivateTest")]):
        for emotion in EMOTIONS:
            keep(tmp_path / folder / emotion / f"{usage}_{number}.png", tiny_fer2013.face(emotion, number))
    for number, split in enumerate(SPLITS):
        faces = load(tmp_path, split)
        assert sorted(known(faces.emotion).tolist()) == list(range(7))
        assert all(f"_{number}." in name for name in faces.names)
        happy = faces.names.index(
            f"{'train' if split == 'train' else 'test'}/happy/{list(USAGES.values())[number]}_{number}.png"
        )
        assert np.array_equal(faces.crops[happy], tiny_fer2013.face("happy", number))


def test_class_folders_without_splits_are_split_the_same_way_every_time(tmp_path: Path) -> None:
    for number in range(120):
        emotion = EMOTIONS[number % 7]
        keep(tmp_path / emotion.capitalize() / f"{number}.png", tiny_fer2013.face(emotion, number))
    parts = {split: load(tmp_path, split).names for split in SPLITS}
    assert sum(map(len, parts.values())) == len(set().union(*parts.values())) == 120
    assert 70 <= len(parts["train"]) <= 98
    assert min(map(len, parts.values())) >= 8
    keep(tmp_path / "Happy" / "another.png", tiny_fer2013.face("happy", 999))
    assert all(set(load(tmp_path, split).names) >= set(names) for split, names in parts.items())


def mapped(folder: Path, text: str) -> Path:
    (folder / "labels.toml").write_text(text)
    return folder


def test_another_data_sets_numbers_become_classes(tmp_path: Path) -> None:
    for folder in ("train", "val"):
        for number in (*range(8), 8):
            for copy in range(10):
                keep(tmp_path / folder / str(number) / f"{copy}.png", tiny_fer2013.face("sad", 10 * number + copy))
    data = mapped(tmp_path, shipped_map("affectnet"))
    test = load(data, "test")
    assert [EMOTIONS[index] for index in known(test.emotion)[::10]] == [
        "neutral",
        "happy",
        "sad",
        "surprise",
        "fear",
        "disgust",
        "angry",
    ]
    assert len(test) == 70, "contempt and none are left out"
    train, validation = load(data, "train"), load(data, "validation")
    assert set(train.names).isdisjoint(validation.names)
    assert len(train) + len(validation) == 70
    assert len(validation) > 0
    assert all(name.startswith("train/") for name in validation.names)


def test_raf_db_is_read_by_its_list(tmp_path: Path) -> None:
    lines = []
    for split in ("train", "test"):
        for number in range(1, 8):
            for copy in range(6):
                keep(
                    tmp_path / f"Image/aligned/{split}_{number}{copy}_aligned.jpg",
                    np.full((100, 100, 3), 30 * number, np.uint8),
                )
                lines.append(f"{split}_{number}{copy}.jpg {number}")
    (tmp_path / "EmoLabel").mkdir()
    (tmp_path / "EmoLabel/list_patition_label.txt").write_text("\n".join(lines) + "\n")
    test = load(mapped(tmp_path, shipped_map("raf-db")), "test")
    assert [EMOTIONS[index] for index in known(test.emotion)[::6]] == [
        "surprise",
        "fear",
        "disgust",
        "happy",
        "sad",
        "angry",
        "neutral",
    ]
    assert [round(float(crop.mean())) for crop in test.crops[::6]] == [30, 60, 90, 120, 150, 180, 210]


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, int], Path]:
    """Writes a clip of the demo, 1.2 s from a frame on."""

    def write_clip(path: Path, start: int) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, (640, 480))
        for index in range(start, start + 30):
            film.write(np.ascontiguousarray(picture(index)[..., ::-1]))
        film.release()
        return path

    return write_clip


def test_dfew_clips_give_a_face_every_second(tmp_path: Path, filmed: Callable[[Path, int], Path], cache: Path) -> None:
    clips = {"1": 120, "5": 220, "3": 320}  # smile, surprise, no face
    for number, (_, start) in enumerate(clips.items(), 1):
        filmed(tmp_path / f"Clip/original/{number}.mp4", start)
    data = mapped(tmp_path, shipped_map("dfew"))
    for split in ("train", "test"):
        folder = tmp_path / f"EmoLabel_DataSplit/{split}(single-labeled)"
        folder.mkdir(parents=True)
        rows = list(enumerate(clips, 1)) if split == "test" else []
        write(folder / "set_1.csv", ["video_name", "label"], rows)
    assert CliRunner().invoke(data_command.app, ["describe", str(data), "--no-cache"]).exit_code == 0
    assert list(cache.iterdir()) == []
    faces = load(data, "test")
    assert faces.names == ("Clip/original/1.mp4",) * 2 + ("Clip/original/2.mp4",) * 2
    assert [EMOTIONS[index] for index in known(faces.emotion)] == ["happy"] * 2 + ["surprise"] * 2
    assert len(list(cache.rglob("*.npy"))) == 3
    shutil.rmtree(tmp_path / "Clip")
    filmed(tmp_path / "Clip/original/1.mp4", 320)
    for number in (2, 3):
        filmed(tmp_path / f"Clip/original/{number}.mp4", 320)
    with pytest.raises(SourceNotFound, match="no face in its test split"):  # other clips: the cache is not believed
        load(data, "test")


def test_faces_of_whole_scenes_are_found_and_cropped(tmp_path: Path) -> None:
    for index in range(140, 160):
        keep(tmp_path / "smiling" / f"{index}.png", picture(index)[..., ::-1])
    keep(tmp_path / "smiling" / "empty.png", picture(350)[..., ::-1])
    data = mapped(tmp_path, 'name = "scenes"\nfaces = "detect"\n[classes]\nsmiling = "happy"\n')
    found = {name for split in SPLITS for name in load(data, split).names}
    assert found == {f"smiling/{index}.png" for index in range(140, 160)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[classes]\n1 = 'happy'", "name: Field required"),
        ("name = 'x'\n[classes]\n1 = 'joyful'", "classes.1: Input should be 'angry'"),
        ("name = 'x'\nclass = 1\n[classes]\n1 = 'happy'", "class: Extra"),
        ("name = 'x'\n[classes]\n1 = 'happy'\n[table]\nname = 0", "give either `every`"),
        ("name = ", "is no TOML"),
        (
            "name = 'x'\n[table]\nevery = 'l'\nfile = '{name:>999999999}'\n[classes]\n1 = 'happy'",
            "without anything after",
        ),
        (
            "name = 'x'\n[table]\nevery = 'l'\nfile = '{name.__class__}'\n[classes]\n1 = 'happy'",
            "without anything after",
        ),
    ],
)
def test_an_unusable_class_map_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadConfiguration, match=message):
        load(mapped(tmp_path, text), "train")


def test_a_class_that_is_not_mapped_is_named(tmp_path: Path) -> None:
    keep(tmp_path / "bored" / "1.png", tiny_fer2013.face("sad", 1))
    with pytest.raises(SourceNotFound, match=r"bored/1\.png .* of the class 'bored', which is neither"):
        load(mapped(tmp_path, 'name = "x"\n[classes]\nsad = "sad"\n'), "train")


def test_a_list_without_the_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("file,class\na.png,1\n")
    text = 'name = "x"\n[classes]\n1 = "sad"\n[table]\nevery = "list.csv"\nname = "file"\nlabel = "label"\n'
    with pytest.raises(SourceNotFound, match=r"list\.csv is no list"):
        load(mapped(tmp_path, text), "train")


def test_hashes_follow_the_pictures_of_the_split(tmp_path: Path) -> None:
    for folder in ("train", "test"):
        keep(tmp_path / folder / "sad" / "1.png", tiny_fer2013.face("sad", 1))
    before = hashes(tmp_path, "test"), hashes(tmp_path, "train")
    keep(tmp_path / "test" / "sad" / "1.png", tiny_fer2013.face("sad", 2))
    assert hashes(tmp_path, "test") != before[0]
    assert hashes(tmp_path, "train") == before[1]


def test_what_is_no_data_set_is_refused(tmp_path: Path) -> None:
    for path, message in ((tmp_path, "holds no data set of a known form"), (tmp_path / "none", "does not exist")):
        with pytest.raises(SourceNotFound, match=message):
            form_of(path)


def test_the_page_on_data_shows_a_class_map_that_can_be_used() -> None:
    page = (Path(__file__).parents[3] / "docs/data.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert ClassMap.model_validate(tomllib.loads(example)) == ClassMap.model_validate(
        tomllib.loads(shipped_map("raf-db"))
    )
