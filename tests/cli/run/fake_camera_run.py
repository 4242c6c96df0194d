"""`edge-run` with a fake camera and models that find no face: python fake_camera_run.py FOLDER WORDS...

The camera is plugged in while FOLDER/video0 exists; reading it never returns while FOLDER/hangs exists; and once
FOLDER/full exists no file of this process grows any more. A booth's container gets this file alone.
"""

import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np

from edge.cli.run import app
from edge.run.assemble import Models

FOLDER = Path(sys.argv[1])


class FakeCapture:
    """Stands for cv2.VideoCapture."""

    def __init__(self, device: str, backend: int) -> None:
        self._chance = np.random.default_rng(0)

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def read(self) -> tuple[bool, Any]:
        while (FOLDER / "hangs").exists():
            time.sleep(3600)
        if (FOLDER / "full").exists():
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        time.sleep(0.02)
        return (FOLDER / "video0").exists(), self._chance.integers(40, 200, (48, 64, 3), np.uint8)

    def release(self) -> None:
        (FOLDER / "released").touch()


@contextmanager
def no_networks(*_: object) -> Iterator[Any]:
    models: Any = Models
    yield models(lambda rgb, tick_s=None: (), SimpleNamespace(reading=None, by_landmarks=None))


patch("edge.sources.live.camera.cv2.VideoCapture", FakeCapture).start()
patch("edge.program.loaded_models", no_networks).start()
os.environ.pop("JOURNAL_STREAM", None)
app(["--camera", f"/dev/..{FOLDER}/video0", *sys.argv[2:]])
