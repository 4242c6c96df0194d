"""edge-eval: the runtime's own path over labelled pictures."""

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.core.labels import EMOTIONS
from edge.sources.recorded.demo import picture

from .conftest import Ask


@pytest.fixture
def faces(home: Path) -> Path:
    """Scenes of the demo by what is drawn, and one without a face."""
    folder = home / "faces"
    for label, indexes in {"happy": (150, 160, 170), "neutral": (20, 30), "surprise": (240,)}.items():
        (folder / label).mkdir(parents=True)
        for index in indexes:
            cv2.imwrite(str(folder / label / f"{index}.png"), picture(index)[..., ::-1])
    cv2.imwrite(str(folder / "happy" / "empty.png"), picture(350)[..., ::-1])
    return folder


def evaluated(ask: Ask, *words: object) -> dict[str, Any]:
    result = ask("edge-eval", *words, "--format", "json")
    assert result.exit_code == 0, result.stderr
    return dict(json.loads(result.stdout))


def test_scenes_are_detected_read_and_counted(ask: Ask, faces: Path) -> None:
    figures = evaluated(ask, faces, "--faces", "detect")
    assert figures["model"] == "emotion-both"
    assert figures["abstentions"]["no_face"] == 1
    assert figures["n"] + sum(figures["abstentions"].values()) == 7
    matrix = np.array(figures["confusion_matrix"]["rows_true"])
    assert figures["confusion_matrix"]["labels"] == list(EMOTIONS)
    assert figures["accuracy"] == pytest.approx(np.trace(matrix) / matrix.sum(), abs=1e-4)
    happy = figures["per_class"]["happy"]
    assert set(happy) == {"recall", "precision", "f1", "n"}
    assert (happy["recall"], happy["n"]) == (1.0, 3)
    assert figures["per_class"]["angry"] == {"recall": None, "precision": None, "f1": None, "n": 0}
    assert 0 <= figures["expected_calibration_error"] <= 1


def test_cropped_pictures_are_all_answered(ask: Ask, faces: Path) -> None:
    figures = evaluated(ask, faces, "--faces", "cropped")
    assert (figures["n"], figures["abstentions"]) == (7, {})
    assert [figures["per_class"][label]["n"] for label in ("happy", "neutral", "surprise")] == [4, 2, 1]


def test_a_zip_is_read_as_its_folder_is(ask: Ask, faces: Path, home: Path) -> None:
    archive = shutil.make_archive(str(home / "archive"), "zip", faces)
    assert evaluated(ask, archive, "--faces", "detect") == evaluated(ask, faces, "--faces", "detect")


def test_levels_can_be_evaluated(ask: Ask, faces: Path) -> None:
    for old, new in (("happy", "expressive"), ("neutral", "reserved"), ("surprise", "balanced")):
        (faces / old).rename(faces / new)
    figures = evaluated(ask, faces, "--model", "expressiveness", "--faces", "detect")
    assert figures["confusion_matrix"]["labels"] == ["reserved", "balanced", "expressive"]
    assert figures["per_class"]["expressive"]["recall"] == 1.0


def test_text_is_a_table(ask: Ask, faces: Path) -> None:
    result = ask("edge-eval", faces, "--faces", "detect")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("emotion-both: accuracy ")
    assert "Not read: 1 no_face" in result.stdout
    assert re.search(r"^happy +3 +1\.000 +1\.000 +1\.000$", result.stdout, re.MULTILINE)
    assert re.search(r"^true / read +angry +disgust +fear +happy +sad +surprise +neutral$", result.stdout, re.MULTILINE)
    assert max(map(len, result.stdout.splitlines()[1:])) <= 80


def test_where_nothing_could_be_read_there_are_no_figures(ask: Ask, home: Path) -> None:
    (home / "faces" / "sad").mkdir(parents=True)
    cv2.imwrite(str(home / "faces" / "sad" / "wall.png"), picture(350)[..., ::-1])
    figures = evaluated(ask, "faces", "--faces", "detect")
    assert (figures["n"], figures["accuracy"], figures["abstentions"]) == (0, None, {"no_face": 1})
    assert "accuracy - " in ask("edge-eval", "faces", "--faces", "detect").stdout.replace(",", " ")


