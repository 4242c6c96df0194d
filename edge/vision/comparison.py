"""The networks of a folder side by side, by what their cards say."""

from pathlib import Path
from typing import Any

from edge.vision.card import Card, load_card
from edge.vision.readers import card_names


def networks_of(folder: Path) -> list[dict[str, Any]]:
    """Return a row for each card of a folder, in the order of their names; a figure that a card lacks is None.

    Returns:
        `network`, `version`, `reads` (as `crop 96x96x1`), `labels`, `weights` (their number), `size_bytes`,
        `accuracy_float`, `accuracy_int8` and `agreement` (shares of the test faces; `faces`, how many), and
        `milliseconds` of an answer in INT8 on the machine that converted it.

    Raises:
        BadModel: A card is unusable.
    """
    return [_row(load_card(folder / f"{name}.json")) for name in card_names(folder)]


def _row(card: Card) -> dict[str, Any]:
    evidence = card.evidence
    int8, latency, data = (evidence.get(part) or {} for part in ("int8", "latency", "data"))
    weights = evidence.get("float_weights_bytes")
    return {
        "network": card.name,
        "version": card.version,
        "reads": f"{card.input.kind} {'x'.join(map(str, card.input.shape[1:]))}",
        "labels": list(card.labels),
        "weights": None if weights is None else weights // 4,
        "size_bytes": card.size_bytes,
        "faces": data.get("n"),
        "accuracy_float": evidence.get("float_accuracy"),
        "accuracy_int8": int8.get("accuracy"),
        "agreement": evidence.get("top1_agreement"),
        "milliseconds": latency.get("int8_ms"),
    }
