"""edge-models: the figures of the cards, side by side."""

import json
from pathlib import Path

from edge.vision.card import shipped_models

from .conftest import Ask


def test_it_lists_the_figures_of_every_card(ask: Ask) -> None:
    rows = json.loads(ask("edge-models", "--format", "json").stdout)
    cards = {path.stem: json.loads(path.read_text()) for path in shipped_models().glob("*.json")}
    assert [row["network"] for row in rows] == sorted(cards)
    for row in rows:
        card = cards[row["network"]]
        assert row["accuracy_int8"] == card["evidence"]["int8"]["accuracy"]
        assert row["agreement"] == card["evidence"]["top1_agreement"]
        assert row["size_bytes"] == card["size_bytes"]
        assert row["labels"] == card["labels"]
    text = ask("edge-models").stdout
    assert "expressiveness crop 48x48x1" in " ".join(text.split())
    assert "do not compare" in text


def test_a_folder_without_cards_is_refused(ask: Ask, tmp_path: Path) -> None:
    result = ask("edge-models", "--models", tmp_path)
    assert result.exit_code == 2
    assert "holds no card" in result.stderr