def test_a_folder_that_is_no_class_is_refused(ask: Ask, faces: Path) -> None:
    (faces / "surprise").rename(faces / "zzz")
    result = ask("edge-eval", faces)
    assert result.exit_code == 66
    assert result.stderr.startswith(
        "Error: zzz/240.png lies in a folder that is no class of emotion-both. Name the folders angry,"
    )


@pytest.mark.parametrize("what", ["missing", "text.zip", "empty"])
def test_what_holds_no_labelled_picture_is_refused(ask: Ask, home: Path, what: str) -> None:
    (home / "text.zip").write_text("no zip")
    (home / "empty").mkdir()
    result = ask("edge-eval", what)
    assert result.exit_code == 66
    assert result.stderr.startswith(f"Error: {what} ")
    assert result.stderr.count("\n") == 1


VOTES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown")


def write(path: Path, headings: tuple[str, ...], rows: list[tuple[object, ...]]) -> Path:
    with path.open("w", newline="") as table:
        csv.writer(table).writerows([headings, *rows])
    return path


@pytest.fixture
def voted(faces: Path) -> Path:
    """`labels.csv` for the pictures that show a face, without the one that does not."""
    (faces / "happy" / "empty.png").unlink()
    rows: list[tuple[object, ...]] = [
        (150, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0),
        (160, 5, 5, 0, 0, 0, 0, 0, 0, 0, 0),  # of two with equally many votes the first: neutral
        (170, 2, 0, 0, 0, 0, 0, 0, 8, 0, 0),  # contempt
        (20, 9, 0, 0, 1, 0, 0, 0, 0, 0, 0),
        (30, 3, 0, 0, 0, 0, 0, 0, 0, 7, 0),  # unknown
        (240, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10),  # not a face
    ]
    return write(faces.parent / "labels.csv", ("row", *VOTES, "not_a_face"), rows)


def test_ground_truth_may_be_the_majority_of_the_votes(ask: Ask, faces: Path, voted: Path) -> None:
    figures = evaluated(ask, faces, "--labels", "ferplus")
    assert (figures["labels"], figures["n"]) == ("ferplus", 3)
    assert figures["left_out"] == {"contempt": 1, "unknown": 1, "not_a_face": 1}
    rows = dict(zip(EMOTIONS, figures["confusion_matrix"]["rows_true"], strict=True))
    assert {label: sum(row) for label, row in rows.items() if sum(row)} == {"happy": 1, "neutral": 2}
    assert figures["without_ties"]["n"] == 2
    elsewhere = voted.rename(faces.parent / "votes.csv")
    assert evaluated(ask, faces, "--votes", elsewhere) == figures
    text = ask("edge-eval", faces, "--votes", elsewhere).stdout
    assert "Compared with FER+'s votes. Left out: 1 contempt, 1 unknown, 1 not_a_face.\n" in text
    alone = figures["without_ties"]
    assert f"\n2 of them have one majority alone: accuracy {alone['accuracy']:.3f}, balanced" in text


def test_ferplus_own_table_is_read_by_its_order(ask: Ask, faces: Path, voted: Path) -> None:
    with voted.open() as table:
        by_row = {int(row["row"]): row for row in csv.DictReader(table)}
    before = evaluated(ask, faces, "--labels", "ferplus")
    voted.unlink()
    rows = [
        ("Training", f"fer{row:07d}.png", *(by_row.get(row, {}).get(name, 0) for name in (*VOTES, "not_a_face")))
        for row in range(241)
    ]
    write(faces.parent / "fer2013new.csv", ("Usage", "Image name", *VOTES, "NF"), rows)
    assert evaluated(ask, faces, "--labels", "ferplus") == before


def test_levels_are_compared_with_the_share_of_votes_that_are_not_neutral(ask: Ask, faces: Path, voted: Path) -> None:
    command = ("edge-eval", faces, "--model", "expressiveness", "--faces", "detect", "--votes", voted)
    figures = evaluated(ask, *command[1:])
    assert figures["left_out"] == {"not_a_face": 1}
    levels = {name: row["n"] for name, row in figures["per_class"].items()}
    assert levels == {"reserved": 3, "balanced": 1, "expressive": 1}  # 0, 0.1, 0.5; 0.8; 1
    assert 0.4 < figures["rank_correlation"] <= 1
    assert evaluated(ask, faces)["rank_correlation"] is None
    text = ask(*command).stdout
    assert f"rank correlation of score and votes: {figures['rank_correlation']:.3f}." in text


