"""Settings of a machine that are less careful than those that are shipped with this version."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge.config import load_config
from edge.core.errors import EdgeError

SETTINGS: Final = Path("/etc/edge")
_SAFER: Final = {
    "require_consent": "cameras are opened without a consent",
    "retention_days": "summaries are never deleted",
}


def shipped_settings() -> Path:
    """Return the file of settings that came with the program."""
    installed = Path(__file__).with_name("edge.toml")
    return installed if installed.is_file() else Path(__file__).resolve().parents[2] / "systemd" / "edge.toml"


def less_careful(folder: Path = SETTINGS) -> Iterator[str]:
    """Compare a machine's settings with the shipped ones.

    Args:
        folder: Of the machine's settings.

    Yields:
        A sentence for each file that cannot be used with this version, and for each setting that was made safer.
    """
    recommended = load_config(shipped_settings(), {})
    for file in sorted(folder.glob("*.toml")):
        main, _, camera = file.stem.partition("@")  # edge@0.toml lies over edge.toml
        try:
            theirs = load_config(file.with_stem(main), {"camera": camera or None})
        except EdgeError as error:
            yield f"{error.happened} The services end with 78 until that is mended."
            continue
        for name, effect in _SAFER.items():
            if getattr(recommended, name) and not getattr(theirs, name):
                better = _toml(getattr(recommended, name))
                yield f"{file} does not set {name}: {effect}. Recommended: {name} = {better}."


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"
