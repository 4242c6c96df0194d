"""The figures of a benchmark."""

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge.checks.whole_run import WholeRun
from edge.core.rounding import rounded

_BARE: Final = ("bare_detect", "bare_emotion", "bare_expressiveness")  # the second only where emotions are computed


@dataclass(frozen=True, slots=True)
class BenchFigures:
    """The times of every stage, and the figures of a whole run.

    Args:
        source: The source's name.
        backend: The interpreter of the networks.
        threads: Threads of each interpreter.
        stages_ms: For each stage its times in milliseconds, frame by frame.
        whole_run: The start and the memory of `edge-run`.
        max_fps: The bounded rate at which `cpu_share` was measured, if any.
        cpu_share: Processor time over elapsed time at `max_fps`; 1 is one core.
        decoder_cpu_share: The same of the processes that decode, not counted in `cpu_share`.
        emotions: Whether emotions were computed.
    """

    source: str
    backend: str
    threads: int
    stages_ms: dict[str, list[float]]
    whole_run: WholeRun
    max_fps: float | None
    cpu_share: float | None
    decoder_cpu_share: float | None
    emotions: bool = True

    @property
    def bare_ms(self) -> float | None:
        """The sum of the median times of the bare detector and interpreters."""
        bare = [stage for stage in _BARE if stage != "bare_emotion" or self.emotions]
        if not all(self.stages_ms.get(stage) for stage in bare):
            return None
        return float(sum(np.median(self.stages_ms[stage]) for stage in bare))

    def as_json(self) -> dict[str, Any]:
        """All figures as plain JSON values; a stage that never ran, since no face was found, is absent.

        `frames_per_s` and `loop_to_bare` are those of detecting and reading, a frame being there; with `decoded` its
        decoding, before that and not meanwhile, is counted too.
        """
        loop_ms, bare_ms = self.stages_ms["loop"], self.bare_ms
        decoded_ms = [*map(sum, zip(self.stages_ms["decode"], loop_ms, strict=True))]
        return {
            "source": self.source,
            "backend": self.backend,
            "threads": self.threads,
            "machine": {"system": platform.platform(), "processor": _processor(), "cores": os.cpu_count()},
            "frames": len(loop_ms),
            "frames_per_s": round(1000 / float(np.mean(loop_ms)), 1),
            "frames_per_s_decoded": round(1000 / float(np.mean(decoded_ms)), 1),
            "stages_ms": {stage: _distribution(times) for stage, times in self.stages_ms.items()},
            "loop_to_bare": None if bare_ms is None else rounded(float(np.median(loop_ms)) / bare_ms),
            "decoded_to_bare": None if bare_ms is None else rounded(float(np.median(decoded_ms)) / bare_ms),
            "cold_start_s": rounded(self.whole_run.cold_start_s),
            "peak_memory_mb": round(self.whole_run.peak_memory_bytes / 1e6, 1),
            "decoder_memory_mb": round(self.whole_run.decoder_memory_bytes / 1e6, 1),
            "max_fps": self.max_fps,
            "cpu_share": rounded(self.cpu_share),
            "decoder_cpu_share": rounded(self.decoder_cpu_share),
        }


def _distribution(times_ms: list[float]) -> dict[str, float]:
    median, p95, p99 = np.percentile(times_ms, (50, 95, 99))
    return {"median": round(float(median), 4), "p95": round(float(p95), 4), "p99": round(float(p99), 4)}


def _processor() -> str:
    """The kernel's name of the processor; an Arm kernel names the board instead."""
    for file, name in (("/proc/cpuinfo", r"model name\s*:\s*(.+)"), ("/proc/device-tree/model", r"([^\0]+)")):
        try:
            found = re.search(name, Path(file).read_text(errors="replace"))
        except OSError:
            continue
        if found:
            return found.group(1)
    return platform.machine()
