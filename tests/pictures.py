"""Makes the pictures and the demo report of the documentation, from the drawn face: python -m tests.pictures."""

import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Final

import cv2
import numpy as np

from edge.config import Config
from edge.core.labels import Level
from edge.display.booth_picture import booth_picture
from edge.run.assemble import chosen_source, loaded_models, new_observer
from edge.screen.booth import Shown, Stage
from edge.screen.figures import Figures
from edge.screen.page import Page

_DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
_FOLDER: Final = _DOCS / "pictures"
_SCREEN: Final = Path(__file__).resolve().parent.parent / "edge" / "screen"


def main() -> None:
    """Make them all."""
    _FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as name:
        folder = Path(name)
        journal, page = folder / "journal.sqlite", folder / "report.html"
        words = ["--source", "demo:fast", "--duration", "120", "--session", "demo", "--window", "4", "--quiet"]
        _command("edge-run", *words, "--baseline", "20", "--journal", str(journal))
        _command("edge-report", str(journal), "--format", "html", "--windows", "-o", str(page))
        shutil.copyfile(page, _DOCS / "demo-report.html")
        _browse(page, _FOLDER / "report.png", 1000, 1250)
        _browse(_screen_page(folder), _FOLDER / "screen.png", 900, 560)
    _booth()


def _command(name: str, *words: str) -> None:
    subprocess.run([Path(sys.executable).with_name(name), *words], check=True)


def _browse(page: Path, picture: Path, width: int, height: int) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("There is no Chromium: apt install chromium.")
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--window-size={width},{height}",
    ]
    subprocess.run([chromium, *options, f"--screenshot={picture}", page.as_uri()], check=True, capture_output=True)


def _screen_page(folder: Path) -> Path:
    """The page of a booth during a session, as a file."""
    shown = Shown(Stage.RECORDING, "demo", left_s=1700.0)
    text = Page("en", 30.0, phone=False).written(shown, Figures(Level.EXPRESSIVE), "en", None, "")
    shutil.copyfile(_SCREEN / "screen.css", folder / "screen.css")
    page = folder / "screen.html"
    page.write_text(text.replace('"/screen.css"', '"screen.css"'), "utf-8")
    return page


def _booth() -> None:
    """The booth's preview, of a frame in which the drawn face smiles."""
    config = Config(source="demo:fast")
    source = chosen_source(config)
    with loaded_models(config) as models, source.open(Event()) as frames:
        observer = new_observer(config, models)
        read = [(frame, observer(frame)) for frame in islice(frames, 500)]
    frame, seen = max(read, key=lambda one: one[1].reading.score if one[1].reading is not None else -9.0)
    picture = cv2.cvtColor(booth_picture(frame, seen, 25.0), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(_FOLDER / "booth.png"), np.asarray(cv2.resize(picture, None, fx=0.6, fy=0.6)))


if __name__ == "__main__":
    main()
