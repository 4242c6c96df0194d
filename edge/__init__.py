"""Reads how expressive a face is, on the device, and keeps only a summary."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.core.errors import EdgeError
    from edge.core.labels import EMOTIONS, LEVELS, Level
    from edge.core.readings import Observation, Reading, Unreadable
    from edge.core.summaries import Summary
    from edge.watcher import Watcher

__all__ = ["EMOTIONS", "LEVELS", "EdgeError", "Level", "Observation", "Reading", "Summary", "Unreadable", "Watcher"]

_ROOMS = {
    "EMOTIONS": "edge.core.labels",
    "LEVELS": "edge.core.labels",
    "EdgeError": "edge.core.errors",
    "Level": "edge.core.labels",
    "Observation": "edge.core.readings",
    "Reading": "edge.core.readings",
    "Summary": "edge.core.summaries",
    "Unreadable": "edge.core.readings",
    "Watcher": "edge.watcher",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `import edge` costs nothing."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'edge' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_ROOMS[name]), name)
