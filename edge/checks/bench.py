"""How long each stage takes on this machine, on real frames."""

import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from edge.config import Config
from edge.core.errors import SourceNotFound
from edge.core.faces import largest
from edge.core.frames import Frame
from edge.core.preprocess import face_crop
from edge.core.windowing.windows import Windows
from edge.run.assemble import Models, chosen_source, loaded_models, new_observer
from edge.run.capture import capture
from edge.sources.base import FrameSource

_WARM_UP_FRAMES = 20
_BARE = ("bare_detect", "bare_emotion", "bare_expressiveness")  # without the second where no emotions are computed


@dataclass(frozen=True, slots=True)
class WholeProcess:
    """What `edge-run` itself took, as a process of its own."""

    cold_start_s: float | None  # from its start to its first reading on the screen; None where it read nothing
    peak_memory_bytes: int


@dataclass(frozen=True, slots=True)
class Bench:
    """Milliseconds of every stage, frame by frame, and the figures of a whole process."""

    source: str
    backend: str
    threads: int
    stages_ms: dict[str, list[float]]
    process: WholeProcess
    max_fps: float | None
    cpu_share: float | None  # of one core, at `max_fps`
    emotions: bool = True  # whether they were computed

    @property
    def loop_to_bare(self) -> float | None:
        """The whole loop's median time over the sum of the bare detector's and interpreters' medians."""
        bare = [stage for stage in _BARE if stage != "bare_emotion" or self.emotions]
        if not all(self.stages_ms.get(stage) for stage in bare):
            return None
        return float(np.median(self.stages_ms["loop"]) / sum(np.median(self.stages_ms[stage]) for stage in bare))

    def as_json(self) -> dict[str, Any]:
        """All figures as plain JSON values; a stage that never ran (no face was found) is absent."""
        loop_ms = self.stages_ms["loop"]
        return {
            "source": self.source,
            "backend": self.backend,
            "threads": self.threads,
            "machine": {"system": platform.platform(), "processor": _processor(), "cores": os.cpu_count()},
            "frames": len(loop_ms),
            "frames_per_s": round(1000 / float(np.mean(loop_ms)), 1),
            "stages_ms": {stage: _distribution(times) for stage, times in self.stages_ms.items()},
            "loop_to_bare": _rounded(self.loop_to_bare),
            "cold_start_s": _rounded(self.process.cold_start_s),
            "peak_memory_mb": round(self.process.peak_memory_bytes / 1e6, 1),
            "max_fps": self.max_fps,
            "cpu_share": _rounded(self.cpu_share),
        }


def bench(config: Config, frames: int = 500) -> Bench:
    """Time `frames` frames of a source, which is read again from its start as often as it takes.

    Raises SourceNotFound where it has no frame, and what opening it raises.
    """
    source = chosen_source(config)
    stages_ms: dict[str, list[float]] = defaultdict(list)

    def timed(stage: str, work: Callable[..., Any], *given: Any) -> Any:
        began = time.perf_counter()
        answer = work(*given)
        stages_ms[stage].append((time.perf_counter() - began) * 1000)
        return answer

    with loaded_models(config) as models:
        observe, windows = new_observer(config, models), Windows("bench", config.window)
        endless = _endless(source, timed)
        for _ in range(_WARM_UP_FRAMES):
            observe(next(endless))
        for _ in range(frames):
            frame = next(endless)
            timed("loop", lambda seen: windows.add(observe(seen)), frame)
            _time_stages(frame, models, timed)
        endless.close()
        cpu_share = None if config.max_fps is None else _cpu_share(source, config, models, config.max_fps)
        backend = models.read_face.expressiveness.backend.value
    process = _whole_process(config)  # last: what is wrong with the models or the source was said above
    return Bench(
        source.name,
        backend,
        config.threads,
        dict(stages_ms),
        process,
        config.max_fps,
        cpu_share,
        config.purpose.reads_emotions,
    )


def _time_stages(frame: Frame, models: Models, timed: Callable[..., Any]) -> None:
    timed("bare_detect", models.find_faces.detect, frame.rgb)
    face = largest(timed("detect", models.find_faces, frame.rgb))
    if face is None:
        return
    crop = timed("crop", face_crop, frame.rgb, face)
    for name, network in (("emotion", models.read_face.emotion), ("expressiveness", models.read_face.expressiveness)):
        if network is None:
            continue
        timed(name, network, crop)
        timed(f"bare_{name}", network.invoke)


def _endless(source: FrameSource, timed: Callable[..., Any]) -> Generator[Frame, None, None]:
    """The source's frames, over and over with rising ticks; taking each is timed as `decode`."""
    offset_s = tick_s = 0.0
    while True:
        count = 0
        with source.open(Event()) as frames:
            while (frame := timed("decode", next, frames, None)) is not None:
                count += 1
                tick_s = offset_s + frame.tick_s
                yield Frame(frame.rgb, tick_s, frame.taken_at, frame.dropped_before)
        if not count:
            raise SourceNotFound(f"{source.name} has no frame.", fix="Give a source with pictures in it.")
        offset_s = tick_s + 0.04


def _cpu_share(source: FrameSource, config: Config, models: Models, max_fps: float, most_s: float = 10.0) -> float:
    """Processor time over the time on the clock while frames are read at a bounded rate, once through the source."""
    observe = new_observer(config, models)
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    for frame in capture(source, Event(), max_fps=max_fps):
        if isinstance(frame, Frame):
            observe(frame)
        if time.perf_counter() - began_s > most_s:
            break
    return (time.process_time() - began_cpu_s) / (time.perf_counter() - began_s)


def _whole_process(config: Config) -> WholeProcess:
    """Run `edge-run` on the source for some seconds, with a journal in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "edge.cli.run", "--journal", str(Path(folder) / "journal.sqlite")]
        command += ["--duration", "5", "--backend", config.backend.value, "--threads", str(config.threads)]
        command += ["--camera", config.camera] if config.camera else ["--source", str(config.source)]
        command += ["--models", str(config.models)] if config.models else []
        command += ["--purpose", config.purpose.value]
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stderr is not None
        cold_start_s, peak_bytes = None, 0
        for line in process.stdout:
            peak_bytes = max(peak_bytes, _peak_bytes(process.pid))
            if cold_start_s is None and re.search(rb": \d\.\d\d ", line):
                cold_start_s = time.perf_counter() - began
        complaint = process.stderr.read().decode(errors="replace").strip()
        process.wait()
    if process.returncode:
        raise SourceNotFound(f"edge-run did not get through {config.camera or config.source}:", fix=complaint)
    return WholeProcess(cold_start_s, peak_bytes)


def _peak_bytes(process_id: int) -> int:
    """The most memory a running process has held; 0 where it has just ended. ru_maxrss would count its parent's too."""
    try:
        found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{process_id}/status").read_text())
    except OSError:
        return 0
    return int(found.group(1)) * 1024 if found else 0


def _distribution(times_ms: list[float]) -> dict[str, float]:
    median, p95, p99 = np.percentile(times_ms, (50, 95, 99))
    return {"median": round(float(median), 4), "p95": round(float(p95), 4), "p99": round(float(p99), 4)}


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 4)


def _processor() -> str:
    """What the kernel calls the processor; an Arm kernel names the board instead."""
    for file, name in (("/proc/cpuinfo", r"model name\s*:\s*(.+)"), ("/proc/device-tree/model", r"([^\0]+)")):
        try:
            found = re.search(name, Path(file).read_text(errors="replace"))
        except OSError:
            continue
        if found:
            return found.group(1)
    return platform.machine()
