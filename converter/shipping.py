"""Writing a converted network: model, card and the card for people together, or none of them."""

import json
from pathlib import Path

from converter.model_card import model_card
from edge.vision.card import Model
from models.files import part_of, settle, whole, writing


def write(model: Model, out: Path) -> None:
    """Write `NAME.tflite`, `NAME.json` and `NAME.md` into `out`. Raises CannotWrite.

    All are whole before any takes its place. The model comes before its card; a kill between the two leaves a card that
    names another hash, and such a pair is never loaded.
    """
    card = model.card
    path = out / card.file
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    part = part_of(path)
    try:
        with writing(path):
            part.write_bytes(model.content)
            settle(part)
        with whole(out / f"{card.name}.md") as people, whole(out / f"{card.name}.json") as card_part:
            people.write_text(model_card(card))
            card_part.write_text(json.dumps(card.model_dump(mode="json"), indent=2) + "\n")
            settle(card_part)
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
