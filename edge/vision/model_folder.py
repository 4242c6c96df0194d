"""Which network of a folder of models a run takes, and what the shipped folder makes up for."""

from os.path import lexists
from pathlib import Path
from typing import Final

from edge.core.errors import BadModel, UsageError
from edge.core.labels import LEVELS
from edge.vision.card import InputKind, OutputKind, load_card, shipped_models

LEVEL_NAMES: Final = tuple(level.value for level in LEVELS)

# The emotion networks that a run takes by itself, the first that a folder has.
_EMOTION_CARDS: Final = ("emotion-both", "emotion")


def emotion_card(folder: Path, name: str | None = None) -> str:
    """Choose the emotion network of a folder of models.

    Args:
        folder: Folder of models and cards.
        name: The name of a card, or None for the default.

    Returns:
        `name`, or `emotion-both`, or `emotion`, the first of these that the folder has; else the only other network
        that answers with labels and not with levels; else `emotion-both`, which is shipped.

    Raises:
        UsageError: There are several others.
        BadModel: A card is unusable.
    """
    if name is not None:
        return name
    for known in _EMOTION_CARDS:
        if lexists(folder / f"{known}.json"):
            return known
    others = [path.stem for path in _cards(folder) if _answers_with_labels(path)]
    if len(others) > 1:
        raise UsageError(
            f"{folder} has several emotion networks: {', '.join(others)}.", fix="Choose one with --emotion-model."
        )
    return others[0] if others else _EMOTION_CARDS[0]


def sequence_card(folder: Path) -> str | None:
    """Return the name of the network over time in a folder of models; None where it has none.

    An unusable card counts as none: it is refused where its network is needed.

    Raises:
        UsageError: There are several.
        BadModel: The folder cannot be read.
    """
    found = [path.stem for path in _cards(folder) if _is_over_time(path)]
    if len(found) > 1:
        raise UsageError(
            f"{folder} has several networks over time: {', '.join(found)}.", fix="Keep one of them in the folder."
        )
    return found[0] if found else None


def folder_with(folder: Path, name: str) -> Path:
    """Return `folder`, or the shipped one where `folder` holds other cards and none of this name.

    Raises:
        BadModel: The folder cannot be read.
    """
    is_there = lexists(folder / f"{name}.json") or not _cards(folder)
    return folder if is_there else shipped_models()


def _cards(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob("*.json"))
    except OSError as error:
        raise BadModel(
            f"The folder {folder} cannot be read: {error.strerror}.", fix="Give this user the right to read it."
        ) from None


def _is_over_time(path: Path) -> bool:
    try:
        return load_card(path).input.kind is InputKind.SEQUENCE
    except BadModel:
        return False


def _answers_with_labels(path: Path) -> bool:
    card = load_card(path)
    by_frame = card.input.kind is not InputKind.SEQUENCE
    return by_frame and card.output.kind is OutputKind.LABELS and card.labels != LEVEL_NAMES
