"""Checks of an installation and its machine: what is wrong, and what to do about it."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from edge.config import Config
from edge.core.errors import EdgeError, SourceNotFound
from edge.core.labels import EMOTIONS, LEVELS
from edge.core.preprocess import CROP_PX
from edge.host.boot import clock_synchronised
from edge.journal.reading import JournalReader
from edge.sources.live.camera import refuse_if_forbidden
from edge.vision.card import load_model, shipped_models
from edge.vision.classifier import Classifier, installed_backends
from edge.vision.faces import FaceDetector

ROOM_BYTES = 100 * 2**20
OFFLINE_MEDIAPIPE = "0.10.18"
_NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `essential` where without it nothing can be read or kept."""

    check: str
    ok: bool
    found: str
    fix: str = ""
    essential: bool = True

    def as_json(self) -> dict[str, Any]:
        """The finding as plain JSON values."""
        return asdict(self)


def examine(config: Config, journal: Path) -> Iterator[Finding]:
    """Run every check, one after another; a check that fails is a finding, never an exception."""
    folder = config.models or shipped_models()
    asked = {"emotion": EMOTIONS} if config.purpose.reads_emotions else {}
    for name, labels in (*asked.items(), ("expressiveness", tuple(level.value for level in LEVELS))):
        yield _attempt(f"model {name}", partial(_model, config, folder, name, labels))
    yield _interpreters()
    yield _attempt("face detector", _detector)
    yield from _cameras()
    yield _journal_folder(journal)
    yield from journal_history(journal)
    yield _room(journal)
    yield _clock()


def _attempt(check: str, work: Callable[[], str]) -> Finding:
    try:
        return Finding(check, True, work())
    except EdgeError as error:
        return Finding(check, False, error.happened, error.fix)


def _model(config: Config, folder: Path, name: str, labels: tuple[str, ...]) -> str:
    model = load_model(folder, name, labels)
    classify = Classifier(model, config.backend, config.threads)
    classify(np.zeros((CROP_PX, CROP_PX), np.uint8))
    size_mb = model.card.size_bytes / 1e6
    return f"version {model.card.version}, {size_mb:.1f} MB, as its card says; runs in {classify.backend}"


def _interpreters() -> Finding:
    installed = installed_backends()
    return Finding("interpreters", bool(installed), ", ".join(installed) or "none", "" if installed else _REINSTALL)


_REINSTALL = "Install edge-expressiveness again."


def _detector() -> str:
    with FaceDetector() as find_faces:
        find_faces(np.zeros((120, 160, 3), np.uint8))
    installed = version("mediapipe")
    if installed != OFFLINE_MEDIAPIPE:
        raise EdgeError(
            f"mediapipe {installed} is installed; only {OFFLINE_MEDIAPIPE} is known to say nothing to anybody.",
            fix=f"Run pip install mediapipe=={OFFLINE_MEDIAPIPE}.",
        )
    return f"mediapipe {installed}"


def _cameras() -> Iterator[Finding]:
    devices = sorted(Path("/dev").glob("video[0-9]*"))
    if not devices:
        yield Finding("cameras", False, "none", "Plug one in; recordings and streams work without.", essential=False)
    for device in devices:
        try:
            refuse_if_forbidden(device)
            yield Finding(f"camera {device}", True, "present, may be opened", essential=False)
        except EdgeError as error:
            yield Finding(f"camera {device}", False, error.happened, error.fix, essential=False)


def _journal_folder(journal: Path) -> Finding:
    folder = _existing(journal.parent)
    if (
        not folder.is_dir()
        or not os.access(folder, os.W_OK | os.X_OK)
        or (os.path.exists(journal) and not journal.is_file())
    ):
        return Finding(
            "journal", False, f"{journal} cannot be written", "Give a file in a folder of yours with --journal."
        )
    return Finding("journal", True, f"{journal} can be written")


def journal_history(journal: Path) -> Iterator[Finding]:
    """What happened to a journal, one finding each; nothing where there is none."""
    try:
        with JournalReader.open(journal) as reader:
            told = [f"{notice.noticed_at:%Y-%m-%d %H:%M} UTC: {notice.text}" for notice in reader.notices()]
    except SourceNotFound as error:
        told = [error.happened] if os.path.isfile(journal) else []  # Path's raises where it may not look
    for one in told:
        yield Finding("journal history", False, one, "See whether the disk fails.", essential=False)


def _room(journal: Path) -> Finding:
    free_bytes = shutil.disk_usage(_existing(journal.parent)).free
    found = f"{free_bytes / 2**20:,.0f} MiB free"
    return Finding("disk", free_bytes >= ROOM_BYTES, found, "" if free_bytes >= ROOM_BYTES else "Make room: 100 MiB.")


def _existing(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.absolute().parents) if os.path.exists(place))


def _clock() -> Finding:
    now = datetime.now(UTC)
    if now < _NOT_BEFORE:
        return Finding("clock", False, f"{now:%Y-%m-%d} is past", "Set the clock, or connect to a network once.", False)
    kept = {True: "synchronised", False: "not synchronised", None: "not seen synchronised"}[clock_synchronised()]
    return Finding("clock", True, f"{now:%Y-%m-%d %H:%M} UTC, {kept}")
