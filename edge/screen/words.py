"""The words of the screen, one file a language."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).resolve().parent / "texts"


def languages() -> list[str]:
    """Return the languages of the screen, two letters each, English first."""
    return sorted((path.stem for path in _FOLDER.glob("*.toml")), key=lambda name: (name != "en", name))


@cache
def words(language: str) -> Mapping[str, str]:
    """Return the words of a language by their keys; those of English for a language that the screen does not have."""
    known = language if language in languages() else "en"
    return {str(key): str(text) for key, text in tomllib.loads((_FOLDER / f"{known}.toml").read_text("utf-8")).items()}
