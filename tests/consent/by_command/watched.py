"""`edge-run` with a camera that notes what is done to it: python watched.py FOLDER WORDS...

FOLDER/events gets a line for each opening, picture, hang and release, with the monotonic clock. The camera is plugged
in while FOLDER/video0 exists, and reading it does not return while FOLDER/hangs exists. No face is in the pictures.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from edge.cli.run import app
from tests.fakes import no_networks

FOLDER = Path(sys.argv[1])


def note(what: str) -> None:
    with (FOLDER / "events").open("a") as events:
        events.write(f"{what} {time.monotonic()}\n")


class Watched:
    """Stands for cv2.VideoCapture."""

    def __init__(self, device: str, backend: int) -> None:
        note("opened")
        self._chance = np.random.default_rng(0)

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def read(self) -> tuple[bool, Any]:
        note("read")
        if (FOLDER / "hangs").exists():
            note("hung")
        while (FOLDER / "hangs").exists():
            time.sleep(0.02)
        time.sleep(0.02)
        return (FOLDER / "video0").exists(), self._chance.integers(40, 200, (48, 64, 3), np.uint8)

    def release(self) -> None:
        note("released")


words = sys.argv[2:]
if "--source" not in words:
    patch("edge.sources.live.camera.cv2.VideoCapture", Watched).start()
    words += ["--camera", f"/dev/..{FOLDER}/video0"]
patch("edge.program.loaded_models", no_networks).start()
os.environ.pop("JOURNAL_STREAM", None)
app(words)
