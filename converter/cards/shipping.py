"""Writing a converted network: model, card and the card for people together, or none of them."""

import json
from pathlib import Path

from converter.cards.markdown import model_card
from edge.host.files.atomic import replaced_by_name
from edge.vision.card import Model
from models.files import writing


def write(model: Model, out: Path) -> None:
    """Writes `NAME.tflite`, `NAME.json` and `NAME.md`.

    All are complete before any replaces an older one. The model comes before its card; a kill between the two leaves a
    card that names another hash, and such a pair is never loaded.

    Args:
        model: The network and its complete card.
        out: The folder; it is made where it does not exist.

    Raises:
        CannotWrite: The folder refuses a file.
    """
    card = model.card
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    paths = out / card.file, out / f"{card.name}.json", out / f"{card.name}.md"
    with writing(paths[0]), replaced_by_name(*paths) as (content, machine_card, people_card):
        content.write_bytes(model.content)
        machine_card.write_text(json.dumps(card.model_dump(mode="json"), indent=2) + "\n")
        people_card.write_text(model_card(card))
