"""Checks of an installation and its machine: models, interpreters, detector, cameras, storage and clock."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from edge.checks.finding import Finding, attempt
from edge.checks.storage import check_storage
from edge.config import Config
from edge.core.errors import EdgeError
from edge.core.face.landmarks import FEATURES
from edge.core.face.preprocess import CROP_PX
from edge.host.boot import clock_synchronised
from edge.sources.live.camera import refuse_if_forbidden
from edge.vision.card import InputKind, load_card, load_model, shipped_models
from edge.vision.detection.choose import face_detector
from edge.vision.detection.model import OFFLINE_MEDIAPIPE, DetectorModel, DetectorRuntime
from edge.vision.interpreters import installed_backends, missing_backends
from edge.vision.manifest import is_shipped
from edge.vision.mesh.network import MeshNetwork
from edge.vision.model_folder import emotion_card, folder_with
from edge.vision.readers import reader_of
from edge.vision.region import Region

_NOT_BEFORE: Final = datetime(2026, 1, 1, tzinfo=UTC)


def examine(config: Config, journal: Path) -> Iterator[Finding]:
    """Check everything that a run with these settings needs.

    Args:
        config: The settings of the run.
        journal: Where its journal is, or will be.

    Yields:
        The finding of each check, as soon as it has run; a check that fails raises nothing.
    """
    folder = config.models or shipped_models()
    if config.purpose.reads_emotions:
        chosen = attempt("emotion model", partial(emotion_card, folder, config.emotion_model))
        yield attempt(f"model {chosen.found}", partial(_model, config, folder, chosen.found)) if chosen.ok else chosen
    yield attempt("model expressiveness", partial(_model, config, folder, "expressiveness"))
    yield _interpreters()
    yield attempt("face detector", partial(_detector, config))
    yield attempt("face mesh", partial(_mesh, config))
    yield from _cameras()
    yield from check_storage(journal)
    yield _clock()


def _model(config: Config, folder: Path, name: str) -> str:
    folder = folder_with(folder, name)
    model = load_model(folder, name, load_card(folder / f"{name}.json").labels)
    is_crop = model.card.input.kind is InputKind.CROP
    classify = reader_of(model, config.backend, config.threads)
    classify(np.zeros((CROP_PX, CROP_PX), np.uint8) if is_crop else np.zeros(FEATURES, np.float32))
    size_mb = model.card.size_bytes / 1e6
    origin = "as it was shipped" if is_shipped(folder) else "as its card says, not shipped"
    return f"version {model.card.version}, {size_mb:.1f} MB, {origin}; runs in {classify.backend}"


def _interpreters() -> Finding:
    installed = installed_backends()
    fix = "" if installed else "Install edge-expressiveness again."
    missing = [reason.removesuffix(".") for reason in missing_backends().values()]
    return Finding("interpreters", bool(installed), "; ".join([", ".join(installed) or "none", *missing]), fix)


def _detector(config: Config) -> str:
    for model in (DetectorModel.NEAR, DetectorModel.FAR):
        with face_detector(
            model, runtime=config.detector_runtime, backend=config.backend, threads=config.threads
        ) as find_faces:
            find_faces(np.zeros((120, 160, 3), np.uint8))
            runtime = find_faces.runtime
    if config.detector_runtime is DetectorRuntime.MEDIAPIPE and runtime != f"mediapipe {OFFLINE_MEDIAPIPE}":
        raise EdgeError(
            f"{runtime} is installed; only {OFFLINE_MEDIAPIPE} is known to send no data.",
            fix=f"Run pip install mediapipe=={OFFLINE_MEDIAPIPE}, or remove detector_runtime.",
        )
    return f"near and far; run in {runtime}"


def _mesh(config: Config) -> str:
    """Read the mesh of a grey picture, whether or not these settings use it: a program's `Watcher(mesh=True)` may."""
    mesh = MeshNetwork(config.backend, config.threads)
    mesh(np.zeros((120, 160, 3), np.uint8), Region(80, 60, 100, 0))
    return f"as its card says; runs in {mesh.backend}"


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


def _clock() -> Finding:
    now = datetime.now(UTC)
    if now < _NOT_BEFORE:
        return Finding("clock", False, f"{now:%Y-%m-%d} is past", "Set the clock, or connect to a network once.", False)
    synchronised = {True: "synchronised", False: "not synchronised", None: "not seen synchronised"}
    return Finding("clock", True, f"{now:%Y-%m-%d %H:%M} UTC, {synchronised[clock_synchronised()]}")
