"""Reads how expressive a face is, on the device, and keeps only a summary."""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.core.errors import EdgeError
    from edge.core.labels import EMOTIONS, LEVELS, Level
    from edge.core.readings import Observation, Reading, Unreadable
    from edge.core.summaries import Summary
    from edge.watcher import Watcher

# What native libraries read once, when they are loaded; so it stands here, before anything of edge can load one.
for _setting, _value in {
    "GLOG_minloglevel": "3",  # error texts are ours: no library writes to a person's terminal
    "LIBCAMERA_LOG_LEVELS": "*:FATAL",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_IO_MAX_IMAGE_PIXELS": "50000000",  # refused by its header, before memory is asked for
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "2",  # seconds; a stalled camera would otherwise block a read for ten
}.items():
    os.environ.setdefault(_setting, _value)

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