def test_the_class_found_least_often_is_reported(ask: Ask, faces: Path) -> None:
    figures = evaluated(ask, faces, "--faces", "detect")
    recalls = {label: row["recall"] for label, row in figures["per_class"].items() if row["recall"] is not None}
    lowest = figures["lowest_recall"]
    assert recalls[lowest["label"]] == lowest["recall"] == min(recalls.values())
    message = f"lowest recall {lowest['recall']:.3f} ({lowest['label']}) over"
    assert message in ask("edge-eval", faces, "--faces", "detect").stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--labels", "ferplus"), 66, "No table of votes lies beside faces. Name it: --votes labels.csv."),
        (("--labels", "folder", "--votes", "votes.csv"), 2, "--labels folder needs no --votes."),
        (("--votes", "nothing.csv"), 66, "nothing.csv is no table of votes: FileNotFoundError"),
        (("--votes", "short.csv"), 66, "short.csv has no row"),
        (("--votes", "other.csv"), 66, "other.csv is no table of votes: KeyError"),
    ],
)
def test_votes_that_do_not_fit_are_refused(
    ask: Ask, faces: Path, home: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    write(home / "short.csv", ("row", *VOTES, "not_a_face"), [(1, *[1] * 10)])
    write(home / "other.csv", ("row", "anger"), [(1, 1)])
    result = ask("edge-eval", "faces", *words)
    assert result.exit_code == code
    assert result.stderr.startswith(f"Error: {message}")


def test_a_picture_without_a_number_has_no_votes(ask: Ask, faces: Path, voted: Path) -> None:
    (faces / "happy" / "150.png").rename(faces / "happy" / "anna.png")
    result = ask("edge-eval", faces, "--votes", voted)
    assert result.exit_code == 66
    assert "happy/anna.png is not named after its row" in result.stderr


def test_groups_stand_side_by_side(ask: Ask, faces: Path, home: Path) -> None:
    rows: list[tuple[object, ...]] = [
        ("happy/150.png", "smiling"), ("160.png", "smiling"), ("happy/empty.png", "smiling"), ("20.png", "calm"),
        ("neutral/30.png", "calm"),
    ]  # fmt: skip
    table = write(home / "groups.csv", ("image", "group"), rows)
    figures = evaluated(ask, faces, "--faces", "detect", "--groups", table)
    smiling, calm = figures["groups"]["smiling"], figures["groups"]["calm"]
    assert list(figures["groups"]) == ["calm", "smiling"]
    assert (smiling["n"], smiling["accuracy"], smiling["not_read"]) == (2, 1.0, 1)
    assert smiling["interval_95"] == pytest.approx([0.3424, 1.0])
    assert (smiling["error"], smiling["not_read_share"]) == (0.0, pytest.approx(1 / 3, abs=1e-4))
    assert smiling["error_interval_95"] == pytest.approx([0.0, 0.6576], abs=1e-4)
    assert smiling["not_read_interval_95"] == pytest.approx([0.0615, 0.7923], abs=1e-4)
    assert calm["n"] == 2
    read = sum(row["n"] for row in figures["per_class"].values())
    assert figures["in_no_group"] == read + sum(figures["abstentions"].values()) - 5
    assert evaluated(ask, faces, "--faces", "detect")["groups"] is None
    text = ask("edge-eval", faces, "--faces", "detect", "--groups", table).stdout
    assert re.search(r"^group +n +error +95 % interval +not read +95 % interval$", text, re.MULTILINE)
    assert re.search(r"^smiling +2 +0\.000 +0\.000 to 0\.658 +0\.333 +0\.06\d to 0\.792$", text, re.MULTILINE)


def test_a_wrong_answer_counts_against_its_group(ask: Ask, faces: Path, home: Path) -> None:
    shutil.copy(faces / "happy" / "170.png", faces / "surprise" / "smile.png")
    rows: list[tuple[object, ...]] = [("surprise/smile.png", "a"), ("happy/170.png", "a"), ("happy/160.png", "b")]
    table = write(home / "groups.csv", ("image", "group"), rows)
    groups = evaluated(ask, faces, "--faces", "detect", "--groups", table)["groups"]
    assert (groups["a"]["n"], groups["a"]["accuracy"], groups["a"]["error"]) == (2, 0.5, 0.5)
    assert (groups["b"]["n"], groups["b"]["accuracy"], groups["b"]["error"]) == (1, 1.0, 0.0)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("image", "group"), ("151.png", "a")], "groups.csv names 151.png, which no picture in faces is called. Name"),
        ([("image", "group"), ("150.png", "a"), ("happy/150.png", "b")], "groups.csv names happy/150.png twice."),
        ([("image", "group"), ("20.png", "a")], "groups.csv names 20.png, which several pictures in faces are called"),
        ([("name", "group"), ("150.png", "a")], "groups.csv is no table of groups: KeyError"),
        ([("image", "group")], "groups.csv has no row"),
        ([("image", "group"), ("150.png", "")], "groups.csv has no row, or one without a group."),
    ],
)
def test_groups_that_do_not_fit_are_refused(
    ask: Ask, faces: Path, home: Path, rows: list[tuple[str, str]], message: str
) -> None:
    shutil.copy(faces / "neutral" / "20.png", faces / "surprise" / "20.png")
    write(home / "groups.csv", rows[0], [*rows[1:]])
    result = ask("edge-eval", "faces", "--groups", "groups.csv")
    assert result.exit_code == 66
    assert result.stderr.startswith(f"Error: {message}")


