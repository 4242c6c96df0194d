"""Reads how expressive a face is, on the device, and keeps only a summary."""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.core.choices.purpose import Purpose
    from edge.core.errors import EdgeError
    from edge.core.face.mesh import HeadPose, Mesh
    from edge.core.frames import Frame
    from edge.core.labels import EMOTIONS, LEVELS, Level
    from edge.core.readings import Observation, Reading, Unreadable
    from edge.core.summaries import Summary
    from edge.run.events import (
        FrameRead,
        Idle,
        SegmentClosed,
        SessionEnded,
        SessionEnding,
        SessionEvent,
        SessionStarted,
        SourceAway,
        WindowClosed,
    )
    from edge.vision.detection.model import DetectorModel, DetectorRuntime
    from edge.vision.interpreters import Backend
    from edge.watcher import Watcher

    __version__: str

# Native libraries read these once, when they are loaded; nothing of edge can be loaded before this file.
for _setting, _value in {
    "GLOG_minloglevel": "3",  # no library writes to the terminal
    "LIBCAMERA_LOG_LEVELS": "*:FATAL",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_IO_MAX_IMAGE_PIXELS": "50000000",  # refused by its header, before memory is allocated
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "2",  # seconds; a stalled camera would otherwise block a read for ten
}.items():
    os.environ.setdefault(_setting, _value)

__all__ = [
    "EMOTIONS",
    "LEVELS",
    "Backend",
    "DetectorModel",
    "DetectorRuntime",
    "EdgeError",
    "Frame",
    "FrameRead",
    "HeadPose",
    "Idle",
    "Level",
    "Mesh",
    "Observation",
    "Purpose",
    "Reading",
    "SegmentClosed",
    "SessionEnded",
    "SessionEnding",
    "SessionEvent",
    "SessionStarted",
    "SourceAway",
    "Summary",
    "Unreadable",
    "Watcher",
    "WindowClosed",
    "__version__",
]

_MODULES = {
    "edge.core.errors": ("EdgeError",),
    "edge.core.frames": ("Frame",),
    "edge.core.labels": ("EMOTIONS", "LEVELS", "Level"),
    "edge.core.face.mesh": ("HeadPose", "Mesh"),
    "edge.core.choices.purpose": ("Purpose",),
    "edge.core.readings": ("Observation", "Reading", "Unreadable"),
    "edge.core.summaries": ("Summary",),
    "edge.run.events": (
        "FrameRead",
        "Idle",
        "SegmentClosed",
        "SessionEnded",
        "SessionEnding",
        "SessionEvent",
        "SessionStarted",
        "SourceAway",
        "WindowClosed",
    ),
    "edge.vision.interpreters": ("Backend",),
    "edge.vision.detection.model": ("DetectorModel", "DetectorRuntime"),
    "edge.watcher": ("Watcher",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import edge` costs nothing."""
    if name == "__version__":
        from importlib.metadata import version

        return version("edge-expressiveness")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'edge' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    """The public names, also those that are not imported yet."""
    return sorted(__all__)
