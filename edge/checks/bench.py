"""How long each stage takes on this machine, on real frames."""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from threading import Event
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.checks.bench_figures import BenchFigures
from edge.checks.process_tree import processor_s
from edge.checks.whole_run import measure_whole_run
from edge.config import Config
from edge.core.errors import SourceNotFound
from edge.core.face.detection import Detection
from edge.core.face.preprocess import face_crop
from edge.core.frames import Frame
from edge.core.readings import Observation
from edge.core.windowing.windows import Windows
from edge.run.assemble import Models, chosen_source, loaded_models, new_observer
from edge.run.capture import capture
from edge.run.observe import Observer
from edge.sources.base import FrameSource
from edge.sources.recorded.video import VideoFile
from edge.vision.detection.base import FaceDetector

_WARM_UP_FRAMES: Final = 20
_SHARE_S: Final = 10.0  # the processor's share is measured for at most so long
_LOOK_EVERY_S: Final = 0.25  # at the decoders, whose time cannot be seen after their end
_BETWEEN_ROUNDS_S: Final = 0.04


class _Stopwatch:
    """Collects the time of every call in milliseconds, by stage."""

    def __init__(self) -> None:
        self.stages_ms: dict[str, list[float]] = defaultdict(list)

    def time(self, stage: str, work: Callable[..., Any], *arguments: Any) -> Any:
        began = time.perf_counter()
        result = work(*arguments)
        self.stages_ms[stage].append((time.perf_counter() - began) * 1000)
        return result


class _TimedDetector:
    """A detector whose calls are timed as `detect`."""

    def __init__(self, detector: FaceDetector, watch: _Stopwatch) -> None:
        self._detector, self._watch = detector, watch
        self.runtime, self.bare, self.close = detector.runtime, detector.bare, detector.close

    def __call__(self, rgb: NDArray[np.uint8], tick_s: float | None = None) -> tuple[Detection, ...]:
        found: tuple[Detection, ...] = self._watch.time("detect", self._detector, rgb, tick_s)
        return found


def bench(config: Config, frames: int = 500) -> BenchFigures:
    """Time every stage on a source, which is read again from its start as often as it takes.

    Args:
        config: The settings, which name the source.
        frames: How many frames to time.

    Raises:
        SourceNotFound: If the source has no frame.
        EdgeError: If the source cannot be opened, or a model is not its card's.
    """
    source, watch = chosen_source(config), _Stopwatch()
    with loaded_models(config) as models:
        _time_frames(source, config, models, frames, watch)
        max_fps = config.max_fps
        cpu, decoder_cpu = (None, None) if max_fps is None else _cpu_shares(source, config, models, max_fps)
        backend = models.read_face.expressiveness.backend.value
    whole_run = measure_whole_run(config)  # last, since errors of the models or the source were raised above
    return BenchFigures(
        source.name,
        backend,
        config.threads,
        dict(watch.stages_ms),
        whole_run,
        max_fps,
        cpu,
        decoder_cpu,
        models.read_face.emotion is not None,
    )


def _time_frames(source: FrameSource, config: Config, models: Models, frames: int, watch: _Stopwatch) -> None:
    timed = replace(models, find_faces=_TimedDetector(models.find_faces, watch))
    observe, windows = new_observer(config, timed), Windows("bench", config.window)
    stages, endless = watch.stages_ms, _endless(source, watch)
    for _ in range(_WARM_UP_FRAMES):
        observe(next(endless))
    stages.clear()
    for frame in islice(endless, frames):
        detected = len(stages["detect"])
        seen = watch.time("loop", _observed, frame, observe, windows)
        stages["read"].append(stages["loop"][-1] - sum(stages["detect"][detected:]))
        _time_stages(frame, seen.participant, models, watch)
    endless.close()


def _observed(frame: Frame, observe: Observer, windows: Windows) -> Observation:
    windows.add(seen := observe(frame))
    return seen


def _time_stages(frame: Frame, face: Detection | None, models: Models, watch: _Stopwatch) -> None:
    """Time what reads a face, then the bare networks in the order of the loop, with caches as they are there."""
    networks = {"emotion": models.read_face.emotion, "expressiveness": models.read_face.expressiveness}
    used = {name: network for name, network in networks.items() if network is not None}
    if face is not None:
        crop = watch.time("crop", face_crop, frame.rgb, face)
        for name, network in used.items():
            watch.time(name, network, crop)
    watch.time("bare_detect", models.find_faces.bare, frame.rgb)
    for name, network in used.items() if face is not None else ():
        watch.time(f"bare_{name}", network.invoke)


def _endless(source: FrameSource, watch: _Stopwatch) -> Generator[Frame, None, None]:
    """The source's frames, over and over with rising ticks; reading each is timed as `decode`."""
    offset_s = tick_s = 0.0
    while True:
        count = 0
        own = replace(source, ahead=False) if isinstance(source, VideoFile) else source  # or waiting would be timed
        with own.open(Event()) as frames:
            while (frame := watch.time("decode", next, frames, None)) is not None:
                count += 1
                tick_s = offset_s + frame.tick_s
                yield Frame(frame.rgb, tick_s, frame.taken_at, frame.dropped_before)
        watch.stages_ms["decode"].pop()  # that of the end
        if not count:
            raise SourceNotFound(f"{source.name} has no frame.", fix="Give a source with pictures in it.")
        offset_s = tick_s + _BETWEEN_ROUNDS_S


def _cpu_shares(source: FrameSource, config: Config, models: Models, max_fps: float) -> tuple[float, float]:
    """Processor time over elapsed time while frames are read at a bounded rate, once through the source.

    Returns:
        Of this process; and of those that decode for it, except a decoder's last quarter of a second.
    """
    observe = new_observer(config, models)
    began = processor_s(os.getpid())
    decoders, elapsed_s, due_s, looking_s = dict(began), 0.0, 0.0, 0.0
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    with closing(capture(source, Event())) as captured:
        for number, frame in enumerate(captured):
            time.sleep(max(began_s + number / max_fps - time.perf_counter(), 0))
            if isinstance(frame, Frame):
                observe(frame)
            elapsed_s = time.perf_counter() - began_s
            if elapsed_s >= due_s:
                looks_s, due_s = time.process_time(), elapsed_s + _LOOK_EVERY_S
                decoders |= processor_s(os.getpid())  # one that has ended keeps its last figure
                looking_s += time.process_time() - looks_s
            if elapsed_s > _SHARE_S:
                break
        own_s = time.process_time() - began_cpu_s - looking_s
    decoding_s = sum(spent_s - began.get(process, 0.0) for process, spent_s in decoders.items())
    return own_s / elapsed_s, decoding_s / elapsed_s
