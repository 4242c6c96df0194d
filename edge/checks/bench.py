"""How long each stage takes on this machine, on real frames."""

import time
from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import replace
from threading import Event
from typing import Any, Final

from edge.checks.bench_figures import BenchFigures
from edge.checks.whole_run import measure_whole_run
from edge.config import Config
from edge.core.errors import SourceNotFound
from edge.core.face.detection import largest
from edge.core.face.preprocess import face_crop
from edge.core.frames import Frame
from edge.core.windowing.windows import Windows
from edge.run.assemble import Models, chosen_source, loaded_models, new_observer
from edge.run.capture import capture
from edge.sources.base import FrameSource
from edge.sources.recorded.video import VideoFile

_WARM_UP_FRAMES: Final = 20
_SHARE_S: Final = 10.0  # the processor's share is measured for at most so long
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
        cpu_share = None if config.max_fps is None else _cpu_share(source, config, models, config.max_fps)
        backend = models.read_face.expressiveness.backend.value
    whole_run = measure_whole_run(config)  # last, since errors of the models or the source were raised above
    return BenchFigures(
        source.name,
        backend,
        config.threads,
        dict(watch.stages_ms),
        whole_run,
        config.max_fps,
        cpu_share,
        models.read_face.emotion is not None,
    )


def _time_frames(source: FrameSource, config: Config, models: Models, frames: int, watch: _Stopwatch) -> None:
    observe, windows = new_observer(config, models), Windows("bench", config.window)
    endless = _endless(source, watch)
    for _ in range(_WARM_UP_FRAMES):
        observe(next(endless))
    for _ in range(frames):
        frame = next(endless)
        watch.time("loop", lambda seen: windows.add(observe(seen)), frame)
        _time_stages(frame, models, watch)
    endless.close()


def _time_stages(frame: Frame, models: Models, watch: _Stopwatch) -> None:
    """Time each stage, then the bare networks in the order of the loop, with caches as they are there."""
    networks = {"emotion": models.read_face.emotion, "expressiveness": models.read_face.expressiveness}
    used = {name: network for name, network in networks.items() if network is not None}
    face = largest(watch.time("detect", models.find_faces, frame.rgb, frame.tick_s))
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
        if not count:
            raise SourceNotFound(f"{source.name} has no frame.", fix="Give a source with pictures in it.")
        offset_s = tick_s + _BETWEEN_ROUNDS_S


def _cpu_share(source: FrameSource, config: Config, models: Models, max_fps: float) -> float:
    """Processor time over elapsed time while frames are read at a bounded rate, once through the source."""
    observe = new_observer(config, models)
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    for number, frame in enumerate(capture(source, Event())):
        time.sleep(max(began_s + number / max_fps - time.perf_counter(), 0))
        if isinstance(frame, Frame):
            observe(frame)
        if time.perf_counter() - began_s > _SHARE_S:
            break
    return (time.process_time() - began_cpu_s) / (time.perf_counter() - began_s)
