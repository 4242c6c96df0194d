"""Readers are found by what cards say of input and output; a folder's cards by their names."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.core.errors import BadModel, UsageError
from edge.core.labels import EMOTIONS
from edge.core.readings import Observation
from edge.core.sessions import SessionRecord, SessionState
from edge.core.summaries import Kind
from edge.core.windowing.merging import merge
from edge.core.windowing.windows import Windows
from edge.journal.columns import in_columns, row_of
from edge.tables.summaries import summary_cells, summary_table
from edge.tables.text import write_csv_cells
from edge.vision.card import load_model
from edge.vision.expression import ExpressionReader
from edge.vision.model_folder import emotion_card
from edge.vision.readers import card_named, card_names, reader_of

from .conftest import recard

CROP = np.full((48, 48), 128, np.uint8)


def test_the_cards_of_a_folder_are_listed_by_name(folder: Path) -> None:
    assert card_names(folder) == ("emotion", "emotion-both", "emotion-ferplus", "expressiveness")
    (folder / "emotion.json").rename(folder / "smile.json")
    assert card_names(folder) == ("emotion-both", "emotion-ferplus", "expressiveness", "smile")
    with pytest.raises(BadModel, match=r"smile\.json describes emotion"):
        card_named(folder, "smile")


@pytest.mark.parametrize("name", ["absent", "../models/emotion", ""])
def test_a_card_that_is_not_there_is_refused_with_those_that_are(folder: Path, name: str) -> None:
    with pytest.raises(UsageError) as raised:
        card_named(folder, name)
    assert "There are emotion, emotion-both, emotion-ferplus, expressiveness." in str(raised.value.fix)


def test_a_card_of_any_name_is_read_by_the_reader_of_its_kind(folder: Path) -> None:
    before = reader_of(load_model(folder, "emotion", EMOTIONS))(CROP)
    recard(folder, "emotion", lambda card: card.update(name="my-own", labels=list("abcdefg")))
    (folder / "emotion.json").rename(folder / "my-own.json")
    card = card_named(folder, "my-own")
    after = reader_of(load_model(folder, "my-own", card.labels))(CROP)
    assert after.tolist() == before.tolist()
    assert after.sum() == pytest.approx(1)


def test_a_kind_that_no_reader_is_for_is_refused_by_name(folder: Path) -> None:
    score = {"labels": [], "output": {"shape": [1, 1], "scale": 0.1, "zero_point": 0, "kind": "score"}}
    recard(folder, "emotion-ferplus", lambda card: card.update(score) or card["input"].update(kind="landmarks"))
    with pytest.raises(BadModel, match="emotion-ferplus has the input landmarks and the output score"):
        reader_of(load_model(folder, "emotion-ferplus", ()))
    over_time = {"kind": "sequence", "step_s": 0.25, "stride": 12, "shape": [1, 48, 1405]}
    recard(folder, "emotion", lambda card: card["input"].update(over_time))
    with pytest.raises(BadModel, match="emotion has the input sequence, and a run"):
        ExpressionReader(folder, emotion="emotion")


def test_a_run_takes_emotion_both_and_emotion_where_that_is_absent(folder: Path) -> None:
    assert emotion_card(folder) == "emotion-both"
    (folder / "emotion-both.json").unlink()
    assert emotion_card(folder) == "emotion"
    (folder / "emotion.json").unlink()
    assert emotion_card(folder) == "emotion-ferplus", "the only other one"
    (folder / "emotion-ferplus.json").unlink()
    assert emotion_card(folder) == "emotion-both", "which is shipped"


def test_several_other_networks_are_named(folder: Path) -> None:
    (folder / "emotion-both.json").unlink()
    (folder / "emotion.json").rename(folder / "mine.json")
    with pytest.raises(UsageError, match="emotion-ferplus, mine") as raised:
        emotion_card(folder)
    assert "--emotion-model" in raised.value.fix
    assert emotion_card(folder, "mine") == "mine"


def test_a_network_of_any_labels_alone_in_its_folder_is_run_and_reported_as_it_is(folder: Path) -> None:
    expected = ExpressionReader(folder, emotion="emotion")(CROP)
    recard(folder, "emotion", lambda card: card.update(name="mine", labels=list("abcdefg")))
    (folder / "emotion.json").rename(folder / "mine.json")
    for path in folder.glob("*.json"):
        if path.name != "mine.json":
            path.unlink()
    assert emotion_card(folder) == "mine"
    reading = ExpressionReader(folder, emotion=emotion_card(folder))(CROP)
    assert (reading.emotions, reading.score) == (expected.emotions, expected.score), "levels are the shipped network's"
    assert (reading.labels, reading.emotion) == (tuple("abcdefg"), "abcdefg"[EMOTIONS.index(expected.emotion or "")])
    windows = Windows("s", 10.0)
    windows.add(Observation(0.0, None, None, 0, reading, None))
    window, session = windows.finish(5.0)
    assert (
        merge([window]).emotions == session.emotions == {label: float(label == reading.emotion) for label in "abcdefg"}
    )
    record = SessionRecord(1, "s", SessionState.COMPLETE, None, 10.0, "0", None, 1, session)
    cells = summary_cells(in_columns([(record, iter([row_of(window)]))]), Kind.WINDOW, "abcdefg")
    table = StringIO(newline="")
    write_csv_cells(summary_table(Kind.WINDOW, "abcdefg").columns, cells, table)
    (row,) = csv.DictReader(StringIO(table.getvalue(), newline=""))
    assert (row[f"emotion_{reading.emotion}_share"], row["emotion_happy_share"]) == ("1.0", "")


def test_a_damaged_card_is_not_passed_over(folder: Path) -> None:
    (folder / "emotion-both.json").unlink()
    (folder / "emotion-both.json").symlink_to(folder / "nowhere")
    assert emotion_card(folder) == "emotion-both"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"output": {"kind": "score"}}, "answers with labels, or with a score"),
        ({"labels": []}, "answers with labels, or with a score"),
        ({"labels": [], "output": {"kind": "score"}}, "a score is one number"),
        ({"input": {"black": None}}, "a crop's input needs black and white"),
        ({"input": {"kind": "sound"}}, "input.kind"),
        ({"name": "../emotion"}, "name"),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(folder: Path, change: dict[str, Any], message: str) -> None:
    def contradict(card: dict[str, Any]) -> None:
        for field, value in change.items():
            card[field] = {**card[field], **value} if isinstance(value, dict) else value

    recard(folder, "emotion", contradict)
    with pytest.raises(BadModel, match=r"no usable model card") as raised:
        card_named(folder, "emotion")
    assert message in raised.value.happened
