"""The table of all networks beside the measured ones is what the command prints from the cards."""

from pathlib import Path

from typer.testing import CliRunner

from edge.cli.models import app
from edge.vision.readers import card_names

ROOT = Path(__file__).parents[3]
FOLDERS = (ROOT / "models" / "shipped", ROOT / "models" / "measured")


def test_the_table_is_that_of_the_cards() -> None:
    result = CliRunner().invoke(app, [*map(str, FOLDERS), "--format", "markdown"])
    assert result.exit_code == 0, result.output
    head, rule, *rows = result.stdout.splitlines()
    names = [name for folder in FOLDERS for name in card_names(folder)]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == names
    page = (FOLDERS[1] / "README.md").read_text("utf-8")
    again = "edge-models models/shipped models/measured --format markdown"
    assert again in page
    assert "\n".join((head, rule, *rows)) in page, f"put what this prints in models/measured/README.md: {again}"


def test_a_network_that_does_not_ship_has_no_file() -> None:
    assert list(FOLDERS[1].glob("*.tflite")) == []
    assert not set(card_names(FOLDERS[0])) & set(card_names(FOLDERS[1]))
