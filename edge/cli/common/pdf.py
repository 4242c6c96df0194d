"""A page as a PDF file, printed by Chromium where it is installed."""

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TextIO

from edge.core.errors import BadConfiguration, CannotWrite, UsageError
from edge.host.files.atomic import replace
from edge.host.files.private_files import cannot_write

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_MOST_S: Final = 120.0
_OPTIONS: Final = (
    *("--headless=new", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-background-networking"),
    *("--no-pdf-header-footer", "--host-resolver-rules=MAP * ~NOTFOUND", "--disable-dev-shm-usage"),
)


@contextmanager
def opened_pdf(path: Path | None) -> Iterator[TextIO]:
    """Lend a text stream for a page of HTML, which is printed to a file for its owner alone when the block ends well.

    Args:
        path: The PDF file.

    Raises:
        UsageError: No file is named.
        BadConfiguration: There is no Chromium.
        CannotWrite: It fails, or the file cannot be written.
    """
    if path is None or path.suffix != ".pdf":
        raise UsageError("PDF is written to a file.", fix="Name it with -o FILE.pdf.")
    chromium = next(filter(None, map(shutil.which, _NAMES)), None)
    if chromium is None:
        raise BadConfiguration("PDF is printed by Chromium, which is not installed.", fix="Run apt install chromium.")
    page = io.StringIO()
    yield page
    with TemporaryDirectory(prefix="edge-") as name:  # 0700
        folder = Path(name)
        (folder / "page.html").write_text(page.getvalue(), "utf-8")
        printed = folder / "page.pdf"
        own = [f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={printed}"]
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has no sandbox for root
        command = [chromium, *_OPTIONS, *as_root, *own, (folder / "page.html").as_uri()]
        try:
            subprocess.run(command, capture_output=True, timeout=_MOST_S, check=True)
            content = printed.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise CannotWrite("Chromium printed nothing.", fix="Write --format html, and print that.") from error
    try:
        replace(path, content)
    except OSError as error:
        raise cannot_write(path, error) from error
