"""The figures of the shipped models' README and cards are those that edge-eval prints."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from converter.cards.markdown import model_card
from edge.cli.evaluate import app
from edge.vision.card import load_card, shipped_models

SHIPPED = shipped_models()
NAMES = ("emotion-both", "emotion", "emotion-ferplus", "expressiveness")  # the columns of the README's table
COMPARED = ("emotion", "emotion-ferplus")  # no run takes these by itself
LABELS = dict.fromkeys(NAMES, "ferplus") | {"emotion": "folder"}
FIGURES = ("accuracy", "balanced_accuracy", "expected_calibration_error", "per_class")


def headline(name: str) -> dict[str, Any]:
    """The figures of what a run reports: for expressiveness the level that follows from the score."""
    evidence = json.loads((SHIPPED / f"{name}.json").read_text())["evidence"]
    return dict(evidence["score"]["level"] if "score" in evidence else evidence["int8"])


def row(page: Path, what: str) -> list[str]:
    """The cells of the row of a Markdown table that begins with these words."""
    (found,) = re.findall(rf"^\| {re.escape(what)} \|(.*)\|$", page.read_text(), re.MULTILINE)
    return [cell.strip() for cell in found.split("|")]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in COMPARED else ()) for name in NAMES]
)
def test_edge_eval_prints_the_figures_of_the_card(
    name: str, fer2013_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.run.confine.confine", lambda *_, **__: None)  # it would last for the other tests
    words = (fer2013_folder / "test.zip", "--model", name, "--labels", LABELS[name], "--format", "json")
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert {figure: figures[figure] for figure in FIGURES} == {figure: headline(name)[figure] for figure in FIGURES}


@pytest.mark.parametrize("name", NAMES)
def test_readme_and_card_for_people_name_the_same_figures(name: str) -> None:
    figures, column = headline(name), NAMES.index(name)
    readme, people = SHIPPED / "README.md", SHIPPED / f"{name}.md"
    assert row(readme, "accuracy, INT8")[column] == row(people, "accuracy")[0] == f"{figures['accuracy']:.4f}"
    error = f"{figures['expected_calibration_error']:.4f}"
    assert (
        row(readme, "expected calibration error, INT8")[column] == row(people, "expected calibration error")[0] == error
    )
    assert row(people, "balanced accuracy")[0] == f"{figures['balanced_accuracy']:.4f}"


def test_the_most_probable_level_has_figures_of_its_own() -> None:
    card = json.loads((SHIPPED / "expressiveness.json").read_text())["evidence"]
    readme, people = SHIPPED / "README.md", SHIPPED / "expressiveness.md"
    cells = [f"{card['int8']['accuracy']:.4f}", f"{card['float_accuracy']:.4f}"]
    assert row(people, "accuracy of the most probable level") == cells
    named = (row(readme, f"accuracy of the most probable label, {form}")[3] for form in ("INT8", "float"))
    assert list(named) == cells
    error = f"{card['int8']['expected_calibration_error']:.4f}"
    assert row(readme, "expected calibration error of the most probable label, INT8")[3] == error
    assert row(people, "expected calibration error of the most probable level")[0] == error


@pytest.mark.parametrize("name", NAMES)
def test_a_latency_ratio_is_that_of_the_times_beside_it(name: str) -> None:
    timed = json.loads((SHIPPED / f"{name}.json").read_text())["evidence"]["latency"]
    assert timed["ratio"] == pytest.approx(timed["int8_ms"] / timed["float_ms"], abs=1e-4)
    int8, by_float = row(SHIPPED / f"{name}.md", f"an answer in LiteRT, one thread, {timed['machine']}")
    assert int8 == f"{timed['int8_ms']:.2f} ms ({timed['ratio']:.2f} of float's)"
    assert by_float == f"{timed['float_ms']:.2f} ms"


@pytest.mark.parametrize("name", NAMES)
def test_the_card_for_people_is_made_from_the_card(name: str) -> None:
    assert (SHIPPED / f"{name}.md").read_text() == model_card(load_card(SHIPPED / f"{name}.json"))