def test_disturbed_faces_are_counted_by_scene_and_again_alike_with_the_same_seed(ask: Ask, home: Path) -> None:
    for label, index in (("happy", 160), ("neutral", 20)):
        (home / "crops" / label).mkdir(parents=True)
        cv2.imwrite(str(home / "crops" / label / "1.png"), picture(index)[225:465, 205:445, ::-1])
    figures = evaluated(ask, "crops", "--disturb", "--seed", 5)
    assert figures == evaluated(ask, "crops", "--disturb", "--seed", 5)
    assert (figures["model"], figures["n"], len(figures["disturbances"])) == ("emotion-both", 2, 9)
    assert figures["disturbances"]["none"]["read"] > 0
    text = ask("edge-eval", "crops", "--disturb").stdout
    assert re.search(r"^side light +\d\.\d{3}", text, re.MULTILINE)


@pytest.mark.parametrize("words", [("--faces", "detect"), ("--groups", "groups.csv")])
def test_what_scenes_of_its_own_leave_no_room_for_is_refused(
    ask: Ask, faces: Path, home: Path, words: tuple[str, str]
) -> None:
    write(home / "groups.csv", ("image", "group"), [("happy/150.png", "a")])
    result = ask("edge-eval", faces, "--disturb", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--disturb sets pictures of single faces into scenes of its own" in result.stderr


def test_any_model_of_the_folder_can_be_evaluated(ask: Ask, faces: Path, home: Path, shipped: Path) -> None:
    """`emotion-ferplus` answers where its files are in the models' folder, and no other network replaces it."""
    models = home / "models"
    models.mkdir()
    for name in ("expressiveness.json", "expressiveness.tflite"):
        shutil.copy(shipped / name, models)
    shutil.copy(shipped / "emotion-both.tflite", models / "emotion-ferplus.tflite")
    missing = ask("edge-eval", faces, "--model", "emotion-ferplus", "--models", "models")
    assert missing.exit_code == 2
    assert missing.stderr.endswith("There is no model emotion-ferplus in models. There are expressiveness.\n")
    card = json.loads((shipped / "emotion-both.json").read_text()) | {
        "name": "emotion-ferplus",
        "file": "emotion-ferplus.tflite",
    }
    (models / "emotion-ferplus.json").write_text(json.dumps(card))
    figures = evaluated(ask, faces, "--model", "emotion-ferplus", "--models", models)
    assert figures["model"] == "emotion-ferplus"
    assert figures | {"model": "emotion-both"} == evaluated(ask, faces)


def test_a_picture_that_is_none_is_refused_by_name(ask: Ask, faces: Path) -> None:
    (faces / "happy" / "broken.png").write_bytes(b"no picture")
    result = ask("edge-eval", faces)
    assert result.exit_code == 66
    assert "happy/broken.png" in result.stderr
