"""The start and the memory of a whole `edge-run`, measured in a process of its own."""

import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.checks.process_tree import memory_bytes
from edge.config import Config
from edge.core.errors import SourceNotFound

_DURATION_S: Final = 5
_WINDOW_S: Final = 0.1  # so the first summary comes a few frames after the first reading


@dataclass(frozen=True, slots=True)
class WholeRun:
    """What a whole `edge-run` took.

    Args:
        cold_start_s: From its start to its first summary of a readable face; None where it read nothing.
        peak_memory_bytes: The most memory that it held.
        decoder_memory_bytes: The most that the processes which decode for it held besides.
    """

    cold_start_s: float | None
    peak_memory_bytes: int
    decoder_memory_bytes: int


def measure_whole_run(config: Config) -> WholeRun:
    """Run `edge-run` on the source for some seconds, with a journal in a temporary folder.

    Raises:
        SourceNotFound: If it fails; its message is the fix.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = _command(config, Path(folder) / "journal.sqlite")
        began_s = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stderr is not None
        cold_start_s, peak_bytes, decoder_bytes = None, 0, 0
        for line in process.stdout:
            peak_bytes = max(peak_bytes, _peak_bytes(process.pid))
            decoder_bytes = max(decoder_bytes, memory_bytes(process.pid))
            if cold_start_s is None and json.loads(line)["readable_share"] > 0:
                cold_start_s = time.perf_counter() - began_s
        message = process.stderr.read().decode(errors="replace").strip()
        process.wait()
    if process.returncode:
        raise SourceNotFound(f"edge-run did not get through {config.camera or config.source}:", fix=message)
    return WholeRun(cold_start_s, peak_bytes, decoder_bytes)


def _command(config: Config, journal: Path) -> list[str]:
    command = [sys.executable, "-m", "edge.cli.run_main", "--journal", str(journal), "--duration", str(_DURATION_S)]
    command += ["--backend", config.backend.value, "--threads", str(config.threads)]
    command += ["--camera", config.camera] if config.camera else ["--source", str(config.source)]
    command += ["--models", str(config.models)] if config.models else []
    # JSON lines, because the line on the screen comes only after two seconds of a recording.
    return [*command, "--purpose", config.purpose.value, "--quiet", "--jsonl", "-", "--window", str(_WINDOW_S)]


def _peak_bytes(process_id: int) -> int:
    """The most memory a running process has held; 0 where it has just ended. ru_maxrss would count its parent's too."""
    try:
        found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{process_id}/status").read_text())
    except OSError:
        return 0
    return int(found.group(1)) * 1024 if found else 0
